"""A database or a mail server that is lost and comes back: said once each, and all is done in the end."""

import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from ledger.application.issued_invoices import issued_invoices
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from replay.working.health import health_of
from tests.application.desk import HandClock, a_license, meta
from tests.notices.servers import Manners, serving
from tests.notices.world import DUE, notices_in, open_at, programme, with_licence
from tests.stores.cutting_proxy import cutting_proxy
from tests.work.hands import Happening, Jumping
from tests.work.world import worker

ANCHOR = datetime(2024, 5, 15, tzinfo=UTC)


def events(caplog: pytest.LogCaptureFixture, *about: str) -> list[str]:
    """Give what was said about some things, in order."""
    said = [str(record.msg["event"]) for record in caplog.records]  # type: ignore[index]  # structlog says it in a mapping
    return [event for event in said if any(one in event for one in about)]


class TestALostMailServer:
    def test_holds_up_no_invoice_and_gets_its_mail_when_it_is_back(
        self, sqlite_ledger: Ledger, clock: HandClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        open_at(sqlite_ledger, with_licence(programme()), clock)
        with serving(Manners()) as port:
            pass
        manners, servers = Manners(), ExitStack()
        working = worker(sqlite_ledger, port)
        healths: list[tuple[str, ...]] = []

        def look() -> None:
            healths.append(health_of(working.watched(), clock.now).reasons)

        def comes_back() -> None:
            look()
            servers.enter_context(serving(manners, port=port))

        after: list[Happening] = [
            (DUE + timedelta(minutes=90), comes_back),
            (DUE + timedelta(days=15), look),
        ]
        with servers, caplog.at_level("INFO", "ledger"):
            working.run(threading.Event(), Jumping(clock, DUE + timedelta(days=16), after))
        assert len(manners.taken) == 1
        failed = [name for name, channel, _ in notices_in(sqlite_ledger) if name == "NoticeFailed"]
        # after 1, 4, 16 and 64 minutes; the worker's own pauses for a lost server lie in between
        assert 3 <= len(failed) <= 5
        assert events(caplog, "mail server") == ["mail server lost", "mail server back"]
        assert "the mail server takes nothing" in healths[0][0]
        assert not any("notify" in reason for reason in healths[1])
        # billed on the 24th of July and of August, at the instant
        recorded = [one.event.recorded_at for one in issued_invoices(sqlite_ledger)]
        assert [at - timedelta(microseconds=1) for at in recorded][-1] == datetime(2024, 8, 24, tzinfo=UTC)


class TestALostDatabase:
    def test_is_waited_for(
        self, postgres_server: str, postgres_url: str, clock: HandClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It goes a second before a licence is to be billed, and comes back two seconds later."""
        schema = postgres_url.rpartition("schema=")[2]
        with cutting_proxy(postgres_server) as proxy:
            url = f"{proxy.url}&schema={schema}"
            with Ledger.open(url, create=True, clock=clock) as ledger:
                publish_price(
                    ledger,
                    plan="team",
                    billing_cycle="monthly",
                    currency="USD",
                    unit_amount_minor=4900,
                    meta=meta(),
                )
                a_license(ledger, billing_anchor="2024-05-15")
                working = worker(ledger, 1)

                def comes_back() -> None:
                    [reason] = health_of(working.watched(), clock.now).reasons
                    assert reason.startswith("The database is lost: ")
                    proxy.let_in()

                happenings: list[Happening] = [
                    (ANCHOR - timedelta(seconds=1), proxy.refuse),
                    (ANCHOR + timedelta(seconds=1), comes_back),
                ]
                with caplog.at_level("INFO", "ledger"):
                    working.run(threading.Event(), Jumping(clock, ANCHOR + timedelta(minutes=2), happenings))
                assert health_of(working.watched(), clock.now).reasons == ()
                [issued] = issued_invoices(ledger)
        assert issued.event.recorded_at - ANCHOR < timedelta(minutes=1)
        assert events(caplog, "database", "go on") == ["database lost", "database back"]

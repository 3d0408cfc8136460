"""What pages ask of all licences at once is the same from the log, from read models and on every store."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest

from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.read_notices import mark_all_read, mark_read, read_marks
from ledger.application.failed_notices import failed_notices
from ledger.application.import_history import import_history
from ledger.application.issued_invoices import last_issued
from ledger.application.ledger import Ledger
from ledger.application.list_partners import list_partners
from ledger.application.notice_trail import NoticeTrail, Trail
from ledger.application.show_statement import show_statement
from ledger.application.unbilled import billing_standing
from replay.follow import Follower
from replay.sample import sample_history
from tests.application.accounts.conftest import FAST

NOW = datetime(2024, 9, 20, tzinfo=UTC)
LINES = [
    line
    for line in sample_history().splitlines(keepends=True)
    if json.loads(line)["recorded_at"] < NOW.isoformat()
]


@pytest.fixture
def ledger(store_url: str) -> Iterator[Ledger]:
    with Ledger.open(store_url, create=True, clock=lambda: NOW) as opened:
        import_history(opened, BytesIO(b"".join(LINES)))
        yield opened


def said(trail: Trail) -> object:
    return trail.position, trail.sent, trail.of_partner, trail.failing, trail.licenses_of


class TestStanding:
    def test_is_the_same_with_read_models_and_without(self, ledger: Ledger) -> None:
        billing, partners = billing_standing(ledger, NOW), list_partners(ledger, NOW)
        assert billing.unbilled is not None
        assert billing.unbilled.invoices > 100
        assert partners[0].licenses is not None
        assert sum(partners[0].licenses.values()) == 13
        Follower(ledger, lambda _: None).run(threading.Event(), once=True)
        assert billing_standing(ledger, NOW) == billing
        assert list_partners(ledger, NOW) == partners
        assert [one.partner_id for one in list_partners(ledger, NOW, "acme")] == ["acme"]
        assert billing.last == last_issued(ledger)
        assert billing.last is not None

    def test_of_a_partner_needs_its_licences_alone(self, ledger: Ledger) -> None:
        trail = NoticeTrail().look(ledger)
        for partner_id in ("acme", "delta", "cobalt"):
            for known_at in (NOW, NOW - timedelta(days=110)):
                ids = trail.known_licenses(partner_id, known_at)
                assert ids
                asked = (ledger, partner_id, date(2024, 7, 1), NOW, known_at)
                assert show_statement(*asked, license_ids=ids) == show_statement(*asked)
        assert trail.known_licenses("nobody", NOW) == []


class TestNoticeTrail:
    def test_is_the_same_however_often_one_looked(self, sqlite_url: str) -> None:
        often = NoticeTrail()
        with Ledger.open(sqlite_url, create=True, clock=lambda: NOW) as ledger:
            assert often.look(ledger).sent == ()
            for start in range(0, len(LINES), 40):
                import_history(ledger, BytesIO(b"".join(LINES[start : start + 40])))
                often.look(ledger)
            assert said(often.look(ledger)) == said(NoticeTrail().look(ledger))

    def test_holds_what_was_sent_first_and_what_failed_since(self, ledger: Ledger) -> None:
        trail = NoticeTrail().look(ledger)
        positions = [one.position for one in trail.sent]
        assert positions == sorted(positions, reverse=True)
        keys = [one.key for one in trail.sent]
        assert len(set(keys)) == len(keys)
        assert {one.partner_id for one in trail.visible_to("acme")} == {"acme"}
        assert trail.visible_to("nobody") == ()
        found, many = failed_notices(ledger, trail, 10)
        assert many == len(found) == 1
        assert (found[0].key.license_id, found[0].key.channel.value) == ("cobalt-notice-failed", "in_app")
        assert found[0].next_at == datetime(2024, 8, 13, 8, 6, tzinfo=UTC)
        assert failed_notices(ledger, trail, 0) == ([], 1)


class TestReadMarks:
    def test_are_kept_for_each_user(self, ledger: Ledger) -> None:
        trail = NoticeTrail().look(ledger)
        newest, second, *_, oldest = trail.sent
        with Accounts.open(ledger, FAST) as accounts:
            mark_read(accounts, "kim", [newest, newest])
            marks = read_marks(accounts, "kim")
            assert [marks.cover(one) for one in (newest, second, oldest)] == [True, False, False]
            assert not read_marks(accounts, "lea").cover(newest)
            mark_all_read(accounts, "kim", second.position)
            marks = read_marks(accounts, "kim")
            assert [marks.cover(one) for one in (newest, second, oldest)] == [True, True, True]
            mark_all_read(accounts, "kim", newest.position)
            assert read_marks(accounts, "kim").notice_ids == frozenset()
            assert read_marks(accounts, "kim").cover(newest)

"""A few events by their places in the log, on each kind of store; and an invoice explained from there."""

from datetime import date, timedelta

from ledger.application.cite_events import cite_events
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.show_log import show_log
from replay.explain.explaining import explain
from replay.explain.explanation import Recurring
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, meta


class TestCiteEvents:
    def test_gives_the_events_of_those_places_that_there_are(self, ledger: Ledger) -> None:
        a_license(ledger)
        _, owner, ann = (entry.position for entry in show_log(ledger, "acme"))
        found = cite_events(ledger, {ann, owner, ann + 1_000})
        assert {position: event.subject for position, event in found.items()} == {owner: OWNER, ann: ANN}

    def test_gives_nothing_for_nothing(self, ledger: Ledger) -> None:
        assert cite_events(ledger, []) == {}


class TestExplain:
    def test_cites_what_was_recorded_here(self, ledger: Ledger, clock: HandClock) -> None:
        publish_price(
            ledger,
            plan="team",
            billing_cycle="monthly",
            currency="USD",
            unit_amount_minor=4900,
            meta=meta(at=NOON - timedelta(days=1)),
        )
        a_license(ledger)
        as_of = clock.pass_by(days=20)
        explanation = explain(ledger, "acme", date(2024, 5, 15), as_of)
        [line] = explanation.lines
        assert isinstance(line, Recurring)
        assert (explanation.total, line.quantity) == (9800, 2)
        assert [member.name for member in line.members] == [ANN, OWNER]
        positions = [entry.position for entry in show_log(ledger, "acme")]
        assert [member.made_so.position for member in line.members] == [positions[2], positions[1]]
        assert line.price.event.type == "PricePublished"

"""A licence is parked in each version for itself: whichever answers, rows of before never do."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.application.ask import Answer, Question
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.show_status import show_status
from replay.follow import Follower
from replay.rebuild.rebuilding import Loaded, Order, Tell, rebuild, roll_back, tables_of
from replay.rebuild.running import in_this_process
from tests.application.desk import HandClock, a_license, meta
from tests.replay.following import FROM_READ_MODELS, PARTITIONS, answers, follow, live, models_of, sources
from tests.replay.test_parking import record, rewrite

FAR = datetime(2090, 1, 1, tzinfo=UTC)
# within the horizon, after the first billing date: the plan of the healed event is on an invoice
AHEAD = timedelta(days=40)
HEALED = (
    b'{"type":"PlanChanged","id":"x","license_id":"acme","plan":"business","actor":"system",'
    b'"effective_at":"2024-05-01T12:00:00.000000Z","recorded_at":"2024-05-01T12:00:00.000000Z"}'
)


@dataclass(frozen=True)
class Desk:
    """A followed ledger, and what rebuilds it."""

    url: str
    ledger: Ledger
    staging: str

    def rebuilt(self, *projections: str, tell: Tell = lambda _: None) -> None:
        rebuild(self.ledger, Order(tables_of(projections), self.staging, None, in_this_process), tell)

    def parked(self) -> None:
        """Park acme in all that is live, then mend the event behind the follower's back."""
        position = record(self.ledger, "PlanPaused@1", b"{}")
        follow(self.ledger)
        assert parked_in(self.ledger) == {version: {"acme"} for version in live(self.ledger)}
        rewrite(self.url, position, "PlanChanged@1", HEALED)

    def asked(self) -> list[Answer]:
        return answers(self.ledger, Question(self.ledger.now() + AHEAD, FAR))

    def assert_answers(self, *of_read_models: bool) -> None:
        """Ask; some or all may be of the read models, and the mended event is in each invoice of acme's."""
        held = self.asked()
        assert {one.startswith(FROM_READ_MODELS) for one in sources(held)} == set(of_read_models)
        invoices = [line for line in held[1].lines if '"acme"' in line]
        assert invoices
        assert all('"plan":"business"' in line for line in invoices)


def parked_in(ledger: Ledger) -> dict[int, set[str]]:
    return {version: set(ids) for version, ids in models_of(ledger).parked_by_version().items() if ids}


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Return one of each kind of store in turn, with two licences that are followed."""
    with Ledger.open(store_url, create=True, clock=HandClock()) as ledger:
        for plan in ("team", "business"):
            publish_price(
                ledger,
                plan=plan,
                billing_cycle="monthly",
                currency="USD",
                unit_amount_minor=4900,
                meta=meta(),
            )
        for name in ("acme", "zett"):
            a_license(ledger, name, billing_anchor="2024-05-15")
        follow(ledger)
        yield Desk(store_url, ledger, str(tmp_path / "staging"))


class TestALicenceParkedInTwoLiveVersions:
    def test_is_shown_once(self, desk: Desk) -> None:
        desk.rebuilt("seats")
        desk.parked()
        assert len(live(desk.ledger)) == 2
        assert [one.license_id for one in show_status(desk.ledger).parked] == ["acme"]

    def test_is_tried_again_in_both(self, desk: Desk) -> None:
        desk.rebuilt("seats")
        desk.parked()
        desk.assert_answers(False)
        follow(desk.ledger)
        assert parked_in(desk.ledger) == {}
        desk.assert_answers(True)


class TestALicenceThatWasParked:
    def test_stays_so_for_what_a_rebuild_of_one_projection_leaves(self, desk: Desk) -> None:
        desk.parked()
        desk.rebuilt("seats")
        assert parked_in(desk.ledger) == {1: {"acme"}}
        desk.assert_answers(True, False)

    def test_stays_so_when_a_rebuild_is_cut_off(self, desk: Desk) -> None:
        desk.parked()

        def loaded(happening: object) -> None:
            if isinstance(happening, Loaded):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            desk.rebuilt(tell=loaded)
        desk.assert_answers(False)
        assert [one.license_id for one in show_status(desk.ledger).parked] == ["acme"]

    def test_is_shown_no_more_when_a_rebuild_knows_it(self, desk: Desk) -> None:
        desk.parked()
        desk.rebuilt()
        assert parked_in(desk.ledger) == {1: {"acme"}}
        assert show_status(desk.ledger).parked == ()
        desk.assert_answers(True)
        desk.rebuilt()
        assert parked_in(desk.ledger) == {}

    def test_is_tried_again_after_a_rollback(self, desk: Desk) -> None:
        desk.parked()
        desk.rebuilt()
        roll_back(desk.ledger)
        assert [one.license_id for one in show_status(desk.ledger).parked] == ["acme"]
        desk.assert_answers(False)
        follow(desk.ledger)
        assert live(desk.ledger) == {1}
        desk.assert_answers(True)

    def test_waits_after_a_rollback_for_a_follower_that_was_there_before(self, desk: Desk) -> None:
        follower = Follower(desk.ledger, lambda _: None, partitions=PARTITIONS)
        desk.parked()
        desk.rebuilt()
        follower.try_parked_again()
        assert follower.advance(threading.Event())
        roll_back(desk.ledger)
        assert follower.advance(threading.Event())
        assert parked_in(desk.ledger) == {}
        desk.assert_answers(True)


class TestRollBack:
    def test_after_a_second_rebuild_goes_on_from_where_the_version_was(self, desk: Desk) -> None:
        desk.rebuilt()
        a_license(desk.ledger, "late")
        follow(desk.ledger)
        desk.rebuilt()
        a_license(desk.ledger, "later")
        follow(desk.ledger)
        roll_back(desk.ledger)
        assert live(desk.ledger) == {2}
        of_log = desk.asked()
        follow(desk.ledger)
        held = desk.asked()
        assert all(one.startswith(FROM_READ_MODELS) for one in sources(held))
        assert [(one.lines, one.faults) for one in held] == [(one.lines, one.faults) for one in of_log]

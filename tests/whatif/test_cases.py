"""Cases that random histories meet too seldom, told by hand."""

from collections.abc import Sequence
from pathlib import Path

from replay.compare.comparing import Comparison, Moment, compare
from replay.compare.issued import compare_invoice
from replay.preview.changes import Change, ChangeKind
from replay.preview.deciding import Bench
from replay.preview.previewing import preview
from tests.projections.told import Told
from tests.second_opinion.story import at
from tests.whatif.world import ledger_of

NOW = "2024-06-20T12:00:00Z"


def team() -> Told:
    """Tell of a pay-per-user licence with agents a and b, 49.00 each from 1 April."""
    told = Told().price(4900).licence("ppu", "2024-03-10")
    return told.agent("a", "2024-03-11").agent("b", "2024-03-11")


def next_total(folder: Path, told: Told, *changes: Change, now: str = NOW) -> int:
    with ledger_of(folder, told.lines, at(now)) as (ledger, _):
        return preview(ledger, "l", changes, at(now)).after_minor


class TestAPreview:
    def test_comes_after_what_was_recorded_at_that_instant(self, tmp_path: Path) -> None:
        told = team().fact("AgentSuspended", NOW, agent_id="b")
        assert next_total(tmp_path, told) == 4900
        # b is activated after it was suspended, at one instant: 2 x 49.00 on 1 July, and no rise in between
        assert next_total(tmp_path, told, Change(ChangeKind.ACTIVATE, "b")) == 9800

    def test_charges_the_days_that_are_left_of_a_period(self, tmp_path: Path) -> None:
        # from 21 June 10 of 30 days: 49.00 x 10/30 = 16.33, and 3 x 49.00 on 1 July
        added = Change(ChangeKind.ADD_AGENTS, 1, at("2024-06-21T08:00:00Z").date())
        assert next_total(tmp_path, team(), added) == 1633 + 14700

    def test_makes_good_what_was_charged_already(self, tmp_path: Path) -> None:
        # b suspended since 20 May: June's 49.00 is taken back on 1 July, which is 49.00 itself
        late = Change(ChangeKind.SUSPEND, "b", at("2024-05-20T08:00:00Z"))
        assert next_total(tmp_path, team(), late) == 0

    def test_removes_the_chatbots_that_came_last(self, tmp_path: Path) -> None:
        told = team().switch("ppa", "2024-05-01")
        for day, bot_id in (("2024-05-02", "z"), ("2024-05-03", "m"), ("2024-05-04", "k")):
            told.fact("ChatBotAdded", day, bot_id=bot_id)
        with ledger_of(tmp_path, told.lines, at(NOW)) as (ledger, _):
            removed = Change(ChangeKind.REMOVE_CHATBOTS, 2)
            found = preview(ledger, "l", [removed], at(NOW))
            decided = Bench(ledger, "l", at(NOW)).decide([removed])
        assert [one.event.subject for one in decided] == ["m", "k"]
        # 2 agents and 3 ChatBots x 49.00 = 245.00, two ChatBots fewer 147.00
        assert (found.before_minor, found.after_minor) == (24500, 14700)


def between(folder: Path, told: Told, *known: str) -> Comparison:
    with ledger_of(folder, told.lines, at(NOW)) as (ledger, _):
        first, second = (Moment(at(NOW), at(one)) for one in known)
        return compare(ledger, first, second, limit=None)


def said(found: Comparison) -> Sequence[str]:
    return [event.what for one in found.licenses for event in one.events]


class TestAComparison:
    def test_names_what_was_recorded_after_the_first_and_by_the_second(self, tmp_path: Path) -> None:
        told = team().agent("c", "2024-05-02").agent("d", "2024-05-03").agent("e", "2024-05-04")
        found = between(tmp_path, told, "2024-05-02T00:00:00Z", "2024-05-03T00:00:00Z")
        assert said(found) == ["d joined as an agent"]

    def test_names_of_the_programme_what_concerns_the_licence(self, tmp_path: Path) -> None:
        told = (
            Told()
            .partner("0.2")
            .tell(
                "PartnerRegistered", "2000-01-01", partner_id="q", programme="solution", discount_rate="0.1"
            )
        )
        told.price(4900).licence("ppu", "2024-03-10", partner_id="p").agent("a", "2024-03-11")
        told.price(5900, "2024-05-01", "2024-05-10").price(5900, "2024-05-01", "2024-05-10", currency="EUR")
        told.price(900, "2024-05-01", "2024-05-10", plan="other").terms("0.5", "2024-05-01", "2024-05-10")
        told.tell("PartnerTermsChanged", "2024-05-01", "2024-05-10", partner_id="q", discount_rate="0.3")
        told.cutover("2024-09-01", "2024-05-11", applies_to={"source": "partner_app"})
        found = between(tmp_path, told, "2024-05-02T00:00:00Z", "2024-06-02T00:00:00Z")
        assert said(found) == [
            "Price published: team plan, monthly billing, 59.00 USD a unit",
            "Terms of partner p changed, discount rate 0.5",
        ]

    def test_leaves_out_what_came_true_after_the_moment(self, tmp_path: Path) -> None:
        told = team().fact("AgentSuspended", "2024-05-02", agent_id="b").agent("c", "2024-05-20")
        with ledger_of(tmp_path, told.lines, at(NOW)) as (ledger, _):
            looks = (Moment(at("2024-05-10"), at(known)) for known in ("2024-05-01", "2024-06-01"))
            found = compare(ledger, *looks, limit=None)
        assert said(found) == ["b was suspended"]


class TestAnIssuedInvoice:
    def test_is_compared_with_the_ones_before_it_as_they_were(self, tmp_path: Path) -> None:
        # April's invoice was issued on 5 May with a fact of 3 May in it: May's has nothing to adjust
        told = team().fact("AgentSuspended", "2024-03-20", "2024-04-03", agent_id="b")
        told.issue("A", "2024-04-01", told.last_id, "2024-04-05")
        known = told.last_id
        told.issue("B", "2024-05-01", known, "2024-05-01")
        with ledger_of(tmp_path, told.lines, at(NOW)) as (ledger, _):
            for number in "AB":
                found = compare_invoice(ledger, number)
                assert found.row.before == found.row.after
                assert found.late == ()

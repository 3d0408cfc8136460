"""A licence's sheet says what the questions say; a change to a team costs what the next invoice says."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.aggregates.license import AgentNotFound, LicenseNotFound
from ledger.application.activate_agent import activate_agent
from ledger.application.add_chatbot import add_chatbot
from ledger.application.ask import Question, ask_invoices, ask_notices, ask_seats
from ledger.application.change_team import LastOwner, change_team
from ledger.application.create_agent import create_agent
from ledger.application.delete_agent import delete_agent
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.recording import CommandMeta
from ledger.application.release_seat import release_seat
from ledger.application.show_license import LicenseNotCreatedYet, show_license
from ledger.application.show_team import TeamChange, expect_effect, show_team
from ledger.application.suspend_agent import suspend_agent
from ledger.application.take_seat import take_seat
from replay.demo import DEMO_AS_OF, run_demo
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, meta

FIRM = "acme-law-firm-suspends"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path_factory.mktemp('sheet') / 'sample.db'}"
    with Ledger.open(url, create=True) as opened:
        run_demo(opened)
        yield opened


class TestShowLicense:
    @pytest.mark.parametrize(
        "license_id", [FIRM, "acme-hotel-annual", "signup-credit-note", "signup-late-cancel"]
    )
    @pytest.mark.parametrize("known_at", [None, DEMO_AS_OF])
    def test_says_what_the_questions_say(
        self, sample: Ledger, license_id: str, known_at: datetime | None
    ) -> None:
        as_of = datetime(2024, 8, 25, tzinfo=UTC)
        question = Question(as_of, known_at, (license_id,))
        sheet = show_license(sample, license_id, as_of=as_of, known_at=known_at)
        assert [dict(row) for row in sheet.invoices] == _rows(ask_invoices(sample, question).lines)
        assert [dict(row) for row in sheet.notices] == _rows(ask_notices(sample, question).lines)
        assert [dict(sheet.counts)] == _rows(ask_seats(sample, question).lines)
        now = next(
            step
            for step in sheet.seat_steps
            if step.since <= as_of and (not step.until or step.until > as_of)
        )
        assert (now.ppa, now.pps, now.ppu) == tuple(sheet.counts[name] for name in ("ppa", "pps", "ppu"))

    def test_expects_what_is_charged_then_if_nothing_happens(self, sample: Ledger) -> None:
        sheet = show_license(sample, "acme-hotel-annual", as_of=datetime(2024, 8, 25, tzinfo=UTC))
        assert sheet.next_invoice is not None
        assert sheet.summary.next_charge_date == date(2024, 9, 18)
        assert sheet.summary.next_charge == sheet.next_invoice["total"]

    def test_ends_with_the_calendar(self, sample: Ledger) -> None:
        assert show_license(sample, FIRM, as_of=datetime(2099, 12, 31, 23, tzinfo=UTC)).next_invoice is None

    def test_names_a_licence_that_is_not_there_or_not_yet(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        with pytest.raises(LicenseNotFound):
            show_license(sqlite_ledger, "acme", as_of=NOON)
        a_license(sqlite_ledger)
        before = NOON - timedelta(days=1)
        for show in (show_license, show_team):
            with pytest.raises(LicenseNotCreatedYet, match="2024-05-01T12:00"):
                show(sqlite_ledger, "acme", as_of=before, known_at=clock.now)


def _rows(lines: list[str]) -> list[object]:
    return [json.loads(line) for line in lines]


class TestTeam:
    @pytest.fixture
    def ledger(self, sqlite_ledger: Ledger) -> Ledger:
        for amount, cycle in ((4900, "monthly"), (49200, "annual")):
            publish_price(
                sqlite_ledger,
                plan="team",
                billing_cycle=cycle,
                currency="USD",
                unit_amount_minor=amount,
                meta=meta(NOON - timedelta(days=30)),
            )
        return sqlite_ledger

    @pytest.mark.parametrize(
        ("model", "owner", "ann", "suspended"),
        [("ppu", True, True, False), ("ppa", True, True, True), ("pps", False, True, False)],
    )
    def test_counts_each_by_the_pricing_model(
        self, ledger: Ledger, clock: HandClock, *, model: str, owner: bool, ann: bool, suspended: bool
    ) -> None:
        a_license(ledger, pricing_model=model)
        create_agent(ledger, license_id="acme", agent_id="sue", meta=meta())
        create_agent(ledger, license_id="acme", agent_id="free", complimentary=True, meta=meta())
        clock.pass_by(hours=1)
        suspend_agent(ledger, license_id="acme", agent_id="sue", meta=meta())
        add_chatbot(ledger, license_id="acme", bot_id="bot", meta=meta())
        for agent in (ANN, "free"):
            take_seat(ledger, license_id="acme", agent_id=agent, meta=meta())
        team = show_team(ledger, "acme", as_of=clock.pass_by(hours=1))
        counted = {one.agent_id: one.counts for one in (*team.active, *team.suspended)}
        assert counted == {OWNER: owner, ANN: ann, "free": model != "pps", "sue": suspended}
        assert team.chatbots == ("bot",)
        seats = {one.agent_id: (one.holds_seat, one.last_seat_at) for one in team.active}
        assert seats[ANN] == (True, clock.now)
        assert seats[OWNER] == (False, None)
        released = clock.pass_by(hours=1)
        release_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        later = show_team(ledger, "acme", as_of=clock.pass_by(days=2)).agent(ANN)
        assert later is not None
        assert (later.holds_seat, later.last_seat_at, later.counts) == (False, released, model != "pps")

    def test_gives_the_role_of_the_latest_creation(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(hours=1)
        delete_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
        before = clock.now
        clock.pass_by(hours=1)
        create_agent(ledger, license_id="acme", agent_id=ANN, role="admin", meta=meta())
        now, then = (show_team(ledger, "acme", as_of=at).agent(ANN) for at in (clock.now, before))
        assert now is not None
        assert (now.role, then) == ("admin", None)

    @pytest.mark.parametrize("model", ["ppu", "ppa"])
    @pytest.mark.parametrize("cycle", ["monthly", "annual"])
    @pytest.mark.parametrize("change", TeamChange)
    def test_expects_what_is_then_charged(
        self, ledger: Ledger, clock: HandClock, model: str, cycle: str, change: TeamChange
    ) -> None:
        a_license(ledger, pricing_model=model, billing_cycle=cycle)
        clock.pass_by(days=20)
        if change is TeamChange.ACTIVATE:
            suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
            clock.pass_by(days=30)
        effect = expect_effect(ledger, "acme", ANN, change, clock.now)
        assert effect.before == show_license(ledger, "acme", as_of=clock.now).summary.next_charge
        change_team(ledger, license_id="acme", agent_id=ANN, change=change, user="kim")
        sheet = show_license(ledger, "acme", as_of=clock.now)
        assert (effect.date, effect.after) == (sheet.summary.next_charge_date, sheet.summary.next_charge)

    def test_expects_it_of_who_came_at_the_same_instant(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger, pricing_model="ppu")
        effect = expect_effect(ledger, "acme", ANN, TeamChange.SUSPEND, clock.now)
        change_team(ledger, license_id="acme", agent_id=ANN, change=TeamChange.SUSPEND, user="kim")
        assert effect.after == show_license(ledger, "acme", as_of=clock.now).summary.next_charge
        assert effect.after != effect.before

    def test_keeps_the_last_owner_and_says_who_did_it(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        for change in (TeamChange.SUSPEND, TeamChange.DELETE):
            with pytest.raises(LastOwner, match=OWNER):
                change_team(ledger, license_id="acme", agent_id=OWNER, change=change, user="kim")
        clock.pass_by(hours=1)
        by_owner, by_system = (
            change_team(ledger, license_id="acme", agent_id=ANN, change=change, user=user)
            for change, user in ((TeamChange.SUSPEND, OWNER), (TeamChange.ACTIVATE, ANN))
        )
        assert (by_owner.event.actor, by_system.event.actor) == (OWNER, "system")
        suspend_agent(ledger, license_id="acme", agent_id=OWNER, meta=CommandMeta())
        activate_agent(ledger, license_id="acme", agent_id=OWNER, meta=CommandMeta())

    def test_is_by_a_manager_whose_id_has_capitals(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        create_agent(ledger, license_id="acme", agent_id="Mia@Acme.example", role="admin", meta=meta())
        clock.pass_by(hours=1)
        done = change_team(
            ledger, license_id="acme", agent_id=ANN, change=TeamChange.SUSPEND, user="mia@acme.example"
        )
        assert done.event.actor == "Mia@Acme.example"

    def test_names_an_agent_who_is_not_there(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        with pytest.raises(AgentNotFound):
            expect_effect(ledger, "acme", "nobody", TeamChange.SUSPEND, clock.now)

"""What an explanation rests on: who counted and why, peaks, rises, late facts, terms; and the bridge."""

from datetime import date

from replay.explain.explanation import Adjustment, Discount, Explanation, Recurring, TrueUp
from tests.projections.told import Told
from tests.replay.explaining import Papers, assert_adds_up
from tests.second_opinion.story import at


def explain(told: Told, day: str, as_of: str = "2026-01-01", known_at: str | None = None) -> Explanation:
    known = at(known_at) if known_at else None
    explanation = Papers(told.lines).explain("l", date.fromisoformat(day), at(as_of), known)
    assert_adds_up(explanation)
    return explanation


def recurring(of: Explanation) -> Recurring:
    [line] = [line for line in of.lines if isinstance(line, Recurring)]
    return line


def stood(of: Explanation) -> dict[str, tuple[bool, str, str]]:
    """Give who counted, with the reason and the type of the event behind it."""
    return {
        member.name: (member.counted, member.why, member.made_so.event.type)
        for member in recurring(of).members
    }


def steps(of: Explanation) -> dict[str, int]:
    return {step.factor: step.amount for step in of.bridge}


class TestWhoCounts:
    def everybody(self, model: str) -> Told:
        told = Told().price(4900).licence(model)
        for name in ("active", "back", "suspended", "gone", "sits"):
            told.agent(name, "2024-03-11")
        told.agent("own", "2024-03-11", complimentary=True)
        told.fact("ChatBotAdded", "2024-03-11", bot_id="old-bot")
        told.fact("ChatBotRemoved", "2024-03-12", bot_id="old-bot")
        told.fact("ChatBotAdded", "2024-03-12", bot_id="bot")
        told.fact("AgentSuspended", "2024-03-13", agent_id="back")
        told.fact("AgentActivated", "2024-03-14", agent_id="back")
        told.fact("AgentSuspended", "2024-03-15", agent_id="suspended")
        told.fact("AgentDeleted", "2024-03-16", agent_id="gone")
        told.seat("sits", "2024-03-20T09:00:00Z", "2024-03-20T10:00:00Z")
        return told.seat("own", "2024-03-20T09:00:00Z", "2024-03-20T10:00:00Z")

    def test_under_pay_per_user_are_the_active_agents(self) -> None:
        assert stood(explain(self.everybody("ppu"), "2024-04-01")) == {
            "active": (True, "active", "AgentCreated"),
            "back": (True, "active", "AgentActivated"),
            "own": (True, "active", "AgentCreated"),
            "sits": (True, "active", "AgentCreated"),
            "gone": (False, "deleted", "AgentDeleted"),
            "suspended": (False, "suspended", "AgentSuspended"),
            "bot": (False, "chatbot", "ChatBotAdded"),
            "old-bot": (False, "removed", "ChatBotRemoved"),
        }

    def test_under_pay_per_account_are_the_suspended_and_chatbots_too(self) -> None:
        counted = [
            name
            for name, (counts, _, _) in stood(explain(self.everybody("ppa"), "2024-04-01")).items()
            if counts
        ]
        assert counted == ["active", "back", "own", "sits", "suspended", "bot"]

    def test_under_pay_per_seat_are_those_in_a_seat_at_the_peak(self) -> None:
        explanation = explain(self.everybody("pps"), "2024-04-01")
        assert stood(explanation) == {
            "active": (False, "no_seat", "AgentCreated"),
            "back": (False, "no_seat", "AgentActivated"),
            "gone": (False, "deleted", "AgentDeleted"),
            "own": (False, "complimentary", "AgentCreated"),
            "sits": (True, "seat", "AgentCreated"),
            "suspended": (False, "suspended", "AgentSuspended"),
            "bot": (True, "chatbot", "ChatBotAdded"),
            "old-bot": (False, "removed", "ChatBotRemoved"),
        }
        line = recurring(explanation)
        assert line.peak is not None
        assert (line.peak.at, line.peak.until) == (at("2024-03-20T09:00:00Z"), at("2024-03-20T10:00:00Z"))
        [seat] = [member.seat for member in line.members if member.name == "sits"]
        assert seat is not None
        assert seat.event.type == "SeatTaken"

    def test_is_nobody_where_nobody_sat(self) -> None:
        told = Told().price(4900).licence("pps").agent("ann", "2024-03-11")
        line = recurring(explain(told, "2024-04-01"))
        assert (line.quantity, line.amount, line.peak) == (0, 0, None)
        assert [member.why for member in line.members] == ["no_seat"]


class TestTerms:
    def test_name_the_cutover_that_decides(self) -> None:
        told = Told().price(100).licence("ppa").agent("a", "2024-03-11").cutover("2024-05-01", "2024-04-10")
        assert recurring(explain(told, "2024-04-01")).model_by.event.type == "LicenseCreated"
        switched = recurring(explain(told, "2024-05-01"))
        assert (switched.pricing_model, switched.model_by.event.type) == ("ppu", "CutoverAnnounced")

    def test_name_the_switch_that_shields(self) -> None:
        told = Told().price(100).licence("ppa").agent("a", "2024-03-11").cutover("2024-05-01", "2024-04-10")
        told.switch("ppa", "2024-05-15")
        shielded = recurring(explain(told, "2024-06-01"))
        assert (shielded.pricing_model, shielded.model_by.event.type) == ("ppa", "PricingModelSwitched")

    def test_name_plan_cycle_and_price(self) -> None:
        told = Told().price(100).price(150, "2024-04-20").price(1000, billing_cycle="annual", plan="big")
        told.licence("ppu").agent("a", "2024-03-11")
        told.fact("PlanChanged", "2024-05-10", plan="big").cycle("annual", "2024-05-11")
        before = recurring(explain(told, "2024-05-01"))
        assert before.price.event.effective_at == at("2024-04-20")
        line = recurring(explain(told, "2024-06-01"))
        assert [by.event.type for by in (line.plan_by, line.cycle_by)] == [
            "PlanChanged",
            "BillingCycleChanged",
        ]
        assert line.unit_amount == 1000

    def test_name_the_partners_rate(self) -> None:
        told = Told().price(1000).partner("0.2").terms("0.25", "2024-04-20")
        told.licence("ppu", partner_id="p", source="partner_app").agent("a", "2024-03-11")
        first, second = (explain(told, day) for day in ("2024-04-01", "2024-05-01"))
        [discount] = [line for line in second.lines if isinstance(line, Discount)]
        assert (discount.rate, discount.base, discount.amount) == ("0.25", 1000, -250)
        assert discount.terms.event.type == "PartnerTermsChanged"
        assert (first.rate, second.rate) == ("0.2", "0.25")
        assert steps(second) == {"discount_rate": -50}


class TestTrueUps:
    def test_say_what_stood_below_the_mark(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11").agent("bob", "2024-03-11")
        told.fact("AgentSuspended", "2024-04-05", agent_id="bob")
        told.agent("cem", "2024-04-16T08:00:00Z").agent("dee", "2024-04-16T09:00:00Z")
        explanation = explain(told, "2024-05-01")
        [line] = [line for line in explanation.lines if isinstance(line, TrueUp)]
        # the mark is 2; cem fills bob's place, dee is above it: 30.00 x 15/30 days
        assert (line.quantity, line.mark, line.amount) == (1, 2, 1500)
        assert [(rise.before, rise.after, rise.mark, rise.above) for rise in line.rises] == [
            (1, 2, 2, 0),
            (2, 3, 2, 1),
        ]
        assert [[member.name for member in rise.came] for rise in line.rises] == [["cem"], ["dee"]]

    def test_are_one_line_a_day_each_with_its_own(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        told.agent("bob", "2024-04-11").agent("cem", "2024-04-21")
        lines = [line for line in explain(told, "2024-05-01").lines if isinstance(line, TrueUp)]
        assert [(line.mark, line.rises[0].came[0].name) for line in lines] == [(1, "bob"), (2, "cem")]

    def test_have_the_price_and_the_model_of_the_period_they_lie_in(self) -> None:
        told = Told().price(3000).price(5000, "2024-04-20").licence("ppa").agent("ann", "2024-03-11")
        told.cutover("2024-05-01", "2024-04-10").fact("ChatBotAdded", "2024-04-16", bot_id="bot")
        explanation = explain(told, "2024-05-01")
        [line] = [line for line in explanation.lines if isinstance(line, TrueUp)]
        assert (line.pricing_model, line.unit_amount, line.amount) == ("ppa", 3000, 1500)
        assert line.price.event.effective_at == at("2000-01-01")
        assert [member.name for member in line.rises[0].came] == ["bot"]
        assert recurring(explanation).pricing_model == "ppu"

    def test_of_seats_name_the_new_peak(self) -> None:
        told = Told().price(36500, billing_cycle="annual").licence("pps", billing_cycle="annual")
        told.agent("ann", "2024-03-11").agent("bob", "2024-03-11").fact(
            "ChatBotAdded", "2024-03-12", bot_id="bot"
        )
        told.seat("ann", "2024-04-10T09:00:00Z", "2024-04-10T12:00:00Z")
        told.seat("bob", "2024-04-10T10:00:00Z", "2024-04-10T11:00:00Z")
        explanation = explain(told, "2024-05-01")
        [line] = explanation.lines
        assert isinstance(line, TrueUp)
        assert (line.mark, line.quantity) == (1, 2)
        assert line.peak is not None
        assert line.peak.at == at("2024-04-10T10:00:00Z")
        assert [member.name for member in line.members if member.counted] == ["ann", "bob", "bot"]
        assert explanation.no_period == "within_period"
        assert steps(explanation) == {"period": -36500, "true_ups": line.amount}


class TestAdjustments:
    def test_name_each_late_fact_with_what_it_changed(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        told.agent("bob", "2024-03-20", "2024-04-10")
        told.fact("ChatBotAdded", "2024-03-20", "2024-04-11", bot_id="bot")
        told.agent("cem", "2024-03-21", "2024-04-12")
        [_, line] = explain(told, "2024-05-01").lines
        assert isinstance(line, Adjustment)
        assert (line.charged, line.due, line.amount) == (3000, 9000, 6000)
        # a ChatBot is free: it came late, and changed nothing
        assert [(part.amount, part.events[0].event.subject) for part in line.late] == [
            (3000, "bob"),
            (3000, "cem"),
        ]

    def test_name_a_late_fact_of_the_very_instant_that_is_corrected(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        told.agent("bob", "2024-04-01", "2024-04-10")
        [_, line] = explain(told, "2024-05-01").lines
        assert isinstance(line, Adjustment)
        assert [(part.amount, part.events[0].event.subject) for part in line.late] == [(3000, "bob")]

    def test_take_back_what_a_late_cancellation_ends(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        told.fact("LicenseCancelled", "2024-03-30", "2024-04-10")
        explanation = explain(told, "2024-05-01")
        [line] = explanation.lines
        assert isinstance(line, Adjustment)
        assert (line.due, line.amount, explanation.total) == (0, -3000, -3000)
        assert line.late[0].events[0].event.type == "LicenseCancelled"
        assert explanation.no_period == "cancelled"
        assert explanation.ended is not None
        assert steps(explanation) == {"period": -3000, "adjustments": -3000}
        assert [(other.billing_date, other.amount) for other in explain(told, "2024-04-01").corrected] == [
            (date(2024, 5, 1), -3000)
        ]

    def test_of_a_licence_recorded_late_rest_on_its_creation(self) -> None:
        told = Told().price(3000).licence("ppu", "2024-03-10", "2024-04-20")
        told.agent("ann", "2024-03-11", "2024-04-20")
        [_, line] = explain(told, "2024-05-01").lines
        assert isinstance(line, Adjustment)
        assert (line.charged, line.due, line.late) == (0, 3000, ())
        assert line.created is not None
        assert line.created.event.type == "LicenseCreated"

    def test_catch_up_on_a_price_that_was_missing(self) -> None:
        told = Told().licence("ppu").agent("ann", "2024-03-11").price(3000, "2024-03-01", "2024-04-20")
        [_, line] = explain(told, "2024-05-01").lines
        assert isinstance(line, Adjustment)
        assert line.late[0].events[0].event.type == "PricePublished"


class TestWhatAnInvoiceKnows:
    def issued(self) -> Told:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        told.agent("bob", "2024-03-31", "2024-04-01T07:00:00Z")
        told.issue("2024-1", "2024-04-01", told.last_id, "2024-04-01T09:00:00Z")
        return told.agent("cem", "2024-03-31", "2024-04-02")

    def test_is_what_its_issue_says(self) -> None:
        explanation = explain(self.issued(), "2024-04-01")
        assert recurring(explanation).quantity == 2
        assert explanation.number == "2024-1"
        assert explanation.knows_until == at("2024-04-01T07:00:00Z")
        assert explanation.knows_through is not None
        assert explanation.knows_through.event.subject == "bob"
        assert explanation.issued is not None
        assert explanation.issued.event.type == "InvoiceIssued"

    def test_is_what_was_recorded_by_its_date_until_it_is_issued(self) -> None:
        explanation = explain(self.issued(), "2024-04-01", known_at="2024-04-01T08:00:00Z")
        assert recurring(explanation).quantity == 1
        assert (explanation.number, explanation.issued, explanation.knows_through) == (None, None, None)
        assert explanation.knows_until == at("2024-04-01")

    def test_may_lie_ahead(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11")
        explanation = explain(told, "2024-04-01", as_of="2024-04-01", known_at="2024-03-20")
        assert explanation.total == 3000
        assert explanation.knows_until == at("2024-03-20")


class TestTheBridge:
    def test_tells_who_came_after_the_peak_that_is_counted_now(self) -> None:
        # Under pay-per-seat 10 Mar to 1 Apr counts by its peak, the ChatBots of 11 Mar; bea came later.
        told = Told().price(4900).licence("ppu")
        for bot in ("b1", "b2"):
            told.fact("ChatBotAdded", "2024-03-11", bot_id=bot)
        told.agent("bea", "2024-03-20").switch("pps", "2024-04-10")
        [model] = explain(told, "2024-05-01").bridge
        assert (model.factor, model.amount, model.counts) == ("pricing_model", 4900, (1, 2))
        assert [(member.name, member.why, member.is_bot) for member in model.left] == [
            ("bea", "not_yet", False)
        ]
        assert [member.name for member in model.came] == ["b1", "b2"]

    def test_takes_a_cutover_apart_from_those_who_came_and_left(self) -> None:
        told = Told().price(1000).licence("pps").agent("ann", "2024-03-11").agent("bob", "2024-03-11")
        for bot in ("b1", "b2", "b3"):
            told.fact("ChatBotAdded", "2024-03-12", bot_id=bot)
        told.cutover("2024-05-01", "2024-04-10").agent("cem", "2024-04-20")
        explanation = explain(told, "2024-05-01")
        model, quantity = explanation.bridge
        assert (model.factor, model.amount, model.counts) == ("pricing_model", -1000, (3, 2))
        assert [member.name for member in model.came] == ["ann", "bob"]
        assert [member.name for member in model.left] == ["b1", "b2", "b3"]
        assert [cited.event.type for cited in model.events] == ["CutoverAnnounced"]
        assert (quantity.factor, quantity.amount) == ("quantity", 1000)
        assert [member.name for member in quantity.came] == ["cem"]
        assert {same.factor for same in explanation.unchanged} == {"unit_amount", "plan", "billing_cycle"}

    def test_names_who_changed_places_where_as_many_count(self) -> None:
        told = Told().price(1000).licence("ppu").agent("ann", "2024-03-11").agent("bob", "2024-03-11")
        told.fact("AgentSuspended", "2024-04-05", agent_id="bob").agent("cem", "2024-04-06")
        explanation = explain(told, "2024-05-01")
        assert not explanation.bridge
        [quantity] = [same for same in explanation.unchanged if same.factor == "quantity"]
        assert ([m.name for m in quantity.came], [m.name for m in quantity.left]) == (["cem"], ["bob"])

    def test_parts_plan_and_cycle_where_there_is_a_price_between_them(self) -> None:
        told = Told().price(1000).price(1500, plan="big").price(12000, plan="big", billing_cycle="annual")
        told.licence("ppu").agent("ann", "2024-03-11")
        told.fact("PlanChanged", "2024-04-10", plan="big").cycle("annual", "2024-04-11")
        assert steps(explain(told, "2024-05-01")) == {"plan": 500, "billing_cycle": 10500}

    def test_makes_one_step_of_them_where_there_is_none(self) -> None:
        told = Told().price(1000).price(12000, plan="big", billing_cycle="annual")
        told.licence("ppu").agent("ann", "2024-03-11")
        told.fact("PlanChanged", "2024-04-10", plan="big").cycle("annual", "2024-04-11")
        [step] = explain(told, "2024-05-01").bridge
        assert (step.factor, step.amount) == ("plan_and_cycle", 11000)
        assert (step.before, step.after) == ("team, monthly", "big, annual")

    def test_says_that_what_was_charged_once_is_not_charged_again(self) -> None:
        told = Told().price(3000).licence("ppu").agent("ann", "2024-03-11").agent("bob", "2024-04-16")
        told.agent("cem", "2024-03-20", "2024-04-20")
        may, june = (explain(told, day) for day in ("2024-05-01", "2024-06-01"))
        # 90.00 for three, 15.00 for bob's half month, 30.00 for cem in April
        assert (may.total, june.total) == (13500, 9000)
        assert steps(june) == {"true_ups_before": -1500, "adjustments_before": -3000}

    def test_leaves_the_first_invoice_alone(self) -> None:
        explanation = explain(Told().price(1).licence("ppu").agent("a", "2024-03-11"), "2024-04-01")
        assert (explanation.before, explanation.difference, explanation.bridge) == (None, None, ())

"""The replay of the sample programme's cutovers, by hand, and the exceptions an auditor looks for."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from replay.cutover import CutoverNotFound, CutoverReplay
from replay.sample import sample_history
from tests.replay.replaying import Told

END = datetime(2024, 12, 20, tzinfo=UTC)
RESELLERS, PARTNER_APP, AFFILIATES = "resellers-2024-08-11", "partner-app-2024-06-10", "affiliates-2024-09-01"
SAMPLE = Told([json.loads(line) for line in dict.fromkeys(sample_history().splitlines())])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def resellers() -> CutoverReplay:
    return SAMPLE.replay(RESELLERS, END)


def row_of(replay: CutoverReplay, license_id: str) -> dict[str, Any]:
    (row,) = (row for row in replay.rows if row["license_id"] == license_id)
    return row


def codes(row: dict[str, Any]) -> list[str]:
    return [exception["code"] for exception in row["exceptions"]]


def parts(**amounts: int) -> dict[str, int]:
    nothing = dict.fromkeys(
        ("total", "chatbot_seats", "quantity", "unit_amount", "true_ups", "discount", "adjustments"), 0
    )
    return nothing | amounts | {"total": sum(amounts.values())}


class TestSwitchedLicence:
    def test_shows_both_models_and_both_invoices(self, resellers: CutoverReplay) -> None:
        row = row_of(resellers, "acme-bakery-peak")
        assert (row["outcome"], row["charge_date"]) == ("switched", "2024-08-24")
        assert (row["pricing_model_before"], row["pricing_model_after"]) == ("pps", "ppu")
        assert (row["before"]["billing_date"], row["before"]["total"]) == ("2024-07-24", 0)
        assert (row["after"]["billing_date"], row["after"]["total"]) == ("2024-08-24", 15680)

    def test_splits_off_what_chatbots_cost(self, resellers: CutoverReplay) -> None:
        # 13 July: 2 agents and 4 ChatBots, 6 x 49.00 less 36.75; 13 Aug: 2 x 49.00 less 12.25
        row = row_of(resellers, "borealis-florist-four-bots")
        assert row["difference"] == parts(chatbot_seats=-4 * 4900, discount=3675 - 1225)
        # without the cutover the 13 Aug had cost 257.25 again: 171.50 more, all of it for ChatBots
        assert row["saves"] == {"total": 25725 - 8575, "chatbot_seats": 17150}

    def test_takes_the_year_before_for_an_annual_licence(self, resellers: CutoverReplay) -> None:
        # 18 Sep 2023: 3 seats and a ChatBot; 18 Sep 2024: 4 users; 4 x 492.00 less 20 % both times
        row = row_of(resellers, "acme-hotel-annual")
        assert (row["before"]["billing_date"], row["after"]["billing_date"]) == ("2023-09-18", "2024-09-18")
        assert row["difference"] == parts(chatbot_seats=-49200, quantity=49200)

    def test_saves_nothing_that_its_own_switch_saves(self, resellers: CutoverReplay) -> None:
        assert row_of(resellers, "acme-switch-after-on")["saves"] == {"total": 0, "chatbot_seats": 0}

    def test_lists_its_notices(self, resellers: CutoverReplay) -> None:
        due = {"charge_date": "2024-08-11", "due_at": "2024-07-28T07:00:00.000000Z", "late": False}
        assert row_of(resellers, "cobalt-eleventh-in-los-angeles")["notices"] == [
            {**due, "channel": "banner", "state": "ended"},
            {**due, "channel": "email", "state": "sent"},
            {**due, "channel": "in_app", "state": "sent"},
        ]

    def test_splits_a_price_and_an_adjustment_apart(self) -> None:
        # 5 May: 2 bots' seats x 24.00; the price rises on 1 June; a third bot of 20 Apr is known on 10 May.
        # 5 June, pay-per-user: 3 users x 30.00, and 24.00 for the bot that 5 May did not know
        told = Told(
            [
                *PROGRAMME,
                price("2024-06-01", 3000),
                created("shop", "2024-04-01", partner_id="acme", billing_anchor="2024-04-05"),
                *(agent("shop", "2024-04-01", name) for name in ("ida", "jan", "kim")),
                bot("shop", "2024-04-02", "bot-1"),
                bot("shop", "2024-04-02", "bot-2"),
                cutover("c", "2024-05-07", "2024-06-01"),
                bot("shop", "2024-04-20", "bot-3", recorded="2024-05-10"),
            ]
        )
        (row,) = told.replay("c", at("2024-06-06")).rows
        assert row["difference"] == parts(
            chatbot_seats=-2 * 2400, quantity=3 * 2400, unit_amount=3 * 600, adjustments=2400
        )

    def test_splits_true_ups_apart(self) -> None:
        # pay-per-account from 5 May for 1 agent; another from 20 May, 16 of 31 days left: 12.39
        told = Told(
            [
                *PROGRAMME,
                created("shop", "2024-04-01", billing_anchor="2024-05-05", source="partner_app"),
                agent("shop", "2024-04-01", "ida"),
                cutover("c", "2024-05-10", "2024-06-01", applies_to={"programme": "solution"}),
                cutover("d", "2024-05-10", "2024-06-01", applies_to={"source": "partner_app"}),
                agent("shop", "2024-05-20", "jan"),
            ]
        )
        (row,) = told.replay("d", at("2024-06-06")).rows
        assert row["difference"] == parts(quantity=2400, true_ups=1239)
        assert told.replay("c", at("2024-06-06")).rows == []

    def test_goes_by_its_first_model_before_its_first_period(self) -> None:
        told = Told(
            [
                *PROGRAMME,
                cutover("c", "2024-05-01", "2024-06-01"),
                created("shop", "2024-05-25", partner_id="acme", billing_anchor="2024-06-08"),
                line("PricingModelSwitched", "2024-05-28", license_id="shop", pricing_model="ppu"),
            ]
        )
        (row,) = told.replay("c", at("2024-07-01")).rows
        assert (row["outcome"], row["charge_date"]) == ("switched", "2024-06-08")
        assert (row["pricing_model_before"], row["pricing_model_after"]) == ("pps", "ppu")


class TestUpcomingLicence:
    def test_has_no_invoice_after_yet(self, resellers: CutoverReplay) -> None:
        row = row_of(resellers, "borealis-charge-date-moved")
        assert (row["outcome"], row["charge_date"]) == ("upcoming", "2025-07-11")
        assert (row["after"], row["difference"], row["saves"]) == (None, None, None)
        assert codes(row) == ["charge_date_moved"]


class TestExceptions:
    @pytest.mark.parametrize(
        ("license_id", "expected"),
        [
            ("borealis-notice-late", ["notice_late"]),
            ("cobalt-notice-failed", ["notice_late", "notice_missed"]),
            ("acme-notice-missed", ["notice_missed", "notice_missed"]),
            ("borealis-early-switch", ["switched_early"]),
            ("acme-created-10-june", ["already_on_it"]),
            ("cobalt-shielded", ["shielded"]),
            ("cobalt-cancelled-before-charge", ["cancelled"]),
            ("acme-bakery-peak", []),
        ],
    )
    def test_are_named(self, resellers: CutoverReplay, license_id: str, expected: list[str]) -> None:
        row = row_of(resellers, license_id)
        assert codes(row) == expected
        kept_away = {"switched_early", "already_on_it", "shielded", "cancelled"} & set(expected)
        assert row["outcome"] == ("not_switched" if kept_away else "switched")

    @pytest.mark.parametrize(
        ("license_id", "words"),
        [
            ("cobalt-notice-failed", "The e-mail of the charge on 2024-08-27 was sent after it was due."),
            ("acme-notice-missed", "No in-app notice was sent before the charge on 2024-08-23."),
            ("borealis-early-switch", "On ppu already by its own switch of 2024-07-01, before the cutover."),
            (
                "cobalt-shielded",
                "Kept from the cutover by its own switch of 2024-08-20, after 2024-08-11: ppa from "
                "2024-09-05.",
            ),
            ("cobalt-cancelled-before-charge", "Cancelled on 2024-08-16, by the charge date 2024-08-18."),
        ],
    )
    def test_are_put_into_words(self, resellers: CutoverReplay, license_id: str, words: str) -> None:
        assert words in [e["words"] for e in row_of(resellers, license_id)["exceptions"]]

    def test_tell_of_an_invoice_that_did_not_know_the_cutover(self) -> None:
        row = row_of(SAMPLE.replay(AFFILIATES, END), "delta-late-cutover")
        assert codes(row) == ["notice_missed", "notice_missed", "billed_on_another_model"]
        # 22 Oct takes 45.00 EUR back, so that is what the cutover saves
        assert row["saves"] == {"total": 4500, "chatbot_seats": 4500}

    def test_tell_of_a_licence_created_on_another_model(self) -> None:
        told = Told(
            [
                *PROGRAMME,
                created("early-bird", "2024-06-10"),
                cutover("c", "2024-06-15", "2024-06-10", takes_effect="on_creation", applies_to=SIGNUPS),
                created("late-bird", "2024-06-16"),
            ]
        )
        replay = told.replay("c", at("2024-07-01"))
        assert [row["outcome"] for row in replay.rows] == ["not_switched", "created"]
        assert replay.exceptions == {"created_on_another_model": 1}
        assert codes(row_of(replay, "early-bird")) == ["created_on_another_model"]
        assert codes(row_of(replay, "late-bird")) == []

    def test_tell_of_a_licence_created_since_on_another_model(self) -> None:
        # d comes after the licence in the log, c before it; both speak of the licence's day, d the later
        told = Told(
            [
                *PROGRAMME,
                cutover("c", "2024-06-01", "2024-06-10", applies_to=SIGNUPS),
                created("shop", "2024-06-12"),
                cutover("d", "2024-06-15", "2024-06-11", takes_effect="on_creation", applies_to=SIGNUPS,
                        pricing_model="ppa"),
            ]
        )  # fmt: skip
        (row,) = told.replay("c", at("2024-07-01")).rows
        assert (row["outcome"], codes(row)) == ("created", ["created_on_another_model"])
        assert row["exceptions"][0]["words"] == "Created on 2024-06-12 on ppu; d makes it ppa."

    def test_tell_of_another_cutover_that_decides(self) -> None:
        told = Told(
            [
                *PROGRAMME,
                created("shop", "2024-04-01", billing_anchor="2024-04-20", partner_id="acme"),
                cutover("c", "2024-05-01", "2024-06-01"),
                cutover("d", "2024-05-02", "2024-06-05", applies_to=SIGNUPS, pricing_model="ppa"),
            ]
        )
        (row,) = told.replay("c", at("2024-07-01")).rows
        assert (row["outcome"], codes(row)) == ("not_switched", ["overruled"])

    def test_tell_of_a_switch_before_the_first_period(self) -> None:
        told = Told(
            [
                *PROGRAMME,
                cutover("c", "2024-05-01", "2024-06-01", takes_effect="on_creation", applies_to=SIGNUPS),
                created("shop", "2024-06-02"),
                line("PricingModelSwitched", "2024-06-05", license_id="shop", pricing_model="ppa"),
            ]
        )
        (row,) = told.replay("c", at("2024-07-01")).rows
        assert (row["outcome"], row["pricing_model_after"]) == ("created", "ppa")
        assert codes(row) == ["switched_before_first_period"]

    def test_tell_of_a_period_without_a_price(self) -> None:
        row = row_of(SAMPLE.replay("signups-2022-01-01", END), "signup-enterprise-price-later")
        assert codes(row) == ["not_billed_on_charge_date"]
        assert row["after"]["billing_date"] == "2024-06-01"

    def test_leave_out_who_was_gone_before_it_was_announced(self) -> None:
        told = Told(
            [
                *PROGRAMME,
                created("gone", "2024-01-01", partner_id="acme"),
                created("here", "2024-01-01", partner_id="acme"),
                line("LicenseCancelled", "2024-04-01", license_id="gone"),
                cutover("c", "2024-05-01", "2024-06-01"),
            ]
        )
        assert [row["license_id"] for row in told.replay("c", at("2024-07-01")).rows] == ["here"]


class TestCutoverOnCreation:
    def test_is_about_licences_created_on_or_after_its_day(self) -> None:
        replay = SAMPLE.replay(PARTNER_APP, END)
        assert [(row["license_id"], row["outcome"]) for row in replay.rows] == [
            ("acme-created-10-june", "created"),
            ("borealis-created-11-august", "created"),
            ("cobalt-tokyo-10-june", "created"),
        ]
        # under pay-per-seat two ChatBots had cost 98.00 less 19.60 on 24 June; one user costs 49.00 less 9.80
        row = row_of(replay, "acme-created-10-june")
        assert (row["pricing_model_before"], row["before"], row["difference"]) == ("pps", None, None)
        assert row["saves"] == {"total": 7840 - 3920, "chatbot_seats": 7840}


class TestKnownAt:
    def test_shows_the_cutover_as_it_was_known_then(self) -> None:
        known = SAMPLE.replay(RESELLERS, END, known_at=at("2024-08-01"))
        # the switch that shields and the cancellation were recorded later
        assert row_of(known, "cobalt-shielded")["pricing_model_after"] == "ppu"
        assert row_of(known, "cobalt-cancelled-before-charge")["outcome"] == "switched"

    def test_shows_the_plan_before_the_day(self) -> None:
        replay = SAMPLE.replay(RESELLERS, at("2024-08-01"))
        assert set(replay.outcomes) == {"upcoming", "not_switched"}
        assert all(row["after"] is None for row in replay.rows if row["outcome"] == "upcoming")

    def test_refuses_a_cutover_that_was_not_announced_yet(self) -> None:
        with pytest.raises(CutoverNotFound, match="resellers-2024-08-11") as refusal:
            SAMPLE.replay(RESELLERS, END, known_at=at("2024-07-02T08:59:59"))
        assert refusal.value.exit_code == 3

    def test_leaves_a_replay_at_a_fixed_known_at_alone_whatever_comes_later(self) -> None:
        upto = [line for line in SAMPLE.lines if line["recorded_at"] < "2024-09-01"]
        known_at = at("2024-08-31T23:59:59")
        replays = [told.replay(RESELLERS, END, known_at) for told in (SAMPLE, Told(upto))]
        assert replays[0].lines == replays[1].lines


class TestTotals:
    def test_add_up_the_switched_by_currency(self, resellers: CutoverReplay) -> None:
        for total in resellers.totals.to_dicts():
            rows = [r for r in resellers.rows if r["currency"] == total["currency"]]
            compared = [r for r in rows if r["outcome"] == "switched" and r["difference"]]
            assert (total["licenses"], total["compared"]) == (len(rows), len(compared))
            assert total["before"] == sum(r["before"]["total"] for r in compared)
            assert total["difference"]["chatbot_seats"] == sum(
                r["difference"]["chatbot_seats"] for r in compared
            )
            assert total["saves"]["total"] == sum(r["saves"]["total"] for r in rows if r["saves"])

    def test_count_outcomes_and_exceptions(self, resellers: CutoverReplay) -> None:
        assert resellers.outcomes == {"switched": 26, "upcoming": 2, "not_switched": 5}
        assert resellers.exceptions["notice_late"] == 2
        assert "overruled" not in resellers.exceptions


class TestLines:
    def test_say_what_the_rows_say(self, resellers: CutoverReplay) -> None:
        assert [json.loads(line) for line in resellers.lines] == resellers.rows
        assert [row["license_id"] for row in resellers.rows] == sorted(
            r["license_id"] for r in resellers.rows
        )

    def test_make_the_digest(self, resellers: CutoverReplay) -> None:
        assert resellers.digest == SAMPLE.replay(RESELLERS, END).digest
        assert resellers.digest != SAMPLE.replay(RESELLERS, at("2024-08-20")).digest

    def test_are_none_for_a_cutover_of_nobody(self) -> None:
        replay = Told([*PROGRAMME, cutover("c", "2024-05-01", "2024-06-01")]).replay("c", at("2024-07-01"))
        assert (replay.lines, replay.totals.height, replay.outcomes, replay.exceptions) == ([], 0, {}, {})

    def test_fit_into_one_json_object(self, resellers: CutoverReplay) -> None:
        whole = json.loads(json.dumps(resellers.as_dict()))
        assert whole["applies_to"] == {"programme": "solution"}
        assert whole["announced_at"] == "2024-07-02T09:00:00.000000Z"
        assert (whole["licenses"], whole["digest"]) == (resellers.rows, resellers.digest)


SIGNUPS = {"source": "signup"}
_NUMBERS = iter(range(10_000))


def line(event_type: str, effective: str, recorded: str | None = None, **fields: Any) -> dict[str, Any]:
    times = {"effective_at": f"{effective}T00:00:00Z", "recorded_at": f"{recorded or effective}T00:00:00Z"}
    return {"type": event_type, "id": f"e{next(_NUMBERS)}", "actor": "system", **fields, **times}


def price(effective: str, unit_amount: int) -> dict[str, Any]:
    key = {"plan": "starter", "billing_cycle": "monthly", "currency": "USD"}
    return line("PricePublished", effective, recorded="2021-01-01", unit_amount=unit_amount, **key)


def created(license_id: str, on: str, **fields: Any) -> dict[str, Any]:
    terms = {"source": "signup", "plan": "starter", "billing_cycle": "monthly", "payer": "client"}
    return line("LicenseCreated", on, license_id=license_id, **terms | fields)


def agent(license_id: str, on: str, agent_id: str) -> dict[str, Any]:
    return line("AgentCreated", on, license_id=license_id, agent_id=agent_id, role="agent")


def bot(license_id: str, on: str, bot_id: str, recorded: str | None = None) -> dict[str, Any]:
    return line("ChatBotAdded", on, recorded, license_id=license_id, bot_id=bot_id)


def cutover(cutover_id: str, announced: str, on: str, **fields: Any) -> dict[str, Any]:
    terms = {
        "applies_to": {"programme": "solution"},
        "takes_effect": "on_billing_date",
        "pricing_model": "ppu",
    }
    return line("CutoverAnnounced", announced, cutover_id=cutover_id, on=on, **terms | fields)


PROGRAMME = [
    price("2021-01-01", 2400),
    line("PartnerRegistered", "2021-01-01", partner_id="acme", programme="solution"),
]

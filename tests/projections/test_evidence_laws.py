"""Who is behind a count, a peak, a rise and an adjustment: as many, and as much, as was billed."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.projections.bridges import STEPS, bridge
from ledger.projections.invoices import Billed, Invoices, assembled, billed
from ledger.projections.key_parts import KeyPart
from ledger.projections.late_effects import MOST_CUTS, late_effects
from ledger.projections.standing import standing
from ledger.rules.instants import to_us
from ledger.rules.money import RATE_SCALE, round_half_away
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import Asked
from tests.projections.told import Told
from tests.second_opinion.story import at

few = settings(max_examples=FEWER_EXAMPLES)


def made(asked: Asked) -> tuple[Billed, Invoices, KeyPart]:
    """Bill a history and take all of its keys apart."""
    of = billed(asked.history, asked.as_of_us)
    part = KeyPart.of(asked.history, of, of.known.keys["key"].to_list())
    return of, assembled(asked.history, of), part


def asked_of(case: Drawn) -> Asked:
    [(as_of, known_at)] = case.questions
    return case.log.at(as_of, known_at)


def recurring(of: Billed, part: KeyPart) -> pl.DataFrame:
    """Give the dates with a recurring line of their own: key, n, at_us (of the peak), model, quantity."""
    chosen = of.own.dates.filter((pl.col("n") >= pl.col("start_of_key")) & pl.col("recurring").is_not_null())
    period = chosen["period"]
    by_seat = pl.col("model") == "pps"
    return (
        chosen.with_columns(of.own.periods["model"].gather(period), of.own.periods["quantity"].gather(period))
        .join(part.peaks(), on=["key", "n"], how="left", maintain_order="left")
        .select(
            "key",
            "model",
            "quantity",
            ask=pl.int_range(pl.len()),
            at_us=pl.when(by_seat).then(pl.coalesce("peak_us", "at_us")).otherwise("at_us"),
        )
    )


class TestStanding:
    @few
    @given(drawn(most=1))
    def test_counts_as_many_as_every_recurring_line_charges(self, case: Drawn) -> None:
        of, _, part = made(asked_of(case))
        asks = recurring(of, part)
        counted = standing(part.facts, asks).group_by("ask").agg(count=pl.col("counted").sum())
        found = asks.join(counted, on="ask", how="left", maintain_order="left")["count"].fill_null(0)
        assert found.to_list() == asks["quantity"].to_list()


class TestPeaks:
    @few
    @given(drawn(most=1))
    def test_are_the_highest_counts_of_the_months(self, case: Drawn) -> None:
        of, _, part = made(asked_of(case))
        dates = of.own.dates.select("key", "n", "peak", "at_us")
        joined = dates.join(part.peaks(), on=["key", "n"], how="left", maintain_order="left", suffix="_found")
        assert joined["peak"].to_list() == joined["peak_found"].fill_null(0).to_list()
        within = joined.filter(pl.col("peak_us").is_not_null())
        assert within.filter(pl.col("peak_us") > pl.col("at_us")).is_empty()
        assert within.filter(pl.col("since_us") > pl.col("peak_us")).is_empty()
        assert within.filter(pl.col("until_us") <= pl.col("peak_us")).is_empty()

    def test_name_the_first_instant_and_the_end(self) -> None:
        told = Told().price(100).licence("pps").agent("ann", "2024-03-11").agent("bob", "2024-03-11")
        told.seat("ann", "2024-03-12T09:00:00Z", "2024-03-12T10:00:00Z")
        told.seat("ann", "2024-03-20T09:00:00Z").seat("bob", "2024-03-20T11:00:00Z", "2024-03-20T12:00:00Z")
        told.seat("bob", "2024-03-21T11:00:00Z", "2024-03-21T13:00:00Z")
        _, _, part = made(told.at("2024-04-15"))
        [peak] = part.peaks().to_dicts()
        assert (peak["peak"], peak["n"]) == (2, 0)
        assert (peak["peak_us"], peak["until_us"]) == (us("2024-03-20T11:00:00"), us("2024-03-20T12:00:00"))

    def test_of_a_month_that_begins_with_it_reach_back_to_when_it_was_reached(self) -> None:
        told = Told().price(100).licence("pps").fact("ChatBotAdded", "2024-03-15", bot_id="bot")
        _, _, part = made(told.at("2024-05-15"))
        second = part.peaks().row(1, named=True)
        assert second["peak_us"] == us("2024-04-01T00:00:00")
        assert second["since_us"] == us("2024-03-15T00:00:00")
        assert second["until_us"] is None


class TestRises:
    @few
    @given(drawn(most=1))
    def test_above_the_mark_are_what_true_ups_charge(self, case: Drawn) -> None:
        asked = asked_of(case)
        of, _, part = made(asked)
        by_count = of.own.periods["model"].gather(of.own.true_ups["period"]) != "pps"
        charged = of.own.true_ups.filter(by_count).select("date", "day", "quantity")
        above = part.rises(asked.history).group_by("date", "day").agg(quantity=pl.col("above").sum())
        found = above.filter(pl.col("quantity") > 0).sort("date", "day")
        assert found.rows() == charged.select(found.columns).sort("date", "day").rows()


class TestLateEffects:
    @few
    @given(drawn(most=1))
    def test_add_up_to_every_adjustment(self, case: Drawn) -> None:
        asked = asked_of(case)
        of, invoices, _ = made(asked)
        ids = {name: row for row, name in enumerate(asked.history.licenses["license_id"])}
        first = dict(of.known.keys.group_by("license").agg(pl.col("start_n").min()).iter_rows())
        n_of = {
            (license_, day): n for license_, day, n in of.own.dates.select("license", "day", "n").iter_rows()
        }
        lines = invoices.lines.filter(pl.col("kind") == "adjustment").select(
            "license_id", pl.col("billing_date").cast(pl.Int32), pl.col("date").cast(pl.Int32), "amount"
        )
        due = {
            (ids[name], n_of[ids[name], on], day): amount
            for name, on, day, amount in lines.iter_rows()
            if n_of[ids[name], on] > first[ids[name]]
        }
        adjusting = [(license_, n) for license_, n, _ in due] or [(0, 1 << 12)]
        keys = pl.DataFrame(adjusting, schema={"license": pl.Int32, "n": pl.Int32}, orient="row").unique()
        found: dict[tuple[int, int, int], int] = {}
        for license_, n, day, amount, positions in late_effects(asked.history, of, keys).iter_rows():
            assert positions == sorted(positions)
            found[license_, n, day] = found.get((license_, n, day), 0) + amount
        assert {key: amount for key, amount in found.items() if amount} == due

    def test_share_a_knowledge_with_their_neighbours_where_there_are_very_many(self) -> None:
        told = Told().price(100).licence("ppu").agent("owner", "2024-03-11")
        for number in range(MOST_CUTS + 10):
            told.agent(f"late-{number}", "2024-03-20", "2024-04-20")
        asked = told.at("2024-05-15")
        of, _, _ = made(asked)
        adjusting = pl.DataFrame({"license": [0], "n": [1]}, schema={"license": pl.Int32, "n": pl.Int32})
        found = late_effects(asked.history, of, adjusting)
        assert found["amount"].sum() == 100 * (MOST_CUTS + 10)
        assert found.height == MOST_CUTS
        assert found["positions"].explode().len() == MOST_CUTS + 10


def invoice_total(row: dict[str, Any], mark: str) -> int:
    """Add up one side of a pair, in plain numbers."""
    recurring = row[f"recurring{mark}"]
    gross = recurring + row[f"true_ups{mark}"]
    discount: int = round_half_away(gross * row[f"rate{mark}"], RATE_SCALE)
    total: int = gross - discount + row[f"adjustments{mark}"]
    return total


@st.composite
def pairs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw two invoices and what lies between them."""
    count, price = st.integers(0, 2_000), st.integers(0, 10**7)
    row: dict[str, Any] = {"recurs": draw(st.booleans()), "quantity_as": draw(count)}
    for mark in ("_before", ""):
        row |= {f"quantity{mark}": draw(count), f"unit_amount{mark}": draw(price)}
        bills = row["recurs"] or draw(st.booleans())
        row[f"recurring{mark}"] = row[f"quantity{mark}"] * row[f"unit_amount{mark}"] if bills else 0
        row[f"rate{mark}"] = draw(st.sampled_from([0, RATE_SCALE // 3, RATE_SCALE // 8, RATE_SCALE]))
        row |= {f"true_ups{mark}": draw(price), f"adjustments{mark}": draw(st.integers(-(10**7), 10**7))}
    return row | {"unit_amount_listed": draw(price), "unit_amount_planned": draw(st.none() | price)}


class TestTheBridge:
    @given(st.lists(pairs(), min_size=1, max_size=5))
    def test_adds_up_to_the_difference_whatever_the_rates_and_prices(
        self, rows: list[dict[str, Any]]
    ) -> None:
        schema = {name: pl.Boolean() if name == "recurs" else pl.Int64() for name in rows[0]}
        found = bridge(pl.DataFrame(rows, schema=schema))
        assert found.columns == list(STEPS)
        differences = [invoice_total(row, "") - invoice_total(row, "_before") for row in rows]
        assert found.sum_horizontal().to_list() == differences

    def test_replaces_one_factor_after_the_other(self) -> None:
        row = {
            "recurs": True, "quantity_before": 6, "quantity_as": 2, "quantity": 3, "unit_amount_before": 4900,
            "unit_amount_listed": 5000, "unit_amount_planned": 6900, "unit_amount": 70800, "rate_before": 0,
            "rate": RATE_SCALE // 8, "recurring_before": 29400, "recurring": 212400, "true_ups_before": 100,
            "true_ups": 0, "adjustments_before": 0, "adjustments": -5,
        }  # fmt: skip
        [found] = bridge(pl.DataFrame([row])).to_dicts()
        assert found == {
            "pricing_model": -19600,  # (2 - 6) x 49.00
            "quantity": 4900,  # (3 - 2) x 49.00
            "unit_amount": 300,  # 3 x (50.00 - 49.00)
            "plan": 5700,  # 3 x (69.00 - 50.00)
            "billing_cycle": 191700,  # 3 x (708.00 - 69.00)
            "period": 0,
            "true_ups_before": -100,
            "true_ups": 0,
            "discount": 0,  # at the rate before, which was 0
            "discount_rate": -26550,  # 12.5 % of 2,124.00
            "adjustments_before": 0,
            "adjustments": -5,
        }


def us(text: str) -> int:
    return to_us(at(f"{text}Z"))

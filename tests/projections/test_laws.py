"""What holds of every answer, whatever the history: no second opinion is needed to see it broken."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events.facts import Fact
from ledger.rules.instants import FIRST_YEAR, to_us
from tests.projections.drawn import ASKS, FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import FramedLog, Row, framed
from tests.second_opinion.histories import telling_instants
from tests.second_opinion.licences import licences_in
from tests.second_opinion.words import log_of

few = settings(max_examples=FEWER_EXAMPLES)


def billed_by_date(invoices: Iterable[Row]) -> dict[tuple[str, str], int]:
    """Add up, for each licence and billing date, the own lines and the adjustments that speak of it."""
    billed: Counter[tuple[str, str]] = Counter()
    for row in invoices:
        for line in row["lines"]:
            billed[row["license_id"], line.get("billing_date") or row["billing_date"]] += line["amount"]
    return {date: amount for date, amount in billed.items() if amount}


def recorded_at_once(log: FramedLog) -> FramedLog:
    """Tell the same facts as if all had been recorded before any took effect, and nothing been issued."""
    long_ago = pl.lit(to_us(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)), pl.Int64)
    rows = log.rows.filter(pl.col("fact") != Fact.INVOICE_ISSUED).with_columns(recorded_us=long_ago)
    return replace(log, rows=rows)


class TestAnyAnswer:
    @few
    @given(st.data())
    def test_depends_neither_on_the_order_of_rows_nor_on_gaps(self, data: st.DataObject) -> None:
        of, seed = data.draw(drawn(most=1)), data.draw(st.integers(0, 2**16))
        [(as_of, known_at)] = of.questions
        plain = framed(of.lines).at(as_of, known_at)
        disordered = framed(of.lines, spaced_by=seed).shuffled(seed).at(as_of, known_at)
        for ask in ASKS:
            assert plain.lines(ask) == disordered.lines(ask)
        assert plain.missing_prices() == disordered.missing_prices()

    @few
    @given(st.data())
    def test_is_the_same_from_an_archives_partition(self, data: st.DataObject) -> None:
        of = data.draw(drawn(most=1))
        [(as_of, known_at)] = of.questions
        order = ["license_id", "subject", "effective_us", "position"]
        ordered = replace(of.log, rows=of.log.rows.sort(order))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.projections.accounts._MANY", 0)
            asked = [log.at(as_of, known_at) for log in (ordered, of.log.shuffled(1))]
        for ask in ASKS:
            assert of.log.at(as_of, known_at).lines(ask) == asked[0].lines(ask) == asked[1].lines(ask)

    @few
    @given(st.data())
    def test_never_changes_by_what_is_recorded_after_known_at(self, data: st.DataObject) -> None:
        of = data.draw(drawn(most=1))
        [(as_of, known_at)] = of.questions
        known = log_of(of.lines).cut_at(known_at or as_of)
        later = data.draw(st.integers(known, len(of.lines)))
        first, then = (
            replace(of.log, rows=of.log.rows.filter(pl.col("position") <= last))
            for last in (_position(of, known), _position(of, later))
        )
        for ask in ASKS:
            assert first.at(as_of, known_at).lines(ask) == then.at(as_of, known_at).lines(ask)


def _position(of: Drawn, count: int) -> int:
    """Return the position of the history's line number `count`, 0 for none."""
    return of.log.positions[of.lines[count - 1]["id"]] if count else 0


class TestABatch:
    @few
    @given(drawn(most=1))
    def test_answers_as_its_licences_do_one_by_one(self, of: Drawn) -> None:
        alone = {license_id: of.log.only(license_id) for license_id in of.license_ids}
        for as_of, known_at in of.questions:
            asked = of.log.at(as_of, known_at)
            apart = [log.at(as_of, known_at) for _, log in sorted(alone.items())]
            for ask in ASKS:
                assert asked.lines(ask) == [line for one in apart for line in one.lines(ask)]
            assert asked.missing_prices() == [row for one in apart for row in one.missing_prices()]
            clashing = [position for one in apart for position in one.clashing_positions()]
            assert asked.clashing_positions() == sorted(clashing)


class TestInvoices:
    @few
    @given(drawn(most=1))
    def test_come_to_the_same_money_in_the_end_however_late_things_were_recorded(self, of: Drawn) -> None:
        last = telling_instants(of.lines)[-1]
        for licence in licences_in(log_of(of.lines), len(of.lines)):
            # the last invoice that has come knows everything recorded by its own instant, which is asked at
            n = next(n for n in range(1000) if licence.instant(n + 1) > last)
            as_of = licence.instant(n)
            log = of.log.only(licence.license_id)
            known = replace(log, rows=log.rows.filter(pl.col("recorded_us") <= to_us(as_of)))
            late, on_time = (one.ask("invoices", as_of) for one in (known, recorded_at_once(known)))
            assert billed_by_date(late) == billed_by_date(on_time)
            assert not any(line["kind"] == "adjustment" for row in on_time for line in row["lines"])

    @few
    @given(drawn())
    def test_are_the_sum_of_their_lines_and_never_charge_more_than_whole_periods(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            for row in of.log.ask("invoices", as_of, known_at):
                lines = row["lines"]
                assert row["total"] == sum(line["amount"] for line in lines)
                kinds = [line["kind"] for line in lines]
                assert kinds == sorted(kinds, key=["recurring", "true_up", "discount", "adjustment"].index)
                assert all(line["amount"] for line in lines if line["kind"] in ("discount", "adjustment"))
                assert kinds.count("recurring") == (row["period_start"] is not None) <= 1
                for line in lines:
                    if line["kind"] == "true_up":
                        assert 0 <= line["amount"] <= line["quantity"] * line["unit_amount"]
                        assert 1 <= line["remaining_days"] <= line["period_days"]
                        assert line["quantity"] >= 1
                        assert line["date"] <= row["billing_date"]

    @few
    @given(st.data())
    def test_of_dates_that_have_come_stay_as_time_goes_by(self, data: st.DataObject) -> None:
        of = data.draw(drawn(most=1))
        [(as_of, known_at)] = of.questions
        ahead = as_of + data.draw(st.timedeltas(timedelta(0), timedelta(days=400)))
        knowing = known_at or as_of
        now, later = (of.log.ask("invoices", asked, knowing) for asked in (as_of, ahead))
        key = {(row["license_id"], row["billing_date"]) for row in now}
        assert [row for row in later if (row["license_id"], row["billing_date"]) in key] == now
        instants = {licence.license_id: licence for licence in licences_in(log_of(of.lines), len(of.lines))}
        for row in later:
            licence = instants[row["license_id"]]
            months = [n for n in range(1000) if licence.date(n).isoformat() == row["billing_date"]]
            assert (licence.instant(months[0]) <= as_of) == ((row["license_id"], row["billing_date"]) in key)


class TestSeats:
    @few
    @given(drawn())
    def test_counts_are_made_of_their_facts(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            for row in of.log.ask("seats", as_of, known_at):
                active, suspended, bots, seats = (
                    row[name] for name in ("agents_active", "agents_suspended", "chatbots", "seats_in_use")
                )
                assert min(active, suspended, bots, seats) >= 0
                assert seats <= active
                assert (row["ppu"], row["ppa"], row["pps"]) in (
                    (active, active + suspended + bots, seats + bots),
                    (0, 0, 0),
                )

    @few
    @given(drawn())
    def test_depend_on_nothing_that_is_effective_later(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            earlier = replace(of.log, rows=of.log.rows.filter(pl.col("effective_us") <= to_us(as_of)))
            assert of.log.ask("seats", as_of, known_at) == earlier.ask("seats", as_of, known_at)


class TestNotices:
    @few
    @given(st.data())
    def test_differ_in_nothing_but_their_states_as_time_goes_by(self, data: st.DataObject) -> None:
        of = data.draw(drawn(most=1))
        [(as_of, known_at)] = of.questions
        ahead = as_of + data.draw(st.timedeltas(timedelta(0), timedelta(days=400)))
        now, later = (of.log.ask("notices", asked, known_at or as_of) for asked in (as_of, ahead))
        order = ("scheduled", "due", "showing", "missed", "ended").index
        for before, after in zip(now, later, strict=True):
            assert before | {"state": after["state"]} == after
            assert before["state"] == after["state"] or order(before["state"]) < order(after["state"])

    @few
    @given(drawn())
    def test_come_in_all_channels_for_one_charge_date_and_as_sent_for_the_others(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            rows = of.log.ask("notices", as_of, known_at)
            dates: dict[tuple[str, str], dict[str, list[str]]] = {}
            for row in rows:
                of_cutover = dates.setdefault((row["license_id"], row["cutover_id"]), {})
                of_cutover.setdefault(row["charge_date"], []).append(row["channel"])
                assert row["pricing_model_before"] != row["pricing_model_after"]
            for of_cutover in dates.values():
                whole = [date for date, channels in of_cutover.items() if "banner" in channels]
                assert len(whole) == 1
                assert of_cutover[whole[0]] == ["banner", "email", "in_app"]
            whole_dates = {
                (row["license_id"], row["cutover_id"], row["charge_date"])
                for row in rows
                if row["channel"] == "banner"
            }
            assert all(
                row["state"] == "sent"
                for row in rows
                if (row["license_id"], row["cutover_id"], row["charge_date"]) not in whole_dates
            )

"""How licences stand at every instant, against the second opinion's periods and the sample programme."""

from datetime import UTC, datetime
from itertools import pairwise, takewhile

import polars as pl
from hypothesis import given, settings

from ledger.projections.license_steps import license_steps
from ledger.projections.notices import charges
from ledger.rules.instants import from_us, to_us
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import framed
from tests.projections.test_golden import sample_lines
from tests.second_opinion.facts import history_of
from tests.second_opinion.licences import licences_in
from tests.second_opinion.periods import periods, pricing_model_of
from tests.second_opinion.words import log_of

PERIODS_LOOKED_AT = 30
SAMPLE_END_US = to_us(datetime(2024, 12, 20, tzinfo=UTC))


def in_force(steps: pl.DataFrame, license_id: str, at_us: int) -> tuple[str, ...]:
    found = steps.filter(
        (pl.col("license_id") == license_id)
        & (pl.col("valid_from_us") <= at_us)
        & (pl.col("valid_to_us") > at_us).fill_null(value=True)
    )
    assert found.height == 1
    return found.select("status", "plan", "billing_cycle", "pricing_model").row(0)


class TestLicenseSteps:
    @settings(max_examples=2 * FEWER_EXAMPLES)
    @given(drawn(most=1))
    def test_have_the_terms_of_the_period_that_runs(self, of: Drawn) -> None:
        as_of, known_at = of.questions[0]
        known = known_at or as_of
        log = log_of(of.lines)
        steps = license_steps(of.log.history(to_us(known)))
        assert set(steps["license_id"]) == {one.license_id for one in licences_in(log, log.cut_at(known))}
        for licence in licences_in(log, log.cut_at(known)):
            facts = history_of(log, licence).facts(log.cut_at(known))
            looked_at = takewhile(lambda period: period.end < PERIODS_LOOKED_AT, periods(facts))
            for period in looked_at:
                if facts.cancelled_by(period.first_at):
                    assert in_force(steps, licence.license_id, to_us(period.first_at))[0] == "cancelled"
                    break
                for at_us in (to_us(period.first_at), to_us(period.end_at) - 1):
                    if facts.cancelled_by(from_us(at_us)):
                        continue
                    assert in_force(steps, licence.license_id, at_us) == (
                        "active",
                        period.plan,
                        period.billing_cycle,
                        pricing_model_of(facts, period),
                    )

    @settings(max_examples=2 * FEWER_EXAMPLES)
    @given(drawn(most=1))
    def test_leave_no_gap_and_differ(self, of: Drawn) -> None:
        as_of, known_at = of.questions[0]
        for rows in license_steps(of.log.history(to_us(known_at or as_of))).partition_by("license_id"):
            assert rows["valid_to_us"].to_list() == [*rows["valid_from_us"].to_list()[1:], None]
            terms = rows.select("status", "plan", "billing_cycle", "pricing_model").rows()
            assert all(one != other for one, other in pairwise(terms))

    def test_announce_what_notices_announce(self) -> None:
        history = framed(sample_lines()).history(SAMPLE_END_US)
        announced = charges(history).select(
            pl.lit(history.licenses["license_id"]).gather("license").alias("license_id"),
            valid_to_us="charge_us",
            pricing_model=pl.col("before").cast(pl.String),
            next_pricing_model=pl.col("after").cast(pl.String),
        )
        steps = license_steps(history).select(announced.columns)
        assert announced.height > 10
        assert announced.join(steps, on=announced.columns, how="anti").is_empty()

    def test_are_none_without_licences(self) -> None:
        assert license_steps(framed([]).history(SAMPLE_END_US)).is_empty()

    def test_of_one_that_ends_as_it_begins_are_its_end(self) -> None:
        at = {
            "license_id": "a",
            "effective_at": "2024-05-01T12:00:00.000000Z",
            "recorded_at": "2024-05-01T12:00:00.000000Z",
            "actor": "system",
        }
        created = {"source": "signup", "plan": "team", "billing_cycle": "monthly", **at}
        lines = [{"type": "LicenseCreated", **created}, {"type": "LicenseCancelled", **at}]
        (row,) = license_steps(framed(lines).history(SAMPLE_END_US)).iter_rows(named=True)
        assert (row["status"], row["plan"], row["valid_to_us"]) == ("cancelled", "team", None)

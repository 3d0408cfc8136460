"""Explanations of the sample programme and of random histories add up, and to what was billed."""

from datetime import datetime

import pytest
from hypothesis import given, settings

from examples.scenarios import write_all
from examples.scenarios.pen import THE_END, instant
from tests.projections.drawn import EXAMPLES, Drawn, drawn
from tests.projections.test_golden import sample_lines
from tests.replay.explaining import Papers, as_row, assert_adds_up, bare
from tests.second_opinion.reading import answer

END = datetime.fromisoformat(instant(THE_END))
LICENSES = sorted(write_all().license_ids)
# A whole run explains every invoice and 200 histories, each with some ten invoices; a quick one a part.
WHOLE = 500
EVERY = 1 if EXAMPLES >= WHOLE else 4
HISTORIES = 200 * EXAMPLES // WHOLE if EXAMPLES >= WHOLE else 6


@pytest.fixture(scope="module")
def sample() -> Papers:
    return Papers(sample_lines())


class TestEveryInvoiceOfTheSampleProgramme:
    @pytest.mark.parametrize("license_id", LICENSES)
    def test_is_explained_to_the_cent(self, sample: Papers, license_id: str) -> None:
        found = list(sample.explain_all(license_id, END, every=EVERY))
        for explanation in found:
            assert_adds_up(explanation)
        billed = sample.log.only(license_id).ask("invoices", END)
        assert [as_row(explanation) for explanation in found] == [bare(row) for row in billed[::-1][::EVERY]]


class TestInvoicesOfRandomHistories:
    @settings(max_examples=HISTORIES)
    @given(drawn(most=1))
    def test_are_explained_to_the_cent(self, of: Drawn) -> None:
        papers = Papers(of.lines, of.log)
        [(as_of, known_at)] = of.questions
        billed = {
            (row["license_id"], row["billing_date"]): bare(row)
            for row in answer(of.lines, "invoices", as_of, known_at)
        }
        for license_id in sorted({license_id for license_id, _ in billed}):
            for explanation in papers.explain_all(license_id, as_of, known_at, every=7):
                assert_adds_up(explanation)
                assert as_row(explanation) == billed[license_id, explanation.billing_date.isoformat()]

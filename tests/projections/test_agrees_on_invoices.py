"""The kernel's invoices on random histories are those of the second opinion."""

from hypothesis import given

from tests.projections.drawn import Drawn, drawn
from tests.second_opinion.reading import answer, faults


class TestInvoices:
    @given(drawn())
    def test_agree_with_the_second_opinion(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            asked = of.log.at(as_of, known_at)
            assert asked.rows("invoices") == answer(of.lines, "invoices", as_of, known_at)
            missing = [
                {name: value for name, value in fault.items() if name != "kind"}
                for fault in faults(of.lines, as_of, known_at)
                if fault["kind"] == "missing_price"
            ]
            assert asked.missing_prices() == missing

"""Asked what was known at the time, the kernel says of random histories what the second opinion says.

Half of the examples are here, the other half in `test_agrees_as_known_later`: two processes share them.
"""

from hypothesis import given, settings

from tests.projections.drawn import EXAMPLES, Drawn, assert_agrees, drawn


class TestAsKnownThen:
    @settings(max_examples=EXAMPLES // 2)
    @given(drawn())
    def test_the_kernel_agrees_with_the_second_opinion(self, of: Drawn) -> None:
        assert_agrees(of, [(as_of, None) for as_of, _ in of.questions])

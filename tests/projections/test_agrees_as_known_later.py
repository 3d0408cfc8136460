"""Asked at any pair of times, the kernel says of random histories what the second opinion says."""

from hypothesis import given, settings

from tests.projections.drawn import EXAMPLES, Drawn, assert_agrees, drawn


class TestAsKnownLater:
    @settings(max_examples=EXAMPLES - EXAMPLES // 2)
    @given(drawn())
    def test_the_kernel_agrees_with_the_second_opinion(self, of: Drawn) -> None:
        assert_agrees(of, of.questions)

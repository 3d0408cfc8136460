"""Names noted in little memory: forgetting one is what must never happen."""

from ledger.application.marked_names import MarkedNames


class TestMarkedNames:
    def test_never_forget_one(self) -> None:
        names = [f"license/{number}" for number in range(1_000)]
        marked = MarkedNames()
        assert marked.perhaps(names) == []
        marked.mark(names[:500])
        marked.mark(names[500:])
        assert marked.perhaps(names) == names

    def test_hardly_ever_mistake_another_one_for_theirs(self) -> None:
        marked = MarkedNames()
        marked.mark(f"old/{number}" for number in range(1_000))
        assert len(marked.perhaps(f"new/{number}" for number in range(1_000))) < 10

"""A note of very many names in little memory, which answers "never seen" or "perhaps"."""

from collections.abc import Iterable

# One byte for each: behind a million names 3 % of the others are mistaken for one of them, behind ten 26 %.
_PLACES = 2**25
_MASK = _PLACES - 1


class MarkedNames:
    """Names that were marked; asked for another one it may say perhaps, for a marked one never no.

    Takes 32 MiB as soon as a name is marked, however many follow.
    """

    def __init__(self) -> None:
        self._marks: bytearray | None = None

    def mark(self, names: Iterable[str]) -> None:
        """Take note of names."""
        if self._marks is None:
            self._marks = bytearray(_PLACES)
        marks, mask = self._marks, _MASK
        for name in names:
            marks[hash(name) & mask] = 1

    def perhaps(self, names: Iterable[str]) -> list[str]:
        """Return those of the names that may have been marked, in their order."""
        marks, mask = self._marks, _MASK
        return [] if marks is None else [name for name in names if marks[hash(name) & mask]]

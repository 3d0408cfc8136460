"""Put lines in the order of recording without ever holding all of them.

Time is cut into equal stretches. A line goes to the stretch in which it was recorded; stretches that nobody
will add to any more are sorted and written out, the others wait in files of a temporary folder.
"""

from pathlib import Path
from typing import BinaryIO

KEY_WIDTH = 16 + 9 + 6
LINES_IN_MEMORY = 150_000
LINES_PER_BUCKET = 60_000
MOST_BUCKETS = 1_000


def sort_key(recorded_us: int, story: int, place: int) -> str:
    """Write (recorded_us, story, place in it) so that text order is their order; KEY_WIDTH characters."""
    return f"{recorded_us:016d}{story:09d}{place:06d}"


class Buckets:
    """Collect keyed lines by time and write them out in order, one stretch after the other."""

    def __init__(self, folder: Path, begin_us: int, end_us: int, expected_lines: int) -> None:
        self._folder = folder
        self._begin_us = begin_us
        count = min(MOST_BUCKETS, expected_lines // LINES_PER_BUCKET + 1)
        self._width_us = (end_us - begin_us) // count + 1
        self._held: list[list[str]] = [[] for _ in range(count)]
        self._spilled = [False] * count
        self._held_lines = 0
        self._next = 0

    def add(self, keyed: list[tuple[int, str]]) -> None:
        """Take lines as (recorded_us, key and line); the stretch of each must not have been written yet."""
        held, begin_us, width_us = self._held, self._begin_us, self._width_us
        for recorded_us, line in keyed:
            held[(recorded_us - begin_us) // width_us].append(line)
        self._held_lines += len(keyed)
        if self._held_lines > LINES_IN_MEMORY:
            self._spill()

    def write_before(self, instant_us: int, out: BinaryIO) -> int:
        """Write every stretch that ends at or before the instant; give the number of lines written."""
        written = 0
        while (
            self._next < len(self._held) and self._begin_us + (self._next + 1) * self._width_us <= instant_us
        ):
            written += self._write_next(out)
        return written

    def write_rest(self, out: BinaryIO) -> int:
        """Write every stretch that is left; give the number of lines written."""
        written = 0
        while self._next < len(self._held):
            written += self._write_next(out)
        return written

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}"

    def _spill(self) -> None:
        for number in range(self._next, len(self._held)):
            lines = self._held[number]
            if lines:
                with self._path(number).open("ab") as file:
                    file.write(("\n".join(lines) + "\n").encode("ascii"))
                self._spilled[number] = True
                self._held[number] = []
        self._held_lines = 0

    def _write_next(self, out: BinaryIO) -> int:
        number = self._next
        self._next += 1
        lines = self._held[number]
        self._held[number] = []
        self._held_lines -= len(lines)
        if self._spilled[number]:
            path = self._path(number)
            lines += path.read_bytes().decode("ascii").splitlines()
            path.unlink()
        lines.sort()
        if lines:
            out.write(("\n".join([line[KEY_WIDTH:] for line in lines]) + "\n").encode("ascii"))
        return len(lines)

"""What an import learns of a history file while it is read: its lines, and those from the future."""

import re
from datetime import datetime, timedelta
from typing import BinaryIO

from ledger.rules.instants import BadInstant, parse_instant

_RECORDED_AT = re.compile(rb'"recorded_at"\s*:\s*"(\d{4}-\d\d-\d\d[^"\\]{1,30})"')
_COMPACT = b'"recorded_at":"'
_DAY_LENGTH = len("2024-08-11")
# no zone is further from UTC
_WIDEST_OFFSET = timedelta(days=1)


class CountedLines:
    """A file read line by line that knows how many lines it gave, and which were recorded after `clock`."""

    def __init__(self, source: BinaryIO, clock: datetime) -> None:
        self._source = source
        self._is_within = False
        # days compare as text: only lines near the clock or behind it are looked at closely
        self._from_day = (clock - _WIDEST_OFFSET).date().isoformat().encode()
        self.clock = clock
        self.count = 0
        self.later = 0
        self.first_later: int | None = None

    def readline(self, limit: int = -1) -> bytes:
        """Return the next line, or a part of it if it is longer than the limit."""
        line = self._source.readline(limit)
        if not line:
            return line
        self.count += not self._is_within
        self._is_within = not line.endswith(b"\n")
        day = line.find(_COMPACT) + len(_COMPACT)
        # nearly all lines are written like this, and the days of nearly all have passed
        if day < len(_COMPACT) or line[day : day + _DAY_LENGTH] >= self._from_day:
            self._look_closely(line)
        return line

    def _look_closely(self, line: bytes) -> None:
        found = _RECORDED_AT.search(line)
        if found is not None and found[1] >= self._from_day and self._is_later(found[1]):
            self.later += 1
            if self.first_later is None:
                self.first_later = self.count

    def _is_later(self, text: bytes) -> bool:
        try:
            return parse_instant(text.decode()) > self.clock
        except (BadInstant, UnicodeDecodeError):
            # the import refuses the line
            return False

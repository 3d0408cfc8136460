"""A history file taken apart into lines, in bounded memory, with what is wrong before any line is read."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from ledger.events.refusals import BadLine

MAX_LINE_BYTES = 1024 * 1024
LINES_AT_ONCE = 2_000
_BOM = b"\xef\xbb\xbf"
_SHOWN_BYTES = 200

Progress = Callable[[int], None]


class BlankLine(BadLine):
    """Raised for a line without anything in it that is not the file's last."""

    code = "blank_line"
    template = "The line is blank."
    hint = "Take it out; only the end of the file may be empty."


class ByteOrderMark(BadLine):
    """Raised for a file that begins with the mark that some editors put there."""

    code = "byte_order_mark"
    template = "The file begins with a byte order mark, EF BB BF."
    hint = "Save the file as UTF-8 without a byte order mark."


class LineTooLong(BadLine):
    """Raised for a line that no event can be so long for."""

    code = "line_too_long"
    template = f"The line is longer than {MAX_LINE_BYTES} bytes."
    hint = "Check that each event stands on a line of its own."


class FileCutOff(BadLine):
    """Raised for a last line that ends in the middle."""

    code = "file_cut_off"
    template = "The file ends in the middle of this line: {reason}."
    hint = "The file was cut off, in a transfer perhaps; get it again whole."


class Line(NamedTuple):
    """A line of the file: its number from 1, its bytes without the line end, and what is wrong as such."""

    number: int
    text: bytes
    fault: BadLine | None = None
    is_ended: bool = True


class Batch(NamedTuple):
    """Some lines that follow one another, as they were read: `first` is the number of the first one.

    `lengths` has the true length of those of which only a beginning was kept, by their place.
    """

    first: int
    raw: list[bytes]
    lengths: dict[int, int]

    def line(self, place: int) -> Line:
        """Return one line and what is wrong with it as such."""
        raw = self.raw[place]
        return _line(self.first + place, raw, self.lengths.get(place, len(raw)))

    def lines(self) -> Iterator[Line]:
        """Yield all lines."""
        return map(self.line, range(len(self.raw)))


def batches_of_lines(source: BinaryIO, progress: Progress | None = None) -> Iterator[Batch]:
    """Yield the file's lines, some thousands at a time; a final empty line is left out.

    `progress` is called with the number of bytes read so far. Reads one batch ahead of nothing: what is in
    memory is one batch, of lines of at most MAX_LINE_BYTES.
    """
    batch = Batch(1, [], {})
    byte_count = batch_bytes = 0
    blank: bytes | None = None
    limit = MAX_LINE_BYTES + 3
    while raw := source.readline(limit):
        length = len(raw) if len(raw) < limit else _whole_length(raw, source)
        batch_bytes += length
        if blank is not None:
            batch.raw.append(blank)
            blank = None
        if length > len(raw):
            batch.lengths[len(batch.raw)] = length
        elif raw.isspace():
            blank = raw
        if blank is None:
            batch.raw.append(raw)
        if len(batch.raw) >= LINES_AT_ONCE or batch_bytes >= 4 * MAX_LINE_BYTES:
            yield batch
            byte_count, batch_bytes = byte_count + batch_bytes, 0
            batch = Batch(batch.first + len(batch.raw), [], {})
            if progress is not None:
                progress(byte_count)
    yield batch
    if progress is not None:
        progress(byte_count + batch_bytes)


def _whole_length(beginning: bytes, source: BinaryIO) -> int:
    """Return the length of a line of which a beginning was read, and leave the rest of it behind."""
    length = len(beginning)
    if not beginning.endswith(b"\n"):
        while more := source.readline(len(beginning)):
            length += len(more)
            if more.endswith(b"\n"):
                break
    return length


def _line(number: int, raw: bytes, length: int) -> Line:
    text = raw.rstrip(b"\r\n")
    if not text or text.isspace():
        return Line(number, text, BlankLine(field="line", value=None, reason="it is blank"))
    if length > len(raw) or len(text) > MAX_LINE_BYTES:
        shown = text[:_SHOWN_BYTES]
        return Line(number, shown, LineTooLong(field="line", value=None, reason=f"it has {length} bytes"))
    if number == 1 and text.startswith(_BOM):
        return Line(number, text, ByteOrderMark(field="line", value=None, reason="it begins with EF BB BF"))
    return Line(number, text, None, raw.endswith(b"\n"))

"""Tables as files: CSV whose cells no spreadsheet takes for a formula."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO

from fastapi.responses import StreamingResponse

# What a spreadsheet begins a formula with, and what it strips before it looks.
_BEGINS_FORMULA = (
    *"=+-@\t\r\n",
    *"\uff1d\uff0b\uff0d\uff20",
)  # the last four are the wide forms of the first


def safe_text(value: str) -> str:
    """Return text that is shown as it is: one that begins like a formula gets an apostrophe before it."""
    return f"'{value}" if value.lstrip(" ").startswith(_BEGINS_FORMULA) else value


def csv_file(columns: Iterable[str], rows: Iterable[Mapping[str, object]], name: str) -> StreamingResponse:
    """Return rows as a CSV file; texts are made safe, numbers and dates stay as they are."""
    return StreamingResponse(
        _lines(list(columns), rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(columns: list[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else value

"""What the three questions share: asking, the formats for programs, data faults and the digest."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.failures import FAILED
from desk.cli.options import Format
from desk.cli.screen import data_out, err_console, write_lines
from desk.cli.settings import open_to_ask, settings_of
from desk.words import count

if TYPE_CHECKING:
    from ledger.application.ask import Answer, DataFault, Question
    from ledger.application.ledger import Ledger

Row = dict[str, Any]
Ask = Callable[["Ledger", "Question"], "Answer"]


def ask(
    ctx: typer.Context,
    question: Ask,
    as_of: datetime | None,
    known_at: datetime | None,
    license_ids: Sequence[str] | None,
) -> "Answer":
    """Put a question to the store that was named; without `as_of` it is about this moment."""
    with open_to_ask(ctx) as ledger:
        asked = lazy.Question(as_of or ledger.clock(), known_at, tuple(license_ids or ()))
        answer = question(ledger, asked)
        later = None if answer.lines else lazy.recorded_later(ledger, asked)
    if settings_of(ctx).verbose:
        err_console().print(answer.source, soft_wrap=True)
    if later is not None:
        _say_what_was_not_known(later)
    return answer


def _say_what_was_not_known(later: datetime) -> None:
    """Say that events were recorded after what the question knows: the answer is empty for that, maybe."""
    instant = f"{later.isoformat().removesuffix('+00:00')}Z"
    err_console().print(
        f"Nothing is known of this by then. Events were recorded later: ask with --known-at {instant}.",
        soft_wrap=True,
    )


def rows_of(answer: "Answer") -> list[Row]:
    """Return the answer's rows."""
    return [json.loads(line) for line in answer.lines]


def show(
    answer: "Answer",
    form: Format,
    *,
    table: Callable[[list[Row]], None],
    csv_rows: Callable[[list[Row]], Iterable[Row]],
    csv_columns: Sequence[str],
) -> None:
    """Write the answer to stdout in the form that was asked for."""
    if form is Format.TABLE:
        table(rows_of(answer))
    elif form is Format.CSV:
        write_csv(csv_rows(rows_of(answer)), csv_columns)
    else:
        write_json_lines(answer.lines, form)


def write_json_lines(lines: Sequence[str], form: Format) -> None:
    """Write rows that are JSON already, one a line, or as one array."""
    if form is Format.JSONL:
        write_lines(lines)
        return
    last = len(lines) - 1
    within = (f"{line}," if place < last else line for place, line in enumerate(lines))
    write_lines(["[", *within, "]"])


def write_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Write rows as CSV with a header; null is an empty cell, truth is true or false."""
    csv_writer(columns)(rows)


def csv_writer(columns: Sequence[str]) -> Callable[[Iterable[Row]], None]:
    """Write a header, and return what writes rows below it."""
    out = data_out()

    def write(lines: Iterable[list[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        out.write(text.getvalue().encode())
        out.flush()

    write([[*columns]])
    return lambda rows: write([_cell(row.get(column)) for column in columns] for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def finish(answer: "Answer", *, strict: bool, digest: bool) -> None:
    """Say the digest if asked, then the data faults; with `strict` they make the exit code 1."""
    if digest:
        err_console().print(f"digest {answer.digest}", soft_wrap=True)
    show_faults(answer.faults)
    if strict and answer.faults:
        raise typer.Exit(FAILED)


def show_faults(faults: Sequence["DataFault"]) -> None:
    """Print each fault on a line of its own, with what would mend it, and how many there are."""
    console = err_console()
    for fault in faults:
        console.print(
            Text.assemble(
                (f"Data fault ({fault.code}): ", "yellow"), f"{fault.message}. To mend it: {fault.mend}."
            ),
            soft_wrap=True,
        )
    if faults:
        console.print(f"{count(len(faults), 'data fault')}.", style="yellow")

"""The command that holds the invoices of the programme's owner against ours."""

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import lazy
from desk.cli.answers import show_faults, write_csv, write_json_lines
from desk.cli.failures import VERIFICATION_FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, Format, FormatOption, KnownAt, day_option
from desk.cli.reading import STDIN, refuse_no_file
from desk.cli.reconcile_page import CSV_COLUMNS, csv_row, json_line, show_reconciliation
from desk.cli.settings import configuration, open_to_ask
from desk.cli.values import whole_number

if TYPE_CHECKING:
    from replay.reconcile.reconciling import Reconciliation

app = typer.Typer()


class DatesRead(StrEnum):
    """In which zone times without one are read."""

    UTC = "utc"
    LICENSE = "license"


_File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="What the partner API answers, as JSON; - is standard input.",
    ),
]
_License = Annotated[
    str | None,
    typer.Option("--license", metavar="ID", show_default=False, help="All invoices of the file are its."),
]
_Projected = Annotated[
    bool, typer.Option("--projected", help="Compare with our invoices that are not issued yet, too.")
]
_Dates = Annotated[
    DatesRead, typer.Option("--dates-in", help="In which zone the file's times without a zone are read.")
]
_All = Annotated[bool, typer.Option("--all", help="Show those that agree, too (data always has them).")]
_Since = Annotated[date | None, day_option("Leave out billing dates before this one.")]
_Until = Annotated[date | None, day_option("Leave out billing dates after this one.")]


_Limit = Annotated[
    int,
    typer.Option(
        metavar="N", parser=whole_number(0), help="Show at most so many invoices in a table; 0 for all."
    ),
]
DEFAULT_LIMIT = 100


@app.command(
    "reconcile",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples(
        "reconcile partner-invoices.json --license northwind",
        "--config ledger.toml reconcile partner-invoices.json --format csv",
    ),
)
def reconcile(
    ctx: typer.Context,
    *,
    file: _File,
    license_id: _License = None,
    projected: _Projected = False,
    since: _Since = None,
    until: _Until = None,
    dates_in: _Dates = DatesRead.UTC,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    everything: _All = False,
    limit: _Limit = DEFAULT_LIMIT,
    form: FormatOption = Format.TABLE,
) -> None:
    """Hold the invoices that the programme's owner has against ours, and explain every difference.

    A row's license_id or organization_id says whose it is, by the configuration's [organisations] if it is
    there. Exit code 5 if anything differs but the rounding to whole units.
    """
    refuse_no_file(file)
    name = "standard input" if file == STDIN else str(file)
    rows = lazy.read_partner_file(name, _bytes_of(file))
    organisations = configuration(ctx).organisations
    with open_to_ask(ctx) as ledger:
        terms = lazy.ReconciliationTerms(
            question=lazy.Question(as_of or ledger.clock(), known_at),
            license_id=license_id,
            organisations=organisations,
            projected=projected,
            since=since,
            until=until,
            dates_in=lazy.DatesIn(dates_in.value),
        )
        with lazy.progress_of_things("Comparing", len(rows), "invoices") as so_far:
            found = lazy.reconcile(ledger, name, rows, terms, so_far)
    _show(found, form, limit, everything=everything)
    show_faults(found.faults)
    if not found.agrees:
        raise typer.Exit(VERIFICATION_FAILED)


def _bytes_of(file: Path) -> bytes:
    return sys.stdin.buffer.read() if file == STDIN else file.read_bytes()


def _show(found: "Reconciliation", form: Format, limit: int, *, everything: bool) -> None:
    if form is Format.TABLE:
        show_reconciliation(found, limit, everything=everything)
    elif form is Format.CSV:
        write_csv(map(csv_row, found.compared), CSV_COLUMNS)
    else:
        write_json_lines([json_line(one) for one in found.compared], form)

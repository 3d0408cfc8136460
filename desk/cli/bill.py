"""The command that issues the invoices whose billing dates have come."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.answers import csv_writer, show_faults
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.invoices import COLUMNS, line_rows
from desk.cli.options import BILL, Format, FormatOption, Strict
from desk.cli.screen import arriving, data_out, err_console, out_console
from desk.cli.settings import configuration, open_to_record
from desk.cli.tables import new_table
from desk.cli.values import read_instant
from desk.words import count, instant, money, number

if TYPE_CHECKING:
    from ledger.application.issuing_invoices import IssuedNow
    from ledger.application.run_billing import BillingReport

    OnIssued = Callable[[Sequence[IssuedNow]], None]

app = typer.Typer()

_Until = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="Bill what is due by this moment; it must have come.",
    ),
]


@app.command(
    "bill",
    cls=LedgerCommand,
    rich_help_panel=BILL,
    epilog=examples("bill", "bill --until 2024-09-01T00:00:00Z --format jsonl"),
)
def bill(
    ctx: typer.Context,
    *,
    until: _Until = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
) -> None:
    """Issue every invoice that is due and not issued yet, each once, numbered without gaps.

    Run it again, or twice at once, as you like: nothing is billed twice. What cannot be billed is reported,
    the rest is. The formats for programs list the invoices that were issued.
    """
    series = configuration(ctx).invoices.series
    with (
        open_to_record(ctx) as ledger,
        lazy.progress_of_unknown("Billing", "licences") as progress,
        _listed(form) as on_issued,
    ):
        report = lazy.run_billing(ledger, series=series, until=until, on_issued=on_issued, progress=progress)
    if form is Format.TABLE:
        with arriving("What was issued is issued all the same."):
            _show(report)
    show_faults(report.faults)
    if report.failed:
        said = f"{count(len(report.failed), 'licence')} could not be billed."
        err_console().print(Text(said, "bold red"), soft_wrap=True)
    if report.failed or (strict and report.faults):
        raise typer.Exit(FAILED)


@contextmanager
def _listed(form: Format) -> Iterator["OnIssued | None"]:
    """Write invoices to stdout as they are committed, in a form for programs; none for a table."""
    out = data_out()
    if form is Format.TABLE:
        yield None
    elif form is Format.CSV:
        write = csv_writer(COLUMNS)
        yield lambda some: write(line_rows([json.loads(one.line) for one in some]))
    elif form is Format.JSONL:

        def written(some: "Sequence[IssuedNow]") -> None:
            out.writelines(one.line.encode() + b"\n" for one in some)
            # what stands there is committed: let whoever reads see it now
            out.flush()

        yield written
    else:
        lead = b"[\n"

        def listed(some: "Sequence[IssuedNow]") -> None:
            nonlocal lead
            for one in some:
                out.write(lead + one.line.encode())
                lead = b",\n"

        try:
            yield listed
        finally:
            out.write((lead if lead == b"[\n" else b"\n") + b"]\n")
    out.flush()


def _show(report: "BillingReport") -> None:
    console = out_console()
    by = f"by {instant(report.until)} UTC"
    if report.switched:
        said = f"{count(report.switched, 'licence')} switched to the pricing model of a cutover."
        console.print(said, soft_wrap=True)
    if not report.issued:
        console.print(f"Nothing was left to bill {by}.", soft_wrap=True)
        return
    said = f"Issued {count(report.issued, 'document')} of what was due {by}."
    console.print(Text(said, "green"), soft_wrap=True)
    table = new_table()
    table.add_column("currency")
    for heading in ("invoices", "invoiced", "credit notes", "credited", "total"):
        table.add_column(heading, justify="right")
    for currency, total in sorted(report.totals.items()):
        table.add_row(
            currency,
            number(total.invoices),
            money(total.invoiced_minor, currency),
            number(total.credit_notes),
            money(total.credited_minor, currency) if total.credit_notes else "",
            money(total.invoiced_minor + total.credited_minor, currency),
        )
    console.print(table)

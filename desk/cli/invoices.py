"""The command that answers what a licence was charged, invoice by invoice."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from desk.cli import lazy
from desk.cli.answers import Row, ask, finish, rows_of, show
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.invoice_page import show_invoices
from desk.cli.options import ASK, AsOf, Digest, Format, FormatOption, KnownAt, Licenses, Strict

if TYPE_CHECKING:
    from ledger.application.ask import Answer, Question
    from ledger.application.ledger import Ledger

app = typer.Typer()

_OF_INVOICE = ("license_id", "billing_date", "plan", "billing_cycle", "currency", "number", "total")
_OF_LINE = (
    "kind", "pricing_model", "date", "quantity", "unit_amount", "remaining_days", "period_days",
    "period_start", "period_end", "rate", "amount",
)  # fmt: skip
COLUMNS = (*_OF_INVOICE, "line", *_OF_LINE)


@app.command(
    "invoices",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples("invoices --license northwind", "invoices --format csv --strict"),
)
def invoices(
    ctx: typer.Context,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    license_ids: Licenses = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
    digest: Digest = False,
) -> None:
    """Show every invoice up to a moment, line by line, corrections of earlier ones included."""
    cancelled: set[tuple[str, str]] = set()

    def question(ledger: "Ledger", asked: "Question") -> "Answer":
        answer = lazy.ask_invoices(ledger, asked)
        if form is Format.TABLE:
            cancelled.update(lazy.billed_when_cancelled(ledger, asked, rows_of(answer)))
        return answer

    answer = ask(ctx, question, as_of, known_at, license_ids)
    show(
        answer,
        form,
        table=lambda rows: show_invoices(rows, cancelled),
        csv_rows=line_rows,
        csv_columns=COLUMNS,
    )
    finish(answer, strict=strict, digest=digest)


def line_rows(rows: list[Row]) -> Iterator[Row]:
    """Yield one row for CSV a line item: the invoice's columns, the line's number and its own columns."""
    for row in rows:
        shared = {column: row[column] for column in _OF_INVOICE}
        for place, line in enumerate(row["lines"], start=1):
            # an adjustment's billing_date is that of the invoice it corrects: the line's date
            own = {
                "date": line.get("billing_date"),
                **{key: line[key] for key in line if key != "billing_date"},
            }
            yield {**shared, "line": place, **own}

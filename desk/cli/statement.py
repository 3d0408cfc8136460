"""The command that shows a partner's month: invoices, discounts, commission, the reseller's margin."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, show_faults, write_csv, write_json_lines
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import amount, as_lines
from desk.cli.options import MONEY, AsOf, Format, FormatOption, KnownAt, PartnerArg, Strict
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table
from desk.cli.values import read_month

if TYPE_CHECKING:
    from ledger.application.show_statement import Statement

app = typer.Typer()

_COLUMNS = (
    "license_id", "billing_date", "number", "payer", "pricing_model", "currency", "recurring", "true_ups",
    "discount", "adjustments", "total", "commission_rate", "commission", "accounts", "unit_amount",
    "public_price", "margin",
)  # fmt: skip
_PROGRAMMES: Mapping[str, str] = {
    "solution": "reseller (solution programme)",
    "affiliate": "affiliate (affiliate programme)",
}
_SUMS: Mapping[str, str] = {
    "recurring": "recurring",
    "true_ups": "true-ups",
    "discount": "discount",
    "adjustments": "adjustments",
    "total": "invoices",
    "commission": "commission",
    "public_price": "public price",
    "margin": "margin",
}
_MARGIN = "Margin: the public price of every account, used or not, less what the reseller is charged."
_Month = Annotated[
    date,
    typer.Option(
        metavar="YYYY-MM", parser=read_month, show_default=False, help="The month of the billing dates."
    ),
]


@app.command(
    "statement",
    cls=LedgerCommand,
    rich_help_panel=MONEY,
    epilog=examples("statement acme --month 2024-09", "statement acme --month 2024-09 --format csv"),
)
def statement(
    ctx: typer.Context,
    *,
    partner_id: PartnerArg,
    month: _Month,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
) -> None:
    """Show a partner's month: what is invoiced, discounts, commission earned and the reseller's margin."""
    with open_to_ask(ctx) as ledger:
        found = lazy.show_statement(ledger, partner_id, month, as_of or ledger.clock(), known_at)
    match form:
        case Format.TABLE:
            _show(out_console(), found)
        case Format.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case Format.JSONL:
            write_json_lines(as_lines(found.rows), form)
        case Format.CSV:
            write_csv(found.rows, _COLUMNS)
    show_faults(found.faults)
    if strict and found.faults:
        raise typer.Exit(FAILED)


def _show(console: Console, found: "Statement") -> None:
    month = f"{found.month:%B %Y}"
    console.print(
        Text.assemble(
            ("Statement ", "bold"), (found.partner_id, "bold cyan"), f", {_PROGRAMMES[found.programme]}"
        )
    )
    asked = f"as of {words.instant(found.as_of)} UTC"
    if found.known_at != found.as_of:
        asked += f", as known at {words.instant(found.known_at)} UTC"
    console.print(Text(f"  Billing dates in {month}, {asked}.\n"), soft_wrap=False)
    if not found.rows:
        console.print(
            f"No invoice of this partner's licences has a billing date in {month} that had come by then."
        )
        return
    console.print(_invoices(found.rows))
    _show_sums(console, found.totals)


def _invoices(rows: list[Row]) -> Table:
    """Return the table, without columns in which nobody has anything."""
    cells: Mapping[str, Callable[[Row], Text]] = {
        "gross": lambda row: amount(row["recurring"] + row["true_ups"], row["currency"]),
        "discount": lambda row: amount(row["discount"] or None, row["currency"]),
        "adjusted": lambda row: amount(row["adjustments"] or None, row["currency"]),
        "invoice": lambda row: amount(row["total"], row["currency"], "bold"),
        "commission": _commission,
        "margin": _margin,
    }
    said_by = {
        "discount": "discount",
        "adjusted": "adjustments",
        "commission": "commission_rate",
        "margin": "margin",
    }
    shown = [name for name in cells if name not in said_by or any(row[said_by[name]] for row in rows)]
    table = new_table()
    table.add_column("licence, invoice", overflow="fold")
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_name(row), *(cells[name](row) for name in shown))
    return table


def _name(row: Row) -> Text:
    day = words.day(date.fromisoformat(row["billing_date"]))
    number = (row["number"], "cyan") if row["number"] else ("not issued yet", "dim")
    return Text.assemble((row["license_id"], "bold"), f"\n  {day}, ", number)


def _commission(row: Row) -> Text:
    if row["commission_rate"] is None:
        return Text("–", "dim")
    earned = amount(row["commission"], row["currency"])
    return Text.assemble(earned, (f"\n{words.percent(row['commission_rate'])}", "dim"))


def _margin(row: Row) -> Text:
    if row["margin"] is None:
        return Text("–", "dim")
    text = amount(row["margin"], row["currency"])
    if row["accounts"] is None:
        return text
    return Text.assemble(text, (f"\nof {words.money(row['public_price'], row['currency'])}", "dim"))


def _show_sums(console: Console, totals: list[Row]) -> None:
    console.print()
    console.print(Text("Totals", "bold"))
    table = new_table()
    table.add_column("")
    for row in totals:
        table.add_column(row["currency"], justify="right", no_wrap=True)
    licenses = [words.count(row["licenses"], "licence") for row in totals]
    table.add_row("of", *licenses)
    for name, said in _SUMS.items():
        if any(row[name] for row in totals):
            table.add_row(said, *(amount(row[name], row["currency"]) for row in totals))
    console.print(table)
    if any(row["public_price"] for row in totals):
        console.print(Text(_MARGIN, "dim"), soft_wrap=False)

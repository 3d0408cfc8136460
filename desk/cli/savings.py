"""The command that says what a cutover saves each licence, and how much of it is ChatBot seats."""

import json
from datetime import date
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, write_csv, write_json_lines
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import amount
from desk.cli.options import MONEY, AsOf, CutoverArg, Digest, Format, FormatOption, KnownAt
from desk.cli.screen import err_console, out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.savings import Savings

app = typer.Typer()

_COLUMNS = (
    "license_id", "outcome", "currency", "pricing_model_before", "pricing_model_after", "billing_date",
    "old", "new", "saves", "old_chatbot_seats", "new_chatbot_seats", "saves_chatbot_seats",
)  # fmt: skip


@app.command(
    "savings",
    cls=LedgerCommand,
    rich_help_panel=MONEY,
    epilog=examples("savings resellers-2024-08-11", "savings resellers-2024-08-11 --format csv"),
)
def savings(
    ctx: typer.Context,
    *,
    cutover_id: CutoverArg,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: FormatOption = Format.TABLE,
    digest: Digest = False,
) -> None:
    """Say what the same period costs under the old and the new model, and the part that is ChatBot seats.

    Of each licence it is the first period that the cutover decides; what is still to come is as expected.
    """
    with open_to_ask(ctx) as ledger:
        found = lazy.savings(ledger, cutover_id, as_of or ledger.clock(), known_at)
    match form:
        case Format.TABLE:
            _show(out_console(), found)
        case Format.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case Format.JSONL:
            write_json_lines(found.lines, form)
        case Format.CSV:
            write_csv(found.rows, _COLUMNS)
    if digest:
        err_console().print(f"digest {found.digest}", soft_wrap=True)


def _show(console: Console, found: "Savings") -> None:
    model, on = words.MODELS[found.cutover.pricing_model], words.day(found.cutover.on)
    console.print(
        Text.assemble(("Savings ", "bold"), (found.cutover.cutover_id, "bold cyan"), f", {model} from {on}")
    )
    asked = f"As of {words.instant(found.as_of)} UTC"
    if found.known_at != found.as_of:
        asked += f", as known at {words.instant(found.known_at)} UTC"
    console.print(Text(f"  {asked}.\n"), soft_wrap=False)
    if not found.rows:
        console.print("No licence has a period that this cutover decides and that is billed by then.")
        _show_left_out(console, found)
        return
    table = new_table()
    table.add_column("licence", overflow="fold")
    for name in ("old model", "new model", "saves", "of ChatBots"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(_name(row), *_figures(row))
    table.add_section()
    for total in found.totals.to_dicts():
        licenses = words.count(total["licenses"], "licence")
        table.add_row(Text(f"{licenses}, {total['currency']}", "bold"), *_figures(total))
    console.print(table)
    if any(row["outcome"] == "upcoming" for row in found.rows):
        console.print(Text("Expected: what is still to come, as far as is known.", "dim"))
    _show_left_out(console, found)


def _show_left_out(console: Console, found: "Savings") -> None:
    if found.left_out:
        names = ", ".join(found.left_out)
        many = words.count(len(found.left_out), "licence")
        console.print(
            Text(
                f"Without a bill for its first period, for want of a price or cancelled: {many}: {names}.",
                "yellow",
            ),
            soft_wrap=False,
        )


def _name(row: Row) -> Text:
    day = words.day(date.fromisoformat(row["billing_date"]))
    models = f"{row['pricing_model_before']} → {row['pricing_model_after']}"
    expected = ", expected" if row["outcome"] == "upcoming" else ""
    return Text.assemble((row["license_id"], "bold"), f"\n  {models}, {day}{expected}")


def _figures(row: Row) -> list[Text]:
    currency = row["currency"]
    return [
        amount(row["old"], currency),
        amount(row["new"], currency),
        amount(row["saves"], currency, "bold"),
        amount(row["saves_chatbot_seats"] or None, currency),
    ]

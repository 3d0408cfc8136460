"""The command that answers how many seats, accounts and users a licence has."""

import typer
from rich.table import Table
from rich.text import Text

from desk.cli import lazy
from desk.cli.answers import Row, ask, finish, show
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, Digest, Format, FormatOption, KnownAt, Licenses, Strict
from desk.cli.screen import out_console
from desk.cli.tables import new_table
from desk.words import count, number

app = typer.Typer()

_COLUMNS = (
    "license_id",
    "agents_active",
    "agents_suspended",
    "chatbots",
    "seats_in_use",
    "ppa",
    "pps",
    "ppu",
)
_HEADINGS = ("agents\nactive", "agents\nsuspended", "ChatBots", "seats\nheld", "PPA", "PPS", "PPU")
_LEGEND = (
    "PPA, pay-per-account: agents and ChatBots. PPS, pay-per-seat: seats held and ChatBots. "
    "PPU, pay-per-user: active agents."
)


@app.command(
    "seats",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples(
        "seats", "seats --license northwind --as-of 2024-05-03T12:00:00Z --known-at 2099-01-01T00:00:00Z"
    ),
)
def seats(
    ctx: typer.Context,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    license_ids: Licenses = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
    digest: Digest = False,
) -> None:
    """Count agents, ChatBots and seats at any moment, and what each pricing model counts."""
    answer = ask(ctx, lazy.ask_seats, as_of, known_at, license_ids)
    show(answer, form, table=_table, csv_rows=iter, csv_columns=_COLUMNS)
    finish(answer, strict=strict, digest=digest)


def _table(rows: list[Row]) -> None:
    console = out_console()
    if not rows:
        console.print("No licence was known then.")
        return
    table: Table = new_table()
    table.add_column("licence", overflow="fold", style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(row["license_id"], *(_figure(row[column]) for column in _COLUMNS[1:]))
    console.print(table)
    console.print(Text(f"{count(len(rows), 'licence')}.\n{_LEGEND}", "dim"), soft_wrap=False)


def _figure(value: int) -> Text:
    return Text(number(value), "dim" if value == 0 else "")

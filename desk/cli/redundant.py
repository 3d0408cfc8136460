"""The command that finds accounts that nobody uses, and what suspending them before the next charge saves."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import show_faults, write_csv, write_json_lines
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import amount, as_lines
from desk.cli.options import MONEY, AsOf, Format, FormatOption, LicenseArg
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table
from desk.cli.values import whole_number
from ledger.rules.instants import format_instant

if TYPE_CHECKING:
    from ledger.application.redundant_accounts import RedundantAccounts

app = typer.Typer()

DEFAULT_DAYS = 30
_MOST_DAYS = 3660
_COLUMNS = ("license_id", "agent_id", "last_seat_at", "charge_date", "currency", "saves")
Days = Annotated[
    int,
    typer.Option(
        metavar="N",
        parser=whole_number(1, _MOST_DAYS),
        help="Without a seat for so many days, each of 24 hours.",
    ),
]


@app.command(
    "redundant",
    cls=LedgerCommand,
    rich_help_panel=MONEY,
    epilog=examples("redundant northwind --days 30", "redundant northwind --days 90 --format jsonl"),
)
def redundant(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    days: Days = DEFAULT_DAYS,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List active agents who held no seat lately, and what suspending them before the next charge saves."""
    with open_to_ask(ctx) as ledger:
        (found,) = lazy.redundant_accounts(ledger, [license_id], days, as_of or ledger.clock())
    rows = _rows(found)
    match form:
        case Format.TABLE:
            _show(out_console(), found, days)
        case Format.JSON:
            write_lines([json.dumps(_whole(found, rows), ensure_ascii=False, indent=2)])
        case Format.JSONL:
            write_json_lines(as_lines(rows), form)
        case Format.CSV:
            write_csv(rows, _COLUMNS)
    show_faults([found.fault] if found.fault else [])


def _rows(found: "RedundantAccounts") -> list[dict[str, Any]]:
    return [
        {
            "license_id": found.license_id,
            "agent_id": agent.agent_id,
            "last_seat_at": None if agent.last_seat_at is None else format_instant(agent.last_seat_at),
            "charge_date": None if found.charge_date is None else found.charge_date.isoformat(),
            "currency": found.currency,
            "saves": agent.saves_minor,
        }
        for agent in found.agents
    ]


def _whole(found: "RedundantAccounts", rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "license_id": found.license_id,
        "currency": found.currency,
        "charge_date": None if found.charge_date is None else found.charge_date.isoformat(),
        "agents_active": found.agents_active,
        "expected": found.expected_minor,
        "without": found.without_minor,
        "saves": found.saves_minor,
        "agents": [{name: row[name] for name in ("agent_id", "last_seat_at", "saves")} for row in rows],
    }


def _show(console: Console, found: "RedundantAccounts", days: int) -> None:
    if found.charge_date is None or found.currency is None:
        console.print(f"Licence {found.license_id} is cancelled: nobody's account costs anything.")
        return
    since = words.count(days, "day")
    if not found.agents:
        active = words.count(found.agents_active, "active agent")
        used = f": each held a seat in the last {since}" if found.agents_active else ""
        console.print(f"{found.license_id} has {active}{used}.")
        return
    table = new_table()
    table.add_column(f"no seat for {since}", overflow="fold")
    table.add_column("last seat (UTC)", no_wrap=True)
    table.add_column("saves alone", justify="right", no_wrap=True)
    for agent in found.agents:
        last = "never" if agent.last_seat_at is None else words.instant(agent.last_seat_at)
        table.add_row(agent.agent_id, last, amount(agent.saves_minor, found.currency))
    console.print(table)
    console.print()
    console.print(_sum(found), soft_wrap=False)


def _sum(found: "RedundantAccounts") -> Text:
    day = words.day(found.charge_date) if found.charge_date else ""
    many = f"{len(found.agents)} of {words.count(found.agents_active, 'active agent')}."
    if found.fault is not None:
        return Text(f"{many} Nobody can say what is saved: no price is known for the period from {day}.")
    if found.expected_minor is None or found.without_minor is None or found.saves_minor is None:
        return Text(f"{many} Nothing is saved: no period begins on {day} any more.")
    currency = found.currency or ""
    return Text.assemble(
        f"{many} Suspended before {day}, they save ",
        (words.money(found.saves_minor, currency), "bold"),
        f" together: that day's invoice is {words.money(found.without_minor, currency)} "
        f"instead of {words.money(found.expected_minor, currency)}.",
    )

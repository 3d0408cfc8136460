"""The command that reviews a partner's licences: unused accounts, cutovers ahead, the next charges."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, show_faults, write_csv, write_json_lines
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import amount, as_lines
from desk.cli.options import MONEY, AsOf, Format, FormatOption, PartnerArg
from desk.cli.redundant import DEFAULT_DAYS, Days
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.review import Review, ReviewedCharge, ReviewedLicense

app = typer.Typer()

_CHARGE = ("billing_date", "pricing_model", "expected", "without", "saves")
_COLUMNS = (
    "license_id", "agent_id", "last_seat_at", "currency", "agents_active", "redundant",
    *(f"next_{name}" for name in _CHARGE),
    "cutover_id", *(f"after_cutover_{name}" for name in _CHARGE),
)  # fmt: skip


@app.command(
    "review",
    cls=LedgerCommand,
    rich_help_panel=MONEY,
    epilog=examples("review acme", "review acme --days 60 --format csv"),
)
def review(
    ctx: typer.Context,
    *,
    partner_id: PartnerArg,
    days: Days = DEFAULT_DAYS,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Review a partner's licences: accounts that nobody uses, what changes ahead, the next charges."""
    with open_to_ask(ctx) as ledger:
        found = lazy.review(ledger, partner_id, days, as_of or ledger.clock())
    match form:
        case Format.TABLE:
            _show(out_console(), found)
        case Format.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case Format.JSONL:
            write_json_lines(as_lines([one.as_dict() for one in found.licenses]), form)
        case Format.CSV:
            write_csv(_flat(found), _COLUMNS)
    show_faults(found.faults)


def _flat(found: "Review") -> Iterator[Row]:
    """Yield a row a licence, without agent_id, and one for each of its unused agents."""
    for one in found.licenses:
        row: dict[str, Any] = {
            "license_id": one.license_id,
            "currency": one.currency,
            "agents_active": one.agents_active,
            "redundant": len(one.agents),
        }
        after = one.after_cutover.as_dict() if one.after_cutover is not None else {}
        row |= {f"next_{name}": value for name, value in one.next_charge.as_dict().items()}
        row |= {f"after_cutover_{name}": value for name, value in after.items()}
        row["cutover_id"] = after.get("cutover_id")
        yield row
        for agent in one.agents:
            told = agent.as_dict()
            yield {
                **{name: row[name] for name in ("license_id", "currency", "cutover_id", "next_billing_date")},
                "agent_id": told["agent_id"],
                "last_seat_at": told["last_seat_at"],
                "next_saves": told["saves"],
                "after_cutover_billing_date": row.get("after_cutover_billing_date"),
                "after_cutover_saves": told["saves_after_cutover"],
            }


def _show(console: Console, found: "Review") -> None:
    console.print(
        Text.assemble(
            ("Review of ", "bold"),
            (found.partner_id, "bold cyan"),
            f", {found.programme} programme, as known at {words.instant(found.at)} UTC.",
        ),
        soft_wrap=False,
    )
    if not found.licenses:
        console.print("This partner has no licence that is not cancelled.")
        return
    since = words.count(found.days, "day")
    console.print(
        Text(f"  Unused: active, no seat for {since}. Saved: by suspending them now.\n"),
        soft_wrap=False,
    )
    console.print(_licenses(found))
    console.print()
    _show_agents(console, found)
    _show_sums(console, found)


def _licenses(found: "Review") -> Table:
    table = new_table()
    table.add_column("licence, charges", overflow="fold")
    table.add_column("unused", justify="right", no_wrap=True)
    for name in ("expected", "without", "saved"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.licenses:
        unused = f"{len(one.agents)} of {one.agents_active}" if one.agents else "–"
        charges = [charge for charge in (one.next_charge, one.after_cutover) if charge is not None]
        if _is_same_charge(one):
            charges = charges[1:]
        table.add_row(
            Text.assemble((one.license_id, "bold"), *(f"\n  {_said(charge)}" for charge in charges)),
            Text(unused, "" if one.agents else "dim"),
            *(
                Text("\n").join([Text(), *(amount(value, one.currency) for value in values)])
                for values in (
                    [charge.expected_minor for charge in charges],
                    [charge.without_minor for charge in charges],
                    [charge.saves_minor for charge in charges],
                )
            ),
        )
    return table


def _is_same_charge(one: "ReviewedLicense") -> bool:
    """Tell whether the next charge is the first one after the cutover."""
    return one.after_cutover is not None and one.after_cutover.billing_date == one.next_charge.billing_date


def _said(charge: "ReviewedCharge") -> str:
    model = words.MODELS[charge.pricing_model] if charge.pricing_model else "no invoice"
    now = ", from then on" if charge.cutover_id is not None else ""
    return f"{words.day(charge.billing_date)}, {model}{now}"


def _show_agents(console: Console, found: "Review") -> None:
    if not any(one.agents for one in found.licenses):
        console.print("Every active agent held a seat.\n")
        return
    after = any(one.after_cutover is not None for one in found.licenses)
    table = new_table()
    table.add_column("unused account", overflow="fold")
    table.add_column("last seat (UTC)", no_wrap=True)
    table.add_column("saves next", justify="right", no_wrap=True)
    if after:
        table.add_column("after cutover", justify="right", no_wrap=True)
    for one in found.licenses:
        for agent in one.agents:
            last = "never" if agent.last_seat_at is None else words.instant(agent.last_seat_at)
            later = [amount(agent.saves_after_cutover_minor, one.currency)] if after else []
            table.add_row(
                Text.assemble(agent.agent_id, (f"\n  {one.license_id}", "dim")),
                last,
                amount(agent.saves_minor, one.currency),
                *later,
            )
    console.print(table)
    console.print()


def _show_sums(console: Console, found: "Review") -> None:
    for row in found.totals():
        many = words.count(row["licenses"], "licence")
        unused = words.count(row["redundant"], "unused account")
        next_ = words.money(row["saves"], row["currency"])
        text = Text.assemble(f"{row['currency']}: {many}, {unused}. Next charges save ", (next_, "bold"))
        if any(one.after_cutover for one in found.licenses if one.currency == row["currency"]):
            later = words.money(row["after_cutover_saves"], row["currency"])
            text.append_text(Text.assemble(", the first ones after the cutover ", (later, "bold")))
        console.print(text.append("."), soft_wrap=False)

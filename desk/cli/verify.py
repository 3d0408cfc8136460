"""The command that recomputes what was issued and says what is off."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from desk.cli import lazy
from desk.cli.failures import VERIFICATION_FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.invoice_page import line_in_words
from desk.cli.options import BILL, Licenses
from desk.cli.screen import out_console
from desk.cli.settings import open_to_ask
from desk.cli.values import read_instant
from desk.words import count, day, money, number

if TYPE_CHECKING:
    from replay.verify import Difference, Finding

app = typer.Typer()

_SHOWN = 50


class Papers(StrEnum):
    """What can be verified."""

    INVOICES = "invoices"


_What = Annotated[Papers, typer.Argument(metavar="invoices", help="What to verify.", show_default=False)]
_Since = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="the first one",
        help="Only what was issued from this moment on.",
    ),
]


@app.command(
    "verify",
    cls=LedgerCommand,
    rich_help_panel=BILL,
    epilog=examples("verify invoices", "verify invoices --since 2024-09-01T00:00:00Z"),
)
def verify(ctx: typer.Context, what: _What, *, since: _Since = None, license_ids: Licenses = None) -> None:
    """Compute every issued invoice anew from what it knew, and compare lines, total and digest.

    Ends with exit code 5 if one is off, and says which, and how.
    """
    del what
    names = tuple(license_ids or ())
    with open_to_ask(ctx) as ledger:
        total = lazy.to_verify(ledger, since=since, license_ids=names)
        with lazy.progress_of_things("Verifying", total, "invoices") as progress:
            verified = lazy.verify_invoices(ledger, since=since, license_ids=names, progress=progress)
    console = out_console()
    if not verified.findings:
        said = f"{count(verified.invoices, 'issued invoice')} verified: each is what its facts give."
        console.print(Text(said, "green"), soft_wrap=True)
        return
    for finding in verified.findings[:_SHOWN]:
        _show(console, finding)
    if len(verified.findings) > _SHOWN:
        console.print(f"And {number(len(verified.findings) - _SHOWN)} more.\n")
    verb = "is" if len(verified.findings) == 1 else "are"
    said = f"{number(len(verified.findings))} of {count(verified.invoices, 'issued invoice')} {verb} off."
    console.print(Text(said, "bold red"), soft_wrap=True)
    raise typer.Exit(VERIFICATION_FAILED)


def _show(console: Console, finding: "Finding") -> None:
    on = f" of {day(finding.billing_date)}" if finding.billing_date is not None else ""
    place = f"licence {finding.license_id} (position {number(finding.position)})"
    heading = f"Invoice {finding.number}{on}, {place}"
    console.print(Text(heading, "bold red"), soft_wrap=True)
    for one in finding.differences:
        console.print(Text(f"  {_name(one)}", "yellow"), soft_wrap=True)
        for which, value in (("recorded", one.recorded), ("recomputed", one.recomputed)):
            console.print(f"    {which:<10}  {_value(value, one, finding.currency)}", soft_wrap=True)
    console.print(Text(f"  What can be done: {finding.advice}.\n", "dim"), soft_wrap=True)


def _name(one: "Difference") -> str:
    return f"line {one.line}" if one.line is not None else one.what


def _value(value: Any, one: "Difference", currency: str | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict) and currency is not None:
        return f"{line_in_words(value, currency)} = {money(value['amount'], currency)}"
    if isinstance(value, dict):
        return json.dumps(value)
    if one.what == "the total" and currency is not None:
        return money(value, currency)
    return str(value)

"""The command that says why an invoice is what it is."""

import json
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import lazy
from desk.cli.explain_page import MAX_WIDTH, show_explanation
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, KnownAt, day_option
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask

if TYPE_CHECKING:
    from replay.explain.explanation import Explanation

app = typer.Typer()


class Shape(StrEnum):
    """How an explanation is written: for people, for programs, or as part of a page."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


_Number = Annotated[
    str | None,
    typer.Argument(metavar="INVOICE", help="The number of an issued invoice.", show_default=False),
]
_License = Annotated[
    str | None,
    typer.Option("--license", metavar="ID", show_default=False, help="The licence, if no number is given."),
]
_BillingDate = Annotated[date | None, day_option("The billing date of the licence's invoice.")]
_Shape = Annotated[
    Shape, typer.Option("--format", help="Text for people, json for programs, html to put into a page.")
]


@app.command(
    "explain",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    # one that lies ahead: as things are known now
    epilog=examples(
        "explain --license northwind --billing-date 2030-05-15 --as-of 2030-05-15T00:00:00Z",
        "explain --license northwind --billing-date 2030-05-15 --as-of 2030-05-15T00:00:00Z --format json",
    ),
)
def explain(
    ctx: typer.Context,
    *,
    number: _Number = None,
    license_id: _License = None,
    billing_date: _BillingDate = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: _Shape = Shape.TEXT,
) -> None:
    """Say why an invoice is what it is: every figure, the events behind it, what changed, and a reply.

    Name it by its number, or by --license and --billing-date.
    """
    with open_to_ask(ctx) as ledger:
        moment = as_of or ledger.clock()
        if number is not None and license_id is None and billing_date is None:
            explained = lazy.explain_number(ledger, number, moment, known_at)
        elif number is None and license_id is not None and billing_date is not None:
            explained = lazy.explain(ledger, license_id, billing_date, moment, known_at)
        else:
            raise typer.BadParameter("name one invoice: by its number, or by --license and --billing-date.")
    _show(explained, form)


def _show(explained: "Explanation", form: Shape) -> None:
    told = lazy.told(explained)
    if form is Shape.TEXT:
        show_explanation(out_console(MAX_WIDTH), told)
    elif form is Shape.JSON:
        write_lines([json.dumps(lazy.as_data(explained, told), ensure_ascii=False, indent=2)])
    else:
        write_lines([lazy.explanation_html(explained, told)])

"""The command that compares two looks at the ledger, or an issued invoice with what is known now."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import lazy
from desk.cli.answers import show_faults, write_json_lines
from desk.cli.compare_page import show_comparison, show_issued
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import as_lines
from desk.cli.options import ASK, Format, Licenses
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.values import read_instant

if TYPE_CHECKING:
    from ledger.application.ledger import Ledger
    from replay.compare.comparing import Comparison, Moment

app = typer.Typer()

_BOTH = 2


class _Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class _Which(StrEnum):
    SEATS = "seats"
    INVOICES = "invoices"
    NOTICES = "notices"
    ALL = "all"


_AsOf = Annotated[
    list[datetime] | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="The moment asked about; given twice, the two that are compared.",
    ),
]
_KnownAt = Annotated[
    list[datetime] | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="as of",
        help="Leave out what was recorded later; given twice, the two that are compared.",
    ),
]
_Number = Annotated[
    str | None,
    typer.Option(
        "--invoice", metavar="NUMBER", show_default=False, help="An issued invoice: what it knew, and now."
    ),
]


@app.command(
    "compare",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples(
        "compare --as-of 2024-08-01T00:00:00Z --as-of 2024-09-01T00:00:00Z",
        "compare --as-of 2024-06-01T00:00:00Z --known-at 2024-06-01T00:00:00Z "
        "--known-at 2024-09-01T00:00:00Z",
    ),
)
def compare(
    ctx: typer.Context,
    *,
    as_of: _AsOf = None,
    known_at: _KnownAt = None,
    invoice: _Number = None,
    license_ids: Licenses = None,
    question: Annotated[_Which, typer.Option(help="Which answers are compared.")] = _Which.ALL,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all licences that differ, not the first ten.")
    ] = False,
    form: Annotated[
        _Form, typer.Option("--format", help="A table for people; json or jsonl for programs.")
    ] = _Form.TABLE,
) -> None:
    """Show what differs between two moments, or between what was known at two, and which events did it.

    Two --as-of compare two moments, each as known then unless --known-at says otherwise. Two --known-at
    compare one moment as known earlier and later. `compare --invoice INV-2024-000002` compares an invoice
    as it was issued with what it would be now, and lists the facts that came late.
    """
    if invoice is not None:
        if as_of or license_ids or len(known_at or ()) > 1:
            raise typer.BadParameter(
                "the invoice says of whom and when; only one --known-at goes with it.",
                param_hint="'--invoice'",
            )
        _compare_invoice(ctx, invoice, known_at[0] if known_at else None, form)
        return
    looks = _looks(as_of or [], known_at or [])
    names = list(lazy.QUESTIONS) if question is _Which.ALL else [question.value]
    with open_to_ask(ctx) as ledger:
        before, after = _moments(ledger, *looks)
        with lazy.progress_of_unknown("Comparing", "licences") as so_far:
            found = lazy.compare(
                ledger,
                before,
                after,
                license_ids=license_ids or (),
                questions=names,
                limit=None if everything else lazy.LICENSES_SHOWN,
                progress=so_far,
            )
    match form:
        case _Form.TABLE:
            show_comparison(out_console(), found, everything=everything)
        case _Form.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case _Form.JSONL:
            write_json_lines(as_lines(_rows(found)), Format.JSONL)
    show_faults(found.faults)


def _compare_invoice(ctx: typer.Context, number: str, known_at: datetime | None, form: _Form) -> None:
    with open_to_ask(ctx) as ledger:
        found = lazy.compare_invoice(ledger, number, known_at)
    match form:
        case _Form.TABLE:
            show_issued(out_console(), found)
        case _Form.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case _Form.JSONL:
            write_json_lines(as_lines([found.as_dict()]), Format.JSONL)


def _looks(as_of: list[datetime], known_at: list[datetime]) -> tuple[list[datetime], list[datetime]]:
    """Return the times of the two looks, refusing what does not make two."""
    if max(len(as_of), len(known_at)) != _BOTH:
        raise typer.BadParameter(
            "give two of it, or two of --known-at, or an --invoice.", param_hint="'--as-of'"
        )
    return as_of, known_at


def _moments(ledger: "Ledger", as_of: list[datetime], known_at: list[datetime]) -> tuple["Moment", "Moment"]:
    instants = as_of * (_BOTH // len(as_of)) if as_of else [ledger.clock()] * _BOTH
    known = known_at * (_BOTH // len(known_at)) if known_at else instants
    first, second = (lazy.Moment(*times) for times in zip(instants, known, strict=True))
    return first, second


def _rows(found: "Comparison") -> list[dict[str, object]]:
    """Return the differences and then the events of each licence, told apart by `is`."""
    rows: list[dict[str, object]] = []
    for one in found.licenses:
        rows += [{"is": "difference", **row.as_dict()} for row in one.rows]
        rows += [{"is": "event", "license_id": one.license_id, **event.as_dict()} for event in one.events]
    return rows

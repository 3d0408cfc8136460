"""The command that replays a cutover, licence by licence."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from desk.cli import lazy
from desk.cli.answers import Row, write_csv, write_json_lines
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, CutoverArg, Format, FormatOption, KnownAt
from desk.cli.replay_page import MAX_WIDTH, show_replay
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.values import whole_number

app = typer.Typer()

Limit = Annotated[
    int,
    typer.Option(
        metavar="N",
        parser=whole_number(0),
        help="Show at most so many licences in the table; 0 shows all.",
    ),
]
DEFAULT_LIMIT = 100
_SIDES = ("before", "after")
_PARTS = ("total", "chatbot_seats", "quantity", "unit_amount", "true_ups", "discount", "adjustments")
_CHANNELS = ("in_app", "email", "banner")
_COLUMNS = (
    "license_id", "outcome", "currency", "pricing_model_before", "pricing_model_after", "charge_date",
    *(f"{side}_{name}" for side in _SIDES for name in ("billing_date", "total")),
    *(f"difference_{part}" for part in _PARTS), "saves_total", "saves_chatbot_seats",
    *(f"notice_{channel}" for channel in _CHANNELS), "exceptions",
)  # fmt: skip


@app.command(
    "replay",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples("replay resellers-2024-08-11", "replay resellers-2024-08-11 --format csv"),
)
def replay(
    ctx: typer.Context,
    *,
    cutover_id: CutoverArg,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: FormatOption = Format.TABLE,
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """Replay a cutover: what it changed for each licence, how it was announced, what is not right."""
    with open_to_ask(ctx) as ledger:
        replayed = lazy.replay_cutover(ledger, cutover_id, as_of or ledger.clock(), known_at)
    if form is Format.TABLE:
        show_replay(out_console(MAX_WIDTH), replayed, limit)
    elif form is Format.JSON:
        write_lines([json.dumps(replayed.as_dict(), ensure_ascii=False, indent=2)])
    elif form is Format.JSONL:
        write_json_lines(replayed.lines, form)
    else:
        write_csv(_flat(replayed.rows), _COLUMNS)


def _flat(rows: list[Row]) -> Iterator[Row]:
    """Yield rows whose structs are columns; notices for another charge date than the present are left out."""
    for row in rows:
        flat = dict(row)
        for name in (*_SIDES, "difference", "saves"):
            flat |= {f"{name}_{field}": value for field, value in (row[name] or {}).items()}
        for notice in row["notices"]:
            if notice["charge_date"] == row["charge_date"]:
                flat[f"notice_{notice['channel']}"] = "late" if notice["late"] else notice["state"]
        flat["exceptions"] = " ".join(exception["code"] for exception in row["exceptions"])
        yield flat

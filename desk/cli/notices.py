"""The command that answers who is told about a cutover, when, and whether it happened."""

from datetime import date
from itertools import groupby

import typer
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, ask, finish, show
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, Digest, Format, FormatOption, KnownAt, Licenses, Strict
from desk.cli.screen import out_console
from desk.cli.tables import new_table

app = typer.Typer()

_COLUMNS = (
    "license_id", "cutover_id", "channel", "charge_date", "due_at", "state", "late", "pricing_model_before",
    "pricing_model_after",
)  # fmt: skip
CHANNELS = ("in_app", "email", "banner")
_CHANNEL_WORDS = {"in_app": "in-app", "email": "e-mail", "banner": "banner"}
_STYLES = {"sent": "green", "showing": "cyan", "due": "yellow", "missed": "bold red", "late": "yellow"}


@app.command(
    "notices",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples("notices", "notices --license bakery --format jsonl"),
)
def notices(
    ctx: typer.Context,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    license_ids: Licenses = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
    digest: Digest = False,
) -> None:
    """Show the notices of cutovers: what they announce, when they are due and where they stand."""
    answer = ask(ctx, lazy.ask_notices, as_of, known_at, license_ids)
    show(answer, form, table=_table, csv_rows=iter, csv_columns=_COLUMNS)
    finish(answer, strict=strict, digest=digest)


def in_words(*notices: Row) -> Text:
    """Say where a notice stands, or some that stand alike: in-app, e-mail sent late."""
    first = notices[0]
    state = f"{first['state']} late" if first["late"] else first["state"]
    style = _STYLES["late"] if first["late"] else _STYLES.get(state, "")
    channels = ", ".join(_CHANNEL_WORDS[notice["channel"]] for notice in notices)
    return Text.assemble(f"{channels} ", (state, style))


def _table(rows: list[Row]) -> None:
    console = out_console()
    if not rows:
        console.print("No cutover announces a change to a licence that was known then.")
        return
    table = new_table()
    table.add_column("licence, cutover", overflow="fold")
    table.add_column("charge, due (UTC)", no_wrap=True)
    table.add_column("notices", no_wrap=True)
    for (license_id, charge_date, cutover_id), announced in groupby(rows, _announcement):
        channels = sorted(announced, key=lambda row: CHANNELS.index(row["channel"]))
        first = channels[0]
        models = f"{first['pricing_model_before']} → {first['pricing_model_after']}"
        table.add_row(
            Text.assemble((license_id, "bold"), f"\n  {cutover_id}\n  {models}"),
            f"{words.day(date.fromisoformat(charge_date))}\n  due {words.instant(first['due_at'])}",
            Text("\n").join(in_words(row) for row in channels),
        )
    console.print(table)
    console.print(Text(f"{words.count(len(rows), 'notice')}.", "dim"))


def _announcement(row: Row) -> tuple[str, str, str]:
    return row["license_id"], row["charge_date"], row["cutover_id"]

"""The command that shows what webhooks said that is not recorded, and tries it again."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import write_csv, write_json_lines
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import OPERATE, Format, FormatOption
from desk.cli.screen import err_console, out_console
from desk.cli.settings import configuration, open_to_ask, open_to_record
from desk.cli.tables import new_table
from ledger.rules.instants import format_instant, from_us

if TYPE_CHECKING:
    from ledger.application.settle_webhooks import Tried
    from ledger.stores.inbox.deliveries import Delivery

app = typer.Typer()

_COLUMNS = (
    "delivery_id", "received_at", "organization_id", "license_id", "action", "subject", "outcome", "code",
    "reason", "position",
)  # fmt: skip
_SAID = {
    "received": "not finished",
    "recorded": "recorded",
    "duplicate": "came twice",
    "awaiting_approval": "awaits approval",
    "withdrawn": "withdrawn",
    "kept_aside": "kept aside",
    "malformed": "malformed",
    "dismissed": "dismissed",
}

_WAYS_OUT = {
    "unknown_organization": "An organisation that the configuration does not know: name it under "
    "[organisations], then give --retry.",
    "same_fact_again": "The same fact within a minute: --retry --delivery N records it, --dismiss N takes it "
    "for a retry.",
    "unknown_action": "An action of no use here: --dismiss N, and register the webhook for fewer.",
}
_REFUSED = (
    "What the ledger refuses: record what is missing, then give --retry; or --dismiss N if it is right."
)
_UNFINISHED = "What is not finished: give --retry."

_Retry = Annotated[
    bool,
    typer.Option(
        "--retry", help="Try them again, effective when they were received; the configuration is read anew."
    ),
]
_All = Annotated[bool, typer.Option("--all", help="List every delivery, the settled ones too.")]
_Deliveries = Annotated[
    list[int] | None,
    typer.Option("--delivery", metavar="N", show_default=False, help="Retry this one only; may be repeated."),
]
_Dismiss = Annotated[
    list[int] | None,
    typer.Option(
        "--dismiss", metavar="N", show_default=False, help="Put this one away, unrecorded; may be repeated."
    ),
]
_Strict = Annotated[bool, typer.Option("--strict", help="End with exit code 1 if any are left open.")]


@app.command(
    "webhooks",
    cls=LedgerCommand,
    rich_help_panel=OPERATE,
    epilog=examples("webhooks", "webhooks --retry"),
)
def webhooks(
    ctx: typer.Context,
    *,
    retry: _Retry = False,
    deliveries: _Deliveries = None,
    dismiss: _Dismiss = None,
    everything: _All = False,
    form: FormatOption = Format.TABLE,
    strict: _Strict = False,
) -> None:
    """List the webhooks that nothing is recorded of, each with the reason, and try them again.

    Kept aside is what speaks of an organisation that the configuration does not name, and what the ledger
    refuses.
    """
    if deliveries and not retry:
        raise typer.BadParameter("It says what to retry; give --retry too.", param_hint="'--delivery'")
    if retry or dismiss:
        _settle(ctx, retry=retry, deliveries=deliveries or (), dismiss=dismiss or ())
    with open_to_ask(ctx) as ledger:
        left = lazy.open_deliveries(ledger)
        listed = lazy.all_deliveries(ledger) if everything else left
    _show(listed, form)
    if form is Format.TABLE:
        out_console().print(Text(_counted(listed, len(left), everything=everything), "dim"), soft_wrap=False)
        for way_out in dict.fromkeys(_way_out(one) for one in left):
            out_console().print(Text(way_out, "dim"), soft_wrap=False)
    if strict and left:
        raise typer.Exit(FAILED)


def _settle(ctx: typer.Context, *, retry: bool, deliveries: Sequence[int], dismiss: Sequence[int]) -> None:
    organisations = configuration(ctx).organisations
    with open_to_record(ctx) as ledger:
        for delivery_id in dismiss:
            lazy.dismiss_webhook(ledger, delivery_id)
            _tell(f"Delivery {delivery_id} is dismissed.")
        for tried in lazy.retry_webhooks(ledger, organisations, deliveries) if retry else ():
            _tell(_became(tried))


def _became(tried: "Tried") -> str:
    said = f"Delivery {tried.delivery.delivery_id}, {_what(tried.delivery)}: "
    if tried.received.reason is not None:
        return f"{said}still kept aside. {tried.received.reason}"
    where = "" if tried.received.position is None else f" at position {tried.received.position}"
    return f"{said}{_SAID[tried.received.outcome.value]}{where}."


def _tell(line: str) -> None:
    err_console().print(line, soft_wrap=True)


def _show(listed: Sequence["Delivery"], form: Format) -> None:
    rows = [_row(one) for one in listed]
    if form is Format.TABLE:
        _show_table(listed)
    elif form is Format.CSV:
        write_csv(rows, _COLUMNS)
    else:
        write_json_lines([json.dumps(row, ensure_ascii=False) for row in rows], form)


def _row(one: "Delivery") -> dict[str, Any]:
    row = {column: getattr(one, column, None) for column in _COLUMNS}
    return {**row, "received_at": format_instant(from_us(one.received_us)), "outcome": one.outcome.value}


def _show_table(listed: Sequence["Delivery"]) -> None:
    if not listed:
        return
    table = new_table()
    table.add_column("delivery", justify="right")
    table.add_column("received (UTC)", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("licence", overflow="fold")
    table.add_column("outcome", overflow="fold")
    for one in listed:
        received = from_us(one.received_us).replace(microsecond=0)
        whose = Text(
            one.license_id or (f"organisation {one.organization_id}" if one.organization_id else "–")
        )
        became = Text(_SAID[one.outcome.value], "yellow" if one.code else "")
        if one.reason is not None:
            became.append(f"\n{one.reason}", "dim")
        table.add_row(str(one.delivery_id), words.instant(received), _what(one), whose, became)
    out_console().print(table)


def _way_out(one: "Delivery") -> str:
    return _UNFINISHED if one.code is None else _WAYS_OUT.get(one.code, _REFUSED)


def _what(one: "Delivery") -> str:
    return " ".join(filter(None, (one.action, one.subject))) or "a body of another form"


def _counted(listed: Sequence["Delivery"], left: int, *, everything: bool) -> str:
    if everything:
        return f"{words.count(len(listed), 'delivery', 'deliveries')}, {words.number(left)} open."
    return f"{words.count(left, 'delivery', 'deliveries')} open." if left else "Nothing is open."

"""Commands about a licence's ChatBots."""

import typer

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import RECORD, Actor, At, ChatBotArg, Key, LicenseArg
from desk.cli.recording import meta, show_recorded
from desk.cli.settings import open_to_record
from ledger.rules.words import SYSTEM_ACTOR

app = typer.Typer()


@app.command(
    "add-chatbot",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("add-chatbot northwind order-bot --at 2024-05-10T12:00:00Z"),
)
def add_chatbot(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    bot_id: ChatBotArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Add a ChatBot; under pay-per-seat it occupies a seat as long as it is there."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.add_chatbot(ledger, license_id=license_id, bot_id=bot_id, meta=meta(at, actor, key))
    show_recorded(recorded)


@app.command(
    "remove-chatbot",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("remove-chatbot northwind order-bot --at 2024-05-20T12:00:00Z"),
)
def remove_chatbot(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    bot_id: ChatBotArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Remove a ChatBot."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.remove_chatbot(
            ledger, license_id=license_id, bot_id=bot_id, meta=meta(at, actor, key)
        )
    show_recorded(recorded)

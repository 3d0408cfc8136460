"""The commands for keys by which programs ask."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.group import LedgerCommand, LedgerGroup
from desk.cli.help_page import examples
from desk.cli.options import OPERATE, Format, FormatOption
from desk.cli.screen import out_console
from desk.cli.users import opened_accounts, show_rows
from desk.cli.values import whole_number
from desk.words import instant

SCOPES = (
    "read_licenses|read_invoices|export|change_team|read_access_log|read_operations|operate|manage_accounts"
)
_COLUMNS = ("prefix", "user", "label", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
_MOST_DAYS = 730

app = typer.Typer()
keys = typer.Typer(
    name="api-key",
    cls=LedgerGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    rich_help_panel=OPERATE,
    help="Make, list and revoke the keys by which programs ask.",
    epilog=examples("api-key list", "api-key create --help"),
)
app.add_typer(keys, rich_help_panel=OPERATE)

_User = Annotated[str, typer.Option(metavar="NAME", help="Whose rights the key has.", show_default=False)]
_Scope = Annotated[
    list[str],
    typer.Option(metavar="SCOPE", help=f"What of them: {SCOPES}; may be repeated.", show_default=False),
]
_Label = Annotated[str, typer.Option(metavar="TEXT", help="What it is for.", show_default=False)]
_Days = Annotated[
    int, typer.Option(metavar="N", parser=whole_number(1, _MOST_DAYS), help="How long it holds.")
]
_Prefix = Annotated[str, typer.Argument(metavar="PREFIX", help="What the list shows.", show_default=False)]


@keys.command(
    "create",
    cls=LedgerCommand,
    epilog=examples("api-key create --user kim@example.com --scope read_invoices --label reports"),
)
def create(ctx: typer.Context, *, user: _User, scope: _Scope, label: _Label = "", days: _Days = 90) -> None:
    """Make a key; it is shown this once."""
    for one in scope:
        if one not in SCOPES.split("|"):
            raise typer.BadParameter(f"{one!r} is none of {SCOPES}.", param_hint="'--scope'")
    with opened_accounts(ctx) as accounts:
        scopes = [lazy.Right(one) for one in scope]
        secret, key = lazy.create_api_key(accounts, user=user, label=label, scopes=scopes, days=days)
    console = out_console()
    said = f"Key {key.prefix} acts as {key.user} until {instant(key.expires_at)}."
    console.print(Text(said), soft_wrap=True)
    console.print(Text.assemble("Key: ", (secret, "bold")), soft_wrap=True)


@keys.command("list", cls=LedgerCommand, epilog=examples("api-key list"))
def list_(ctx: typer.Context, *, form: FormatOption = Format.TABLE) -> None:
    """List all keys, and when each was used last."""
    with opened_accounts(ctx) as accounts:
        found = [asdict(key) for key in lazy.list_api_keys(accounts)]
    show_rows(found, form, _COLUMNS, "key")


@keys.command("revoke", cls=LedgerCommand, epilog=examples("api-key revoke 4fJq8Zr2Ls"))
def revoke(ctx: typer.Context, prefix: _Prefix) -> None:
    """End a key at once."""
    with opened_accounts(ctx) as accounts:
        lazy.revoke_api_key(accounts, prefix=prefix)
    out_console().print(Text(f"Key {prefix} does not hold any more."), soft_wrap=True)

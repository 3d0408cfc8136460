"""The commands that say who may sign in to the pages."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.answers import Row, write_csv, write_json_lines
from desk.cli.group import LedgerCommand, LedgerGroup
from desk.cli.help_page import examples
from desk.cli.options import OPERATE, Format, FormatOption
from desk.cli.screen import out_console
from desk.cli.settings import open_to_record
from desk.cli.tables import new_table
from desk.words import instant

if TYPE_CHECKING:
    from ledger.application.accounts.accounts import Accounts

ROLES = "partner|support|operator|auditor|admin"
_COLUMNS = ("name", "role", "partner_id", "has_password", "created_at", "disabled_at")
_BYTES = 12

app = typer.Typer()
users = typer.Typer(
    name="user",
    cls=LedgerGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    rich_help_panel=OPERATE,
    help="Say who may sign in to the pages, and as what.",
    epilog=examples("user add kim@example.com --role support", "user list"),
)
app.add_typer(users, rich_help_panel=OPERATE)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.", show_default=False)]
_Role = Annotated[str, typer.Option(metavar="ROLE", help=f"What they may do: {ROLES}.", show_default=False)]
_Partner = Annotated[
    str | None,
    typer.Option(metavar="ID", show_default=False, help="Whose licences a user of the role partner sees."),
]
_NoPassword = Annotated[
    bool, typer.Option("--no-password", help="They sign in by the house's own sign-in (OIDC) alone.")
]
_FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin instead of making one up.")
]


@contextmanager
def opened_accounts(ctx: typer.Context) -> Iterator["Accounts"]:
    """Open the accounts of the store that was named."""
    with open_to_record(ctx) as ledger, lazy.Accounts.open(ledger) as accounts:
        yield accounts


@users.command("add", cls=LedgerCommand, epilog=examples("user add kim@example.com --role support"))
def add(
    ctx: typer.Context,
    name: Name,
    *,
    role: _Role,
    partner: _Partner = None,
    no_password: _NoPassword = False,
    password_stdin: _FromStdin = False,
) -> None:
    """Add a user; their password is made up and shown this once."""
    if role not in ROLES.split("|"):
        raise typer.BadParameter(f"{role!r} is none of {ROLES}.", param_hint="'--role'")
    password = None if no_password else _password(from_stdin=password_stdin)
    with opened_accounts(ctx) as accounts:
        user = lazy.add_user(
            accounts, name=name, role=lazy.UserRole(role), partner_id=partner, password=password
        )
    out_console().print(Text(f"User {user.name} added as {role}."), soft_wrap=True)
    _say(None if password_stdin else password)


@users.command("password", cls=LedgerCommand, epilog=examples("user password kim@example.com"))
def password(ctx: typer.Context, name: Name, *, password_stdin: _FromStdin = False) -> None:
    """Give a user another password, shown this once, and end their sessions."""
    given = _password(from_stdin=password_stdin)
    with opened_accounts(ctx) as accounts:
        lazy.set_password(accounts, name=name, password=given)
    out_console().print(Text(f"User {name} has another password; their sessions have ended."), soft_wrap=True)
    _say(None if password_stdin else given)


@users.command("disable", cls=LedgerCommand, epilog=examples("user disable kim@example.com"))
def disable(ctx: typer.Context, name: Name) -> None:
    """Keep a user and their keys out from now on."""
    with opened_accounts(ctx) as accounts:
        lazy.disable_user(accounts, name=name)
    out_console().print(Text(f"User {name} cannot sign in any more."), soft_wrap=True)


@users.command("enable", cls=LedgerCommand, epilog=examples("user enable kim@example.com"))
def enable(ctx: typer.Context, name: Name) -> None:
    """Let a user in again."""
    with opened_accounts(ctx) as accounts:
        lazy.enable_user(accounts, name=name)
    out_console().print(Text(f"User {name} can sign in again."), soft_wrap=True)


@users.command("list", cls=LedgerCommand, epilog=examples("user list"))
def list_(ctx: typer.Context, *, form: FormatOption = Format.TABLE) -> None:
    """List all users."""
    with opened_accounts(ctx) as accounts:
        found = [asdict(user) for user in lazy.list_users(accounts)]
    show_rows(found, form, _COLUMNS, "user")


def show_rows(found: list[Row], form: Format, columns: tuple[str, ...], what: str) -> None:
    """Write rows of accounts in the form that was asked for."""
    rows = [{name: _plain(row[name]) for name in columns} for row in found]
    if form is Format.CSV:
        write_csv(rows, columns)
    elif form is not Format.TABLE:
        write_json_lines([lazy.dumps(row, ensure_ascii=False) for row in rows], form)
    elif not rows:
        out_console().print(f"There is no {what} yet.")
    else:
        table = new_table()
        for name in columns:
            table.add_column(name.replace("_", " "), overflow="fold")
        for row in found:
            table.add_row(*(_cell(row[name]) for name in columns))
        out_console().print(table)


def _password(*, from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else token_urlsafe(_BYTES)


def _say(made_up: str | None) -> None:
    if made_up is not None:
        out_console().print(Text.assemble("Password: ", (made_up, "bold")), soft_wrap=True)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(value)
    return lazy.format_instant(value) if isinstance(value, datetime) else value


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    return instant(value) if isinstance(value, datetime) else str(_plain(value))

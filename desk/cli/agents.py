"""Commands about a licence's agents and the seats that they take."""

from typing import Annotated

import typer

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import RECORD, Actor, AgentArg, At, Key, LicenseArg
from desk.cli.recording import meta, show_recorded
from desk.cli.settings import open_to_record
from ledger.rules.words import SYSTEM_ACTOR, Role

app = typer.Typer()

_Role = Annotated[Role, typer.Option(help="What the agent may do; owners and admins may move the charge.")]
_Complimentary = Annotated[
    bool, typer.Option("--complimentary", help="The partner's own account, free under pay-per-seat.")
]


@app.command(
    "create-agent",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples(
        "create-agent northwind sue@northwind.example --role owner --at 2024-05-01T08:00:00Z",
        "create-agent northwind tom@northwind.example --at 2024-05-02T09:30:00Z",
    ),
)
def create_agent(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    role: _Role = Role.AGENT,
    complimentary: _Complimentary = False,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Make an agent's account, active from then on."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.create_agent(
            ledger,
            license_id=license_id,
            agent_id=agent_id,
            role=role,
            complimentary=complimentary,
            meta=meta(at, actor, key),
        )
    show_recorded(recorded)


@app.command(
    "suspend-agent",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples(
        "suspend-agent northwind tom@northwind.example --at 2024-06-03T17:00:00Z --key ticket-4711"
    ),
)
def suspend_agent(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Suspend an active agent; a seat held until then is released."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.suspend_agent(
            ledger, license_id=license_id, agent_id=agent_id, meta=meta(at, actor, key)
        )
    show_recorded(recorded)


@app.command(
    "activate-agent",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("activate-agent northwind tom@northwind.example --at 2024-06-10T08:00:00Z"),
)
def activate_agent(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Make a suspended agent active again."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.activate_agent(
            ledger, license_id=license_id, agent_id=agent_id, meta=meta(at, actor, key)
        )
    show_recorded(recorded)


@app.command(
    "delete-agent",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("delete-agent northwind tom@northwind.example --actor sue@northwind.example"),
)
def delete_agent(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Delete an agent's account; the id may be created anew."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.delete_agent(
            ledger, license_id=license_id, agent_id=agent_id, meta=meta(at, actor, key)
        )
    show_recorded(recorded)


@app.command(
    "take-seat",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("take-seat northwind sue@northwind.example --at 2024-05-03T07:02:00Z"),
)
def take_seat(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Record that an agent began to chat with visitors."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.take_seat(ledger, license_id=license_id, agent_id=agent_id, meta=meta(at, actor, key))
    show_recorded(recorded)


@app.command(
    "release-seat",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("release-seat northwind sue@northwind.example --at 2024-05-03T15:00:00Z"),
)
def release_seat(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    agent_id: AgentArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Record that an agent left the seat."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.release_seat(
            ledger, license_id=license_id, agent_id=agent_id, meta=meta(at, actor, key)
        )
    show_recorded(recorded)

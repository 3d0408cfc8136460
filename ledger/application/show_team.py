"""Show who is on a licence: agents and ChatBots, what each counts for, and what a change would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import polars as pl

from ledger.aggregates.license import AgentNotFound
from ledger.application.ask import Question, Read, read_history
from ledger.application.ledger import Ledger
from ledger.application.show_license import LicenseNotCreatedYet, creation_of, expected_invoice
from ledger.events.facts import Fact
from ledger.events.license import AgentCreated
from ledger.events.streams import license_stream
from ledger.projections.account_states import AGENT, accounts
from ledger.projections.charged import counts_under
from ledger.projections.license_steps import license_steps
from ledger.projections.what_if import with_accounts
from ledger.rules.instants import format_instant, from_us
from ledger.rules.words import PricingModel, Role


class TeamChange(StrEnum):
    """What can be done to an agent from the team's page."""

    SUSPEND = "suspend"
    ACTIVATE = "activate"
    DELETE = "delete"


FACT_OF: Final[Mapping[TeamChange, Fact]] = {
    TeamChange.SUSPEND: Fact.AGENT_SUSPENDED,
    TeamChange.ACTIVATE: Fact.AGENT_ACTIVATED,
    TeamChange.DELETE: Fact.AGENT_DELETED,
}


@dataclass(frozen=True)
class Agent:
    """An agent as they stand: `counts` under the model in force; `is_last_owner`: the only active one."""

    agent_id: str
    role: Role
    status: str
    complimentary: bool
    last_seat_at: datetime | None
    holds_seat: bool
    counts: bool
    is_last_owner: bool


@dataclass(frozen=True)
class Team:
    """Who is on a licence at an instant, by id, and the pricing model by which they count."""

    pricing_model: PricingModel
    currency: str
    active: tuple[Agent, ...]
    suspended: tuple[Agent, ...]
    chatbots: tuple[str, ...]

    def agent(self, agent_id: str) -> Agent | None:
        """Return an agent who is there."""
        return next((one for one in (*self.active, *self.suspended) if one.agent_id == agent_id), None)


@dataclass(frozen=True)
class Effect:
    """What a change does to the next charge, in minor units; None where no charge is expected."""

    agent: Agent
    currency: str
    pricing_model: PricingModel | None
    date: date | None
    before: int | None
    after: int | None


def show_team(ledger: Ledger, license_id: str, *, as_of: datetime, known_at: datetime | None = None) -> Team:
    """Return a licence's team; raises LicenseNotFound, LicenseNotKnownYet and LicenseNotCreatedYet."""
    question = Question(as_of, known_at, (license_id,))
    return _team(ledger, question, read_history(ledger, question))


def expect_effect(ledger: Ledger, license_id: str, agent_id: str, change: TeamChange, at: datetime) -> Effect:
    """Return what the next charge would be with and without a change at an instant; nothing is recorded.

    Raises AgentNotFound for one who is not there, and what `show_team` raises.
    """
    question = Question(at, None, (license_id,))
    read = read_history(ledger, question)
    team = _team(ledger, question, read)
    agent = team.agent(agent_id)
    if agent is None:
        raise AgentNotFound(what="agent", name=agent_id, license_id=license_id)
    there = accounts(read.history, question.as_of_us, read.names)
    # a moment later, so that it comes after what happened at the instant itself
    rows = there.filter((pl.col("account_id") == agent_id) & (pl.col("kind") == AGENT)).select(
        "license", "subject", at_us=pl.lit(question.as_of_us + 1, pl.Int64)
    )
    otherwise = Read(with_accounts(read.history, rows, FACT_OF[change]), read.names)
    before, after = expected_invoice(read, at), expected_invoice(otherwise, at)
    shown: Mapping[str, Any] = after or before or {}
    billing_date, model = shown.get("billing_date"), shown.get("pricing_model")
    return Effect(
        agent=agent,
        currency=team.currency,
        pricing_model=PricingModel(model) if model else None,
        date=date.fromisoformat(billing_date) if billing_date else None,
        before=before["total"] if before else None,
        after=after["total"] if after else None,
    )


def _team(ledger: Ledger, question: Question, read: Read) -> Team:
    (license_id,) = question.license_ids
    created = creation_of(ledger, license_id)
    if created.effective_at > question.as_of:
        raise LicenseNotCreatedYet(
            what="licence", name=license_id, created_at=format_instant(created.effective_at)
        )
    steps = license_steps(read.history).filter(pl.col("valid_from_us") <= question.as_of_us)
    model = PricingModel(steps["pricing_model"][-1])
    cancelled = steps["status"][-1] == "cancelled"
    there = accounts(read.history, question.as_of_us, read.names).with_columns(
        counts=counts_under(model, question.as_of_us) & ~pl.lit(cancelled)
    )
    roles = _roles(ledger, question)
    agents = [row for row in there.iter_rows(named=True) if row["kind"] == AGENT]
    owners = [
        row["account_id"]
        for row in agents
        if row["status"] == "active" and roles.get(row["account_id"]) is Role.OWNER
    ]
    listed = [
        Agent(
            agent_id=row["account_id"],
            role=roles.get(row["account_id"], Role.AGENT),
            status=row["status"],
            complimentary=row["complimentary"],
            last_seat_at=None if row["last_seat_us"] is None else from_us(row["last_seat_us"]),
            holds_seat=row["last_seat_us"] == question.as_of_us,
            counts=row["counts"],
            is_last_owner=owners == [row["account_id"]],
        )
        for row in agents
    ]
    return Team(
        pricing_model=model,
        currency=created.currency,
        active=tuple(one for one in listed if one.status == "active"),
        suspended=tuple(one for one in listed if one.status == "suspended"),
        chatbots=tuple(there.filter(pl.col("kind") != AGENT)["account_id"]),
    )


def _roles(ledger: Ledger, question: Question) -> dict[str, Role]:
    """Return each agent's role, that of the latest creation; the columns of a log do not have it."""
    (license_id,) = question.license_ids
    stored = ledger.store.recorder.select_events(license_stream(license_id))
    events = [ledger.store.mapper.to_domain_event(event).event for event in stored]
    created = [
        event
        for event in events
        if isinstance(event, AgentCreated)
        and event.effective_at <= question.as_of
        and event.recorded_at <= (question.known_at or question.as_of)
    ]
    # of equal instants the one recorded later stands, and sorting keeps their order
    return {event.agent_id: Role(event.role) for event in sorted(created, key=lambda one: one.effective_at)}

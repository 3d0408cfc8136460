"""Review a partner's licences: accounts that nobody uses, what changes ahead, the next charges."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from ledger.application.ask import DataFault, Question, Read, missing_price, read_history
from ledger.application.ledger import Ledger
from ledger.application.show_statement import require_partner
from ledger.projections.history import History
from ledger.projections.invoices import invoices
from ledger.projections.notices import charges
from ledger.projections.redundant import Redundant, redundant
from ledger.projections.what_if import part_of
from ledger.rules.instants import format_instant, from_us, to_us

_SUMS = ("expected", "without", "saves")


@dataclass(frozen=True)
class ReviewedCharge:
    """A charge ahead, as things stand and with all unused accounts suspended at once; minor units.

    Amounts are None where no invoice will be made on that date, or no price is known. `cutover_id` is that
    of the cutover that switches the licence with this charge.
    """

    billing_date: date
    pricing_model: str | None
    expected_minor: int | None
    without_minor: int | None
    cutover_id: str | None = None

    @property
    def saves_minor(self) -> int | None:
        """Return what is saved."""
        if self.expected_minor is None or self.without_minor is None:
            return None
        return self.expected_minor - self.without_minor

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "billing_date": self.billing_date.isoformat(),
            "pricing_model": self.pricing_model,
            "cutover_id": self.cutover_id,
            "expected": self.expected_minor,
            "without": self.without_minor,
            "saves": self.saves_minor,
        }


@dataclass(frozen=True)
class ReviewedAgent:
    """An active agent without a recent seat, and what suspending it alone saves on either charge."""

    agent_id: str
    last_seat_at: datetime | None
    saves_minor: int | None
    saves_after_cutover_minor: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "agent_id": self.agent_id,
            "last_seat_at": None if self.last_seat_at is None else format_instant(self.last_seat_at),
            "saves": self.saves_minor,
            "saves_after_cutover": self.saves_after_cutover_minor,
        }


@dataclass(frozen=True)
class ReviewedLicense:
    """A licence that is there: its next charge, the first one after a cutover ahead, its unused accounts."""

    license_id: str
    currency: str
    agents_active: int
    next_charge: ReviewedCharge
    after_cutover: ReviewedCharge | None
    agents: tuple[ReviewedAgent, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "license_id": self.license_id,
            "currency": self.currency,
            "agents_active": self.agents_active,
            "next_charge": self.next_charge.as_dict(),
            "after_cutover": None if self.after_cutover is None else self.after_cutover.as_dict(),
            "agents": [agent.as_dict() for agent in self.agents],
        }


@dataclass(frozen=True)
class Review:
    """A partner's licences as known at an instant, by license_id; unused is who held no seat for `days`."""

    partner_id: str
    programme: str
    at: datetime
    days: int
    licenses: tuple[ReviewedLicense, ...]
    faults: tuple[DataFault, ...]

    def totals(self) -> list[dict[str, Any]]:
        """Return by currency: licences, unused accounts, and what the charges add up to."""
        sums: dict[str, Counter[str]] = {}
        for one in self.licenses:
            found = sums.setdefault(one.currency, Counter())
            found["licenses"] += 1
            found["redundant"] += len(one.agents)
            for prefix, charge in (("", one.next_charge), ("after_cutover_", one.after_cutover)):
                for name, value in (charge.as_dict() if charge else {}).items():
                    if name in _SUMS:
                        found[prefix + name] += value or 0
        names = ("licenses", "redundant", *_SUMS, *(f"after_cutover_{name}" for name in _SUMS))
        return [
            {"currency": currency, **{name: sums[currency][name] for name in names}}
            for currency in sorted(sums)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "partner_id": self.partner_id,
            "programme": self.programme,
            "at": format_instant(self.at),
            "days": self.days,
            "licenses": [one.as_dict() for one in self.licenses],
            "totals": self.totals(),
        }


def review(ledger: Ledger, partner_id: str, days: int, at: datetime) -> Review:
    """Return the review of a partner's licences at an instant, as known then; cancelled ones are left out.

    All licences are billed together, a few runs of the kernel in all. Raises PartnerNotFound.
    """
    programme = require_partner(ledger, partner_id, at)
    read = read_history(ledger, Question(at))
    history = part_of(read.history, pl.col("partner_id") == partner_id)
    at_us = to_us(at)
    ahead = (
        charges(history)
        .filter(pl.col("charge_us") > at_us)
        .sort("license", "charge_us")
        .group_by("license", maintain_order=True)
        .first()
    )
    soon = redundant(history, days, at_us)
    later = redundant(history, days, at_us, ahead.select("license", "charge_day", "charge_us"))
    models = _models(history, soon, later)
    cutovers = dict(
        ahead.select(pl.lit(history.licenses["license_id"]).gather("license"), "cutover_id").iter_rows()
    )
    after = {row["license_id"]: row for row in later.licenses.iter_rows(named=True)}
    agents = dict(_agents(read, soon, later))
    return Review(
        partner_id=partner_id,
        programme=programme,
        at=at,
        days=days,
        licenses=tuple(
            ReviewedLicense(
                license_id=license_id,
                currency=row["currency"],
                agents_active=row["agents_active"],
                next_charge=_charge(row, models),
                after_cutover=_charge(after[license_id], models, cutovers[license_id])
                if license_id in after
                else None,
                agents=tuple(agents.get(license_id, ())),
            )
            for row in soon.licenses.iter_rows(named=True)
            for license_id in [row["license_id"]]
        ),
        faults=tuple(dict.fromkeys(map(missing_price, _unpriced(soon, later)))),
    )


def _models(history: History, *found: Redundant) -> Mapping[tuple[str, date], str]:
    """Return the pricing model of each charge, by licence and date."""
    due = pl.concat([one.licenses.select("license_id", billing_date="charge_date") for one in found])
    last = due["billing_date"].max()
    if not isinstance(last, date):
        return {}
    # a day later than its day in UTC, a date has come everywhere
    until = datetime.combine(last, time(), tzinfo=UTC) + timedelta(days=2)
    rows = invoices(history, to_us(until)).invoices.join(due.unique(), on=["license_id", "billing_date"])
    return {
        (license_id, day): model
        for license_id, day, model in rows.select("license_id", "billing_date", "pricing_model").iter_rows()
    }


def _charge(
    row: Mapping[str, Any], models: Mapping[tuple[str, date], str], cutover_id: str | None = None
) -> ReviewedCharge:
    day = row["charge_date"]
    return ReviewedCharge(
        day, models.get((row["license_id"], day)), row["expected"], row["without"], cutover_id
    )


def _agents(read: Read, soon: Redundant, later: Redundant) -> Iterator[tuple[str, list[ReviewedAgent]]]:
    """Yield each licence's unused agents with what each saves."""
    rows = (
        soon.agents.join(
            later.agents.select("license_id", "position", saves_later="saves"),
            on=["license_id", "position"],
            how="left",
            maintain_order="left",
        )
        .join(read.names, on="position", how="left", maintain_order="left")
        .with_columns(pl.col("subject").cast(pl.String), pl.col("license_id").cast(pl.String))
    )
    for (license_id,), of in rows.group_by(["license_id"], maintain_order=True):
        yield (
            str(license_id),
            [
                ReviewedAgent(name, None if last_us is None else from_us(last_us), saves, saves_later)
                for name, last_us, saves, saves_later in of.select(
                    "subject", "last_seat_us", "saves", "saves_later"
                ).iter_rows()
            ],
        )


def _unpriced(*found: Redundant) -> Iterator[dict[str, Any]]:
    for one in found:
        yield from one.unpriced.iter_rows(named=True)

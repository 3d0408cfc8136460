"""What notices say, as plain values for mail, pages and the command line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from ledger.application.apart import compute_apart
from ledger.application.ask import DataFault, Question, missing_price, read_history
from ledger.application.ledger import Ledger
from ledger.application.projecting import LICENSES_AT_ONCE
from ledger.projections.account_states import AGENT, CHATBOT
from ledger.projections.notice_contents import REDUNDANT_DAYS, notice_contents
from ledger.projections.rates import plain_rates
from ledger.rules.instants import from_us
from ledger.rules.words import PricingModel


@dataclass(frozen=True)
class Bill:
    """An invoice as a notice quotes it; `rate` is the discount's, null without one."""

    billing_date: date
    pricing_model: PricingModel
    plan: str
    billing_cycle: str
    quantity: int
    unit_amount_minor: int
    period_start: date
    period_end: date
    recurring_minor: int
    true_ups_minor: int
    discount_minor: int
    rate: str | None
    adjustments_minor: int
    total_minor: int


@dataclass(frozen=True)
class Account:
    """An agent or a ChatBot as it stands; `last_seat_at` is null for who never held a seat."""

    account_id: str
    kind: str
    is_active: bool
    is_complimentary: bool
    last_seat_at: datetime | None
    is_redundant: bool

    @property
    def is_agent(self) -> bool:
        """Tell whether it is a person's."""
        return self.kind == AGENT


@dataclass(frozen=True)
class Savings:
    """By how much the expected invoice falls, in minor units; None where nobody can say."""

    suspending_one: int | None
    deleting_one: int | None
    deleting_one_suspended: int | None
    suspending_redundant: int | None


@dataclass(frozen=True)
class NoticeContent:
    """What a notice says about a licence and a cutover at an instant; amounts in minor units of `currency`.

    `expected` and `under_old_model` are None without a published price; `last` before the first invoice.
    """

    license_id: str
    cutover_id: str
    charge_date: date
    charge_at: datetime
    due_date: date
    due_at: datetime
    time_zone: str
    is_late: bool
    pricing_model_before: PricingModel
    pricing_model_after: PricingModel
    currency: str
    payer_id: str
    partner_id: str | None
    partner_pays: bool
    agents_active: int
    agents_suspended: int
    chatbots: int
    last: Bill | None
    expected: Bill | None
    under_old_model: Bill | None
    chatbot_savings_minor: int | None
    savings: Savings
    redundant_days: int
    accounts: tuple[Account, ...]

    @property
    def agents(self) -> tuple[Account, ...]:
        """Return the agents."""
        return tuple(account for account in self.accounts if account.is_agent)

    @property
    def bots(self) -> tuple[Account, ...]:
        """Return the ChatBots."""
        return tuple(account for account in self.accounts if account.kind == CHATBOT)

    @property
    def redundant(self) -> tuple[Account, ...]:
        """Return the active agents who held no seat of late."""
        return tuple(account for account in self.accounts if account.is_redundant)

    @property
    def charged_from_now_on(self) -> tuple[Account, ...]:
        """Return the complimentary agents: free while seats were counted, and counted from the charge on."""
        if self.pricing_model_before is not PricingModel.PPS or self.pricing_model_after is PricingModel.PPS:
            return ()
        counts_suspended = self.pricing_model_after is PricingModel.PPA
        return tuple(
            account
            for account in self.accounts
            if account.is_complimentary and (account.is_active or counts_suspended)
        )


@dataclass
class ContentsRead:
    """The contents that could be made, by (license_id, charge_date, cutover_id), and why others could not.

    `faults` name the prices that are missing for charges.
    """

    contents: list[NoticeContent] = field(default_factory=list)
    faults: list[DataFault] = field(default_factory=list)
    failed: list[tuple[str, Exception]] = field(default_factory=list)


def read_contents(
    ledger: Ledger,
    license_ids: Sequence[str],
    as_of: datetime,
    known_at: datetime | None = None,
    redundant_days: int = REDUNDANT_DAYS,
) -> ContentsRead:
    """Return what the notices of some licences say at `as_of`, as known at `known_at` (default: as_of).

    A licence whose events cannot be understood is named with the reason and keeps no other from its notice;
    so is one that is not known.
    """
    read = ContentsRead()

    def some(chosen: Sequence[str]) -> None:
        question = Question(as_of, known_at, tuple(chosen))
        known = read_history(ledger, question)
        found = notice_contents(known.history, question.as_of_us, known.names, redundant_days)
        read.contents.extend(_contents(found.contents, found.accounts, redundant_days))
        read.faults.extend(map(missing_price, found.unpriced.iter_rows(named=True)))

    ids = sorted(set(license_ids))
    for start in range(0, len(ids), LICENSES_AT_ONCE):
        read.failed.extend(compute_apart(ids[start : start + LICENSES_AT_ONCE], some))
    return read


def _contents(contents: pl.DataFrame, accounts: pl.DataFrame, redundant_days: int) -> Iterable[NoticeContent]:
    of_license: dict[str, list[Account]] = {}
    for row in accounts.iter_rows(named=True):
        of_license.setdefault(row["license_id"], []).append(_account(row))
    for row in contents.iter_rows(named=True):
        yield _content(row, tuple(of_license.get(row["license_id"], ())), redundant_days)


def _account(row: Mapping[str, Any]) -> Account:
    last_us = row["last_seat_us"]
    return Account(
        account_id=row["account_id"],
        kind=row["kind"],
        is_active=row["status"] == "active",
        is_complimentary=row["complimentary"],
        last_seat_at=None if last_us is None else from_us(last_us),
        is_redundant=row["is_redundant"],
    )


def _content(row: Mapping[str, Any], accounts: tuple[Account, ...], redundant_days: int) -> NoticeContent:
    return NoticeContent(
        **{name: row[name] for name in _AS_THEY_ARE},
        charge_at=from_us(row["charge_at_us"]),
        due_at=from_us(row["due_at_us"]),
        pricing_model_before=PricingModel(row["pricing_model_before"]),
        pricing_model_after=PricingModel(row["pricing_model_after"]),
        payer_id=row["partner_id"] if row["partner_pays"] else row["license_id"],
        last=_bill(row["last"]),
        expected=_bill(row["expected"]),
        under_old_model=_bill(row["under_old_model"]),
        chatbot_savings_minor=row["chatbot_savings"],
        savings=Savings(
            suspending_one=row["saves_by_suspending"],
            deleting_one=row["saves_by_deleting"],
            deleting_one_suspended=row["saves_by_deleting_suspended"],
            suspending_redundant=row["saves_by_suspending_redundant"],
        ),
        redundant_days=redundant_days,
        accounts=accounts,
    )


_AS_THEY_ARE = (
    "license_id", "cutover_id", "charge_date", "due_date", "time_zone", "is_late", "currency", "partner_id",
    "partner_pays", "agents_active", "agents_suspended", "chatbots",
)  # fmt: skip


def _bill(row: Mapping[str, Any] | None) -> Bill | None:
    if row is None or row["total"] is None:
        return None
    return Bill(
        billing_date=row["billing_date"],
        pricing_model=PricingModel(row["pricing_model"]),
        plan=row["plan"],
        billing_cycle=row["billing_cycle"],
        quantity=row["quantity"],
        unit_amount_minor=row["unit_amount"],
        period_start=row["period_start"],
        period_end=row["period_end"],
        recurring_minor=row["recurring"],
        true_ups_minor=row["true_ups"],
        discount_minor=row["discount"],
        rate=plain_rates(pl.Series([row["rate"]], dtype=pl.Int64))[0],
        adjustments_minor=row["adjustments"],
        total_minor=row["total"],
    )

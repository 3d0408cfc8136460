"""What a notice says: accounts, the last charge, the one to come, what can be saved (docs/rules.md §7).

Every amount is an invoice of the one kernel: of the history as it is, or as it would be if something were
otherwise. The invoice to come is that of the charge date with no more facts than those that are known.
"""

from dataclasses import dataclass

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.account_states import AGENT, IS_ACTIVE_AGENT, accounts, held_no_seat
from ledger.projections.history import History
from ledger.projections.invoices import Invoices, invoices
from ledger.projections.models import PPS
from ledger.projections.notices import charges
from ledger.projections.seats import seats
from ledger.projections.terms import of_license
from ledger.projections.what_if import switched, with_accounts, without_chatbots

REDUNDANT_DAYS = 30
CONTENT_COLUMNS = (
    "license_id", "cutover_id", "charge_date", "due_date", "due_at_us", "charge_at_us", "is_late",
    "time_zone",
    "pricing_model_before", "pricing_model_after", "currency", "partner_id", "partner_pays",
    "agents_active", "agents_suspended", "chatbots",
    "last", "expected", "under_old_model", "chatbot_savings",
    "saves_by_suspending", "saves_by_deleting", "saves_by_deleting_suspended",
    "saves_by_suspending_redundant",
)  # fmt: skip
BILL_FIELDS = (
    "billing_date", "pricing_model", "quantity", "unit_amount", "period_start", "period_end", "recurring",
    "true_ups", "discount", "rate", "adjustments", "total", "plan", "billing_cycle",
)  # fmt: skip
_CHARGE = ["license_id", "charge_date"]
_NOTICE = ["license_id", "cutover_id"]


@dataclass(frozen=True)
class NoticeContents:
    """What the present notices say, each for all its channels.

    `contents` by (license_id, charge_date, cutover_id): CONTENT_COLUMNS, money in minor units. `last`,
    `expected` and `under_old_model` are structs of BILL_FIELDS: the last invoice with a recurring line that
    has come before the charge, the one of the charge date, and what that would be had the licence kept its
    model; null where there is none, as without a price. `chatbot_savings` is what ChatBots add to the invoice
    under the old model and not under the new one. The `saves_…` say by how much the expected invoice falls if
    one active agent is suspended or deleted, one suspended agent deleted, or all redundant ones suspended, a
    moment before the charge; null where there is no such agent, where the model counts seats (then it hangs
    on who chats), and once the charge has come. `is_late` tells whether a notice sent at the instant is late.

    `accounts` by (license_id, kind, account_id): license_id, kind, account_id, status, complimentary,
    last_seat_us, is_redundant; of the same licences. `unpriced`: rows of `Invoices.unpriced`, of the charge
    dates for which no price is known.
    """

    contents: pl.DataFrame
    accounts: pl.DataFrame
    unpriced: pl.DataFrame


def notice_contents(
    history: History, as_of_us: int, names: pl.DataFrame, redundant_days: int = REDUNDANT_DAYS
) -> NoticeContents:
    """Return what the notices that are present say at an instant.

    Every fact that `history` holds counts for the charge; counts and accounts are those of `as_of_us`.
    `names` says the subject of log rows by position. Without notices all frames are empty.
    """
    rows = _present(history)
    there = accounts(history, as_of_us, names).with_columns(
        is_redundant=IS_ACTIVE_AGENT & held_no_seat("last_seat_us", as_of_us, redundant_days),
        **of_license(history, "license_id"),
    )
    there = there.join(rows.select("license"), on="license", how="semi")
    bills = _Bills.of(history, rows)
    parts = [
        _last(history, rows, as_of_us),
        _named(bills.expected, "expected"),
        _named(bills.under_old_model, "under_old_model"),
        bills.chatbot_savings(),
        *_savings(history, rows.filter(pl.col("charge_us") > as_of_us), there, bills.expected),
    ]
    contents = rows.join(
        seats(history, as_of_us).select("license_id", "agents_active", "agents_suspended", "chatbots"),
        on="license_id",
        how="left",
    ).with_columns(pl.col("agents_active", "agents_suspended", "chatbots").fill_null(0))
    for part in parts:
        contents = contents.join(part, on=_NOTICE, how="left")
    return NoticeContents(
        contents=_dated(history, contents, as_of_us)
        .select(CONTENT_COLUMNS)
        .sort("license_id", "charge_date", "cutover_id"),
        accounts=there.drop("license", "subject")
        .select("license_id", pl.exclude("license_id"))
        .sort("license_id", "kind", "account_id"),
        unpriced=bills.unpriced,
    )


def _present(history: History) -> pl.DataFrame:
    """Return `charges` with the licences' ids and the charge dates."""
    return charges(history).with_columns(
        pl.col("before", "after").cast(pl.String),
        charge_date=pl.col("charge_day").cast(pl.Int32).cast(pl.Date),
        **of_license(history, "license_id", "currency", "partner_id", "partner_pays"),
    )


@dataclass(frozen=True)
class _Bills:
    """The invoices of the charge dates, as `_bills_of` gives them, and the charges without a price."""

    expected: pl.DataFrame
    under_old_model: pl.DataFrame
    expected_without_bots: pl.DataFrame
    old_without_bots: pl.DataFrame
    unpriced: pl.DataFrame

    @classmethod
    def of(cls, history: History, rows: pl.DataFrame) -> "_Bills":
        bots, billed = without_chatbots(history), _billed(history, rows)
        charged = rows.select("license_id", date="charge_date")
        return cls(
            expected=_chosen(billed, rows),
            under_old_model=_kept_model(history, rows),
            expected_without_bots=_bills_of(bots, rows),
            old_without_bots=_kept_model(bots, rows),
            unpriced=billed.unpriced.join(charged, on=charged.columns, how="semi", maintain_order="left"),
        )

    def chatbot_savings(self) -> pl.DataFrame:
        """Return license_id, cutover_id and chatbot_savings, null where one of the invoices is missing."""
        totals = [
            bill.select(*_NOTICE, pl.col("total").alias(f"total_{place}"))
            for place, bill in enumerate(
                (self.under_old_model, self.old_without_bots, self.expected, self.expected_without_bots)
            )
        ]
        first, *others = totals
        for total in others:
            first = first.join(total, on=_NOTICE)
        old, old_bare, new, new_bare = (pl.col(f"total_{place}") for place in range(4))
        return first.select(*_NOTICE, chatbot_savings=(old - old_bare) - (new - new_bare))


def _kept_model(history: History, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the bills of the charge dates had the licences kept their models, cutover by cutover.

    Each cutover is supposed away on its own: another one of the same licence has its say as it has.
    """
    kept = [
        _bills_of(switched(history, of_one.select("license", model="before", at_us="charge_us")), of_one)
        for of_one in rows.partition_by("cutover_id")
    ]
    return pl.concat(kept) if kept else _bills_of(history, rows)


def _bills_of(history: History, rows: pl.DataFrame) -> pl.DataFrame:
    """Return license_id, cutover_id and BILL_FIELDS of the invoices of the charge dates that recur."""
    return _chosen(_billed(history, rows), rows)


def _billed(history: History, rows: pl.DataFrame) -> Invoices:
    """Return the invoices up to the last of the charges."""
    through_us = rows["charge_us"].max()
    return invoices(history, through_us if isinstance(through_us, int) else 0)


def _chosen(billed: Invoices, rows: pl.DataFrame) -> pl.DataFrame:
    """Return those of the charge dates that recur, as `_bills_of` does."""
    chosen = rows.select(*_NOTICE, "charge_date")
    found = _described(billed, chosen.select(_CHARGE).unique().rename({"charge_date": "billing_date"}))
    described = chosen.with_columns(billing_date="charge_date").join(found, on=["license_id", "billing_date"])
    return described.select(*_NOTICE, *BILL_FIELDS)


def _described(billed: Invoices, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return license_id and BILL_FIELDS of the chosen invoices (license_id, billing_date) that recur."""
    key, recurs = ["license_id", "billing_date"], pl.col("kind") == "recurring"

    def of_recurring(name: str) -> pl.Expr:
        return pl.col(name).filter(recurs).first()

    def sum_of(kind: str) -> pl.Expr:
        return pl.col("amount").filter(pl.col("kind") == kind).sum()

    return (
        billed.lines.join(chosen, on=key, how="semi")
        .group_by(key)
        .agg(
            *map(of_recurring, ("pricing_model", "quantity", "unit_amount", "period_start", "period_end")),
            pl.col("rate").drop_nulls().first(),
            has_period=recurs.any(),
            recurring=sum_of("recurring"),
            true_ups=sum_of("true_up"),
            discount=sum_of("discount"),
            adjustments=sum_of("adjustment"),
        )
        .filter("has_period")
        .join(billed.invoices.select(*key, "total", "plan", "billing_cycle"), on=key)
        .select("license_id", *BILL_FIELDS)
    )


def _named(bills: pl.DataFrame, name: str) -> pl.DataFrame:
    return bills.select(*_NOTICE, pl.struct(BILL_FIELDS).alias(name))


def _last(history: History, rows: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return license_id, cutover_id and `last`."""
    billed = invoices(history, as_of_us)
    recurring = billed.lines.filter(pl.col("kind") == "recurring").select("license_id", "billing_date")
    newest = (
        recurring.join(rows.select(*_NOTICE, "charge_date"), on="license_id")
        .filter(pl.col("billing_date") < pl.col("charge_date"))
        .group_by(_NOTICE)
        .agg(pl.col("billing_date").max())
    )
    chosen = newest.select("license_id", "billing_date").unique()
    described = newest.join(_described(billed, chosen), on=["license_id", "billing_date"])
    return _named(described, "last")


def _savings(
    history: History, upcoming: pl.DataFrame, there: pl.DataFrame, expected: pl.DataFrame
) -> list[pl.DataFrame]:
    """Return for each of the `saves_…` license_id, cutover_id and the amount.

    Under a model that counts accounts all agents in one state count alike: the first of them stands for
    each.
    """
    counted = upcoming.filter(pl.col("after") != PPS)
    suspended = (pl.col("kind") == AGENT) & (pl.col("status") == "suspended")
    one = [there.filter(some).unique("license", keep="first") for some in (IS_ACTIVE_AGENT, suspended)]
    supposed = {
        "saves_by_suspending": (one[0], Fact.AGENT_SUSPENDED),
        "saves_by_deleting": (one[0], Fact.AGENT_DELETED),
        "saves_by_deleting_suspended": (one[1], Fact.AGENT_DELETED),
        "saves_by_suspending_redundant": (there.filter("is_redundant"), Fact.AGENT_SUSPENDED),
    }
    return [
        _saved(history, counted, agents, fact, expected).rename({"saved": name})
        for name, (agents, fact) in supposed.items()
    ]


def _saved(
    history: History, rows: pl.DataFrame, agents: pl.DataFrame, fact: Fact, expected: pl.DataFrame
) -> pl.DataFrame:
    """Return license_id, cutover_id and saved, of the notices whose licence has one of the agents."""
    found = []
    for of_one in rows.partition_by("cutover_id"):
        some = agents.join(of_one.select("license", at_us=pl.col("charge_us") - 1), on="license")
        concerned = of_one.join(some.select("license"), on="license", how="semi")
        otherwise = _bills_of(with_accounts(history, some, fact), concerned)
        found.append(
            otherwise.join(expected.select(*_NOTICE, now="total"), on=_NOTICE).select(
                *_NOTICE, saved=pl.col("now") - pl.col("total")
            )
        )
    return pl.concat(found) if found else expected.clear().select(*_NOTICE, saved="total")


def _dated(history: History, contents: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    zones = {offset: name for name, offset in history.zones.offsets.items()}
    due_day = pl.col("charge_day") - pl.col("notice_days")
    today = history.zones.local_day(pl.col("zone"), pl.lit(as_of_us, pl.Int64))
    return contents.with_columns(
        due_date=due_day.cast(pl.Int32).cast(pl.Date),
        due_at_us=history.zones.instant(pl.col("zone"), due_day),
        charge_at_us="charge_us",
        is_late=today > due_day,
        time_zone=pl.col("zone").replace_strict(zones, return_dtype=pl.String) if zones else pl.lit(None),
        pricing_model_before="before",
        pricing_model_after="after",
    )

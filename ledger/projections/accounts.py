"""The agents, ChatBots and seats of some licences as known at an instant: all that counting seats needs."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ledger.events.facts import SEAT_FACTS_END, Fact
from ledger.projections.runs import gathered, goes_back, runs, stand_together
from ledger.projections.states import subject_states

TIMES = ("effective_us", "recorded_us", "position")
# Fewer rows are sorted in one go: finding out whether they are in order already would cost more.
_MANY = 10_000
_WHOLE_NUMBERS_END = 2**63
_ORDER = ("license", "subject", "is_bot", "effective_us", "position")


@dataclass(frozen=True)
class Accounts:
    """What is known of some licences' accounts, in frames.

    `licenses`: one row a licence in the order of license_id; `license` is its row number everywhere else; has
    license_id and effective_us at least. `facts`: agent, ChatBot and seat events by (license, subject,
    effective_us, position). `cancelled`: license, cancelled_us, cancelled_position of those that are.
    """

    licenses: pl.DataFrame
    facts: pl.DataFrame
    cancelled: pl.DataFrame

    @cached_property
    def states(self) -> pl.DataFrame:
        """Return what stands after each of the facts, `subject_states` of them; worked out once."""
        return subject_states(self.facts, self.cancelled, self.licenses.height)


def accounts_of(log: pl.DataFrame, known_us: int) -> Accounts:
    """Sort what was recorded by `known_us` into Accounts; no event's state is read.

    `log` has position, license_id, subject, fact, effective_us, recorded_us in any order. Empty in, empty
    out.
    """
    fact, is_known = pl.col("fact"), pl.col("recorded_us") <= known_us
    spans = log.filter(fact.is_in([Fact.LICENSE_CREATED, Fact.LICENSE_CANCELLED]) & is_known)
    created = spans.filter(fact == Fact.LICENSE_CREATED)
    licenses = (
        created.select(pl.col("license_id").cast(pl.String), "effective_us")
        .sort("license_id")
        .select(pl.int_range(pl.len(), dtype=pl.Int32).alias("license"), "license_id", "effective_us")
    )
    ids = pl.Enum(licenses["license_id"])
    cancelled = (
        spans.filter(fact == Fact.LICENSE_CANCELLED) if created.height < spans.height else created.clear()
    )
    return Accounts(
        licenses=licenses,
        facts=_facts(log.filter((fact < SEAT_FACTS_END) & is_known), ids),
        cancelled=cancelled.select(
            license_number(ids), cancelled_us="effective_us", cancelled_position="position"
        ),
    )


def license_number(ids: pl.Enum) -> pl.Expr:
    """Return the row number of each row's licence; `ids` are all of them in order."""
    return pl.col("license_id").cast(ids).to_physical().cast(pl.Int32).alias("license")


def _facts(rows: pl.DataFrame, ids: pl.Enum) -> pl.DataFrame:
    fact = pl.col("fact").cast(pl.Int8)
    is_bot = fact.is_in([Fact.CHATBOT_ADDED, Fact.CHATBOT_REMOVED]).cast(pl.UInt32).alias("is_bot")
    if rows.height >= _MANY and rows.schema["subject"] == pl.String:
        facts = _by_license(rows.select(license_number(ids), "subject", fact, *TIMES, is_bot))
        if facts["license"].is_sorted() and not facts.select(goes_back(_ORDER).any()).item():
            # partitions of an archive: the next subject gets the next number, and nothing is sorted
            return facts.with_columns(subject=_begins().cum_sum().cast(pl.UInt32)).drop("is_bot")
    code = pl.col("subject").cast(pl.Categorical).to_physical().cast(pl.UInt32) * 2 + is_bot
    facts = rows.select(license_number(ids), code.alias("subject"), fact, *TIMES)
    if facts.height < _MANY:
        return facts.sort("license", "subject", "effective_us", "position")
    # By each key apart, the last one first: by the first two the rows are all but in order already, and one
    # number is sorted far faster than a row of four.
    for key in ("position", "effective_us"):
        facts = facts.sort(key, maintain_order=True)
    return facts.select(pl.all().gather(_by_subject(facts, len(ids.categories))))


def _by_subject(facts: pl.DataFrame, license_count: int) -> pl.Series:
    """Return the numbers of the rows by (license, subject), rows of one subject as they stand.

    Where licence, subject and the row's number fit into one number these are sorted as they are, in half the
    time that it takes to find out an order.
    """
    rows = facts.height
    subjects = (facts.select(pl.col("subject").max()).item() or 0) + 1
    group = pl.col("license").cast(pl.Int64) * subjects + pl.col("subject")
    if license_count * subjects * rows >= _WHOLE_NUMBERS_END:
        return facts.select(pl.arg_sort_by("license", "subject", maintain_order=True)).to_series()
    numbered = facts.select(group * rows + pl.int_range(pl.len(), dtype=pl.Int64)).to_series()
    return numbered.sort() % rows if rows else numbered


def _by_license(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows by licence if each one's stand together, as in several partitions; else as given."""
    if facts["license"].is_sorted():
        return facts
    licenses = runs(facts["license"])
    return gathered(facts, licenses.sort("value")) if stand_together(licenses) else facts


def _begins() -> pl.Expr:
    """Tell which rows are the first of their licence and subject; an agent and a ChatBot may share an id."""
    return pl.any_horizontal(
        pl.col(name) != pl.col(name).shift() for name in ("license", "subject", "is_bot")
    ).fill_null(value=True)

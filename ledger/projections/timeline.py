"""The seat timeline: what each event does to the counts, and the counts at and between billing dates."""

import polars as pl

from ledger.events.facts import Fact
from ledger.rules.errors import LedgerError

# The three counts travel in one integer, a lane each, so that one running sum serves all of them. A lane
# holds two million; no licence comes near it (docs/adr/0002).
LANE_BITS = 21
LANE = 1 << LANE_BITS
_PPU, _PPA, _PPS = 1, LANE, LANE * LANE
ACTIVE = (Fact.AGENT_CREATED, Fact.COMPLIMENTARY_AGENT_CREATED, Fact.AGENT_ACTIVATED)
# What the last event of a subject other than a seat event makes it count for, by its code.
_COUNTS_FOR = [0] * Fact.SEAT_TAKEN
for _fact in ACTIVE:
    _COUNTS_FOR[_fact] = _PPU + _PPA
_COUNTS_FOR[Fact.AGENT_SUSPENDED] = _PPA
_COUNTS_FOR[Fact.CHATBOT_ADDED] = _PPA + _PPS


class TooManyAccounts(LedgerError):
    """Raised for a licence whose counts could leave their lanes."""

    code = "too_many_accounts"
    template = (
        "A licence has more than {most} events that raise its counts; seats beyond that are not counted."
    )
    hint = "Split the licence."


def with_subject_state(facts: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Add what stands after each event of its subject: `status`, `complimentary`, `holds_seat`, `clashes`.

    `facts` is sorted by (owner, subject, effective_us, position); `status` is the code of the last event that
    is not a seat's, 0 before any. A seat is held right after a SeatTaken of an active agent and by nothing
    else: suspending or deleting releases it, and one taken while inactive never counts, also not after a
    later activation (docs/rules.md §3). `clashes` marks SeatTaken events without effect.
    """
    first = (
        (pl.col("subject") != pl.col("subject").shift()) | (pl.col(owner) != pl.col(owner).shift())
    ).fill_null(value=True)
    fact = pl.col("fact")
    is_status = fact < Fact.SEAT_TAKEN
    free = fact == Fact.COMPLIMENTARY_AGENT_CREATED
    created = free | (fact == Fact.AGENT_CREATED) | first
    stated = facts.with_columns(
        first=first,
        status=pl.when(is_status).then(fact).when(first).then(0).forward_fill(),
        complimentary=pl.when(created).then(free).forward_fill(),
    )
    taken = pl.col("fact") == Fact.SEAT_TAKEN
    active = pl.col("status").is_in(ACTIVE)
    return stated.with_columns(
        holds_seat=taken & active,
        clashes=taken & ~(active & (pl.col("first") | ~(taken & active).shift(fill_value=False))),
    )


def packed_counts() -> pl.Expr:
    """Return what a subject counts for after an event, of rows of `with_subject_state`; see `unpacked`."""
    counted = pl.lit(pl.Series(_COUNTS_FOR, dtype=pl.Int64)).gather(pl.col("status"))
    seat = (pl.col("holds_seat") & ~pl.col("complimentary")).cast(pl.Int64) * _PPS
    return counted + seat


def unpacked(counts: pl.Expr) -> dict[str, pl.Expr]:
    """Return the three counts by name."""
    return {
        "ppu": counts % LANE,
        "ppa": counts // LANE % LANE,
        "pps": counts // (LANE * LANE),
    }


def changed_by(after: str) -> pl.Expr:
    """Return by how much an event changed what its subject counts for, of rows with `first`."""
    return pl.col(after) - pl.when("first").then(0).otherwise(pl.col(after).shift(fill_value=0))


def count_changes(facts_by_key: pl.DataFrame) -> pl.DataFrame:
    """Return key, at_us and delta (the change of the packed counts) of every event that changes a count."""
    return (
        with_subject_state(facts_by_key, "key")
        .select("key", "first", at_us="effective_us", after=packed_counts())
        .select("key", "at_us", delta=changed_by("after"))
        .filter(pl.col("delta") != 0)
    )


def count_steps(changes: pl.DataFrame, dates: pl.DataFrame, cancelled_us: pl.Series) -> pl.DataFrame:
    """Return the counts after each instant at which something happens or a billing date begins.

    `changes` is that of `count_changes`; `dates` has key and at_us, sorted by both, and its row number is
    `date`; `cancelled_us` by key. Columns: key, at_us, date (null where no billing date begins), next_date
    (the billing date at or after), ppu, ppa, pps; by (key, at_us), one row an instant: the state after the
    last of its events. Events after a key's last billing date are left out. From the instant of the
    cancellation on the counts are 0 (docs/rules.md §3).
    """
    refuse_overflow(changes, "key")
    last_us = dates.group_by("key", maintain_order=True).agg(pl.col("at_us").last())["at_us"]
    marks = dates.with_row_index("date").select(
        "key", "at_us", delta=pl.lit(0, pl.Int64), date=pl.col("date").cast(pl.Int64)
    )
    within = changes.filter(pl.col("at_us") <= pl.lit(last_us).gather("key")).with_columns(
        date=pl.lit(None, pl.Int64)
    )
    packed = (
        pl.concat([within.select(marks.columns), marks])
        .sort("key", "at_us", maintain_order=True)
        .with_columns(
            count=pl.col("delta").cum_sum().over("key"),
            next_date=pl.col("date").backward_fill(),
            last=(
                (pl.col("key") != pl.col("key").shift(-1)) | (pl.col("at_us") != pl.col("at_us").shift(-1))
            ).fill_null(value=True),
        )
        .filter("last")
    )
    alive = (pl.col("at_us") < pl.lit(cancelled_us).gather("key")).cast(pl.Int64)
    return packed.with_columns(pl.col("count") * alive).select(
        "key", "at_us", "date", "next_date", **unpacked(pl.col("count"))
    )


def refuse_overflow(changes: pl.DataFrame, owner: str) -> None:
    """Raise TooManyAccounts if an owner has so many changes (`delta`) that its counts could overflow."""
    if changes.height < LANE:
        return
    rises = changes.filter(pl.col("delta") > 0).group_by(owner).len().filter(pl.col("len") >= LANE)
    if not rises.is_empty():
        raise TooManyAccounts(most=LANE - 1)


def running_max(group: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Return the running maximum of `value` (below LANE) since `group` last grew; rows sorted by group."""
    return (group * LANE + value).cum_max() - group * LANE

"""Seat counts of every instant at once, as steps: what the read models keep (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.accounts import Accounts
from ledger.projections.seats import SEAT_COLUMNS
from ledger.projections.timeline import LANE, changed_by, packed_counts, refuse_overflow, unpacked

# A lane above that of the suspended agents says that the licence is cancelled.
_CANCELLED = LANE
_COUNTS = ("delta", "suspended")


def seat_steps(accounts: Accounts) -> pl.DataFrame:
    """Return license_id, valid_from_us, valid_to_us (null: still in force) and the figures of SEAT_COLUMNS.

    One row for each instant at which a figure changes, the first from the licence's creation, by
    (license_id, valid_from_us); a step holds from its first instant to before its last. The step in force at
    an instant is what `seats` says of it.
    """
    owner, delta, suspended = pl.col("license"), pl.col("delta"), pl.col("suspended")
    begins = (owner != owner.shift()).fill_null(value=True)
    last = ((owner != owner.shift(-1)) | (pl.col("at_us") != pl.col("at_us").shift(-1))).fill_null(value=True)
    # where nothing counts, a cancellation changes no figure
    nothing = (delta == 0) & (suspended == _CANCELLED)
    steps = (
        _changes(accounts)
        .sort("license", "at_us", maintain_order=True)
        .with_columns(pl.col(_COUNTS).cum_sum().over("license"))
        .filter(last)
        .with_columns(suspended=pl.when(nothing).then(0).otherwise(suspended))
        .filter(begins | pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _COUNTS))
        .with_columns(suspended=suspended % LANE, alive=(suspended < _CANCELLED).cast(pl.Int64))
        .with_columns(**unpacked(delta))
        .with_columns(chatbots=pl.col("ppa") - pl.col("ppu") - suspended)
    )
    return steps.select(
        pl.lit(accounts.licenses["license_id"]).gather("license").alias("license_id"),
        pl.col("at_us").alias("valid_from_us"),
        pl.when(owner == owner.shift(-1)).then(pl.col("at_us").shift(-1)).alias("valid_to_us"),
        agents_active="ppu",
        agents_suspended="suspended",
        chatbots="chatbots",
        seats_in_use=pl.col("pps") - pl.col("chatbots"),
        **{name: pl.col(name) * pl.col("alive") for name in ("ppa", "pps", "ppu")},
    ).select("license_id", "valid_from_us", "valid_to_us", *SEAT_COLUMNS[1:])


def _changes(accounts: Accounts) -> pl.DataFrame:
    """Return license, at_us and the changes of the packed counts and of the suspended agents.

    Of every event that changes one, of each creation, which changes none, and of each cancellation.
    """
    created_us = pl.lit(accounts.licenses["effective_us"]).gather("license")
    states = accounts.states.select(
        "license",
        "first",
        at_us=pl.max_horizontal("effective_us", created_us),
        delta=packed_counts(),
        suspended=(pl.col("status") == Fact.AGENT_SUSPENDED).cast(pl.Int64),
    )
    changes = states.select("license", "at_us", **{name: changed_by(name) for name in _COUNTS})
    # who is suspended or no more changes the packed counts too
    changes = changes.filter(pl.col("delta") != 0)
    refuse_overflow(changes, "license")
    nothing = pl.lit(0, pl.Int64)
    created = accounts.licenses.select("license", at_us="effective_us", delta=nothing, suspended=nothing)
    cancelled = accounts.cancelled.select(
        "license", at_us="cancelled_us", delta=nothing, suspended=pl.lit(_CANCELLED, pl.Int64)
    )
    return pl.concat([changes, created, cancelled])

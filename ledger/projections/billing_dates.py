"""The periods of a licence: which billing dates begin one, and how long it lasts (docs/rules.md §5)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.billing_index import MONTHS_BOUND
from ledger.projections.lookups import Ask, Index, value_at, with_latest


def segments(owners: pl.DataFrame, terms: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Return the stretches of equal billing cycle: owner, from_n, months, by (owner, from_n).

    `owners` has the owner (a licence, or a key: one epoch of it; the row's number) and the months of its
    first cycle; `terms` are the rows of `license_terms` given to owners. `from_n` is the index of the first
    period of the stretch. A change of cycle counts from the first period that begins at or after it, so a
    stretch begins where the period that runs at the change ends.
    """
    first = owners.select(owner, "months", from_n=pl.lit(0, pl.Int32))
    changes = terms.filter(pl.col("fact") == Fact.BILLING_CYCLE_CHANGED).sort(
        owner, "bears_n", "rank", "position"
    )
    found = [first]
    from_n, months = first["from_n"], first["months"]
    # One round for each further change of the owner that changed most often: where a stretch begins depends
    # on where the one before it ended.
    turns = changes.select(owner, "months", changed_n="bears_n", turn=pl.int_range(pl.len()).over(owner))
    for _, turn in sorted(turns.partition_by("turn", as_dict=True).items()):
        begun = turn.select(owner, "months", from_n=_next_start(from_n, months, owner))
        from_n = from_n.scatter(begun[owner], begun["from_n"])
        months = months.scatter(begun[owner], begun["months"])
        found.append(begun)
    stretches = pl.concat(found).sort(owner, "from_n", maintain_order=True)
    overtaken = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in (owner, "from_n"))
    return stretches.filter(~overtaken.fill_null(value=False)).select(owner, "from_n", "months")


def _next_start(from_n: pl.Series, months: pl.Series, owner: str) -> pl.Expr:
    """Return the first start, on the grid of each owner's running stretch, at or after `changed_n`."""
    began, length = pl.lit(from_n).gather(owner), pl.lit(months).gather(owner)
    periods = (pl.col("changed_n") - began + length - 1) // length
    return began + pl.max_horizontal(periods, pl.lit(0, pl.Int32)) * length


def stretch_index(stretches: pl.DataFrame) -> Index:
    """Return the index of `segments` by owner and first period."""
    return Index.by_number(stretches[stretches.columns[0]], stretches["from_n"], MONTHS_BOUND)


def with_period(stretches: pl.DataFrame, rows: pl.DataFrame, n: str) -> pl.DataFrame:
    """Add months and start_n (its first index) of the period that D_n falls into, for rows with the owner."""
    ask = Ask(stretch_index(stretches), pl.col(stretches.columns[0]), pl.col(n))
    found = with_latest(rows, stretch=ask).with_columns(
        value_at(stretches["months"], pl.col("stretch")).alias("months"),
        value_at(stretches["from_n"], pl.col("stretch")).alias("start_n"),
    )
    start_n = pl.col(n) - (pl.col(n) - pl.col("start_n")) % pl.col("months")
    return found.with_columns(start_n.cast(pl.Int32).alias("start_n")).drop("stretch")


def with_charge_n(stretches: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add charge_n, the index of the first period that begins on or after D_bears_n, for rows with the owner.

    That is the next on the grid of the stretch that D_bears_n lies in, or the first of a later stretch.
    Months and start_n of the period that D_bears_n falls into come with it.
    """
    owner, n = stretches.columns[0], pl.col("bears_n")
    following = stretch_index(stretches).up_to(pl.col(owner), n - 1)
    rows = with_period(stretches, rows, "bears_n").with_columns(following=following)
    on_grid = pl.when(pl.col("start_n") == n).then(n).otherwise(pl.col("start_n") + pl.col("months"))
    within = pl.col("following").clip(upper_bound=stretches.height - 1)
    same = (pl.col("following") < stretches.height) & (value_at(stretches[owner], within) == pl.col(owner))
    next_stretch = pl.when(same).then(value_at(stretches["from_n"], within))
    charge_n = pl.min_horizontal(on_grid, next_stretch).cast(pl.Int32)
    return rows.with_columns(charge_n=charge_n).drop("following")

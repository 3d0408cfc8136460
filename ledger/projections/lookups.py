"""As-of look-ups: the latest row of a group at or before a point, exactly and without sorting the asker.

Questions are answered in steps, each a column of its own, since an expression inside another would be
evaluated again for every mention; all look-ups of a frame share the steps.
"""

from dataclasses import dataclass

import polars as pl


def rows_up_to(packed: pl.Series, asked: pl.Expr) -> pl.Expr:
    """Return how many entries of a sorted series stand at or before each question."""
    return pl.lit(packed).search_sorted(asked, side="right").cast(pl.Int64)


def value_at(values: pl.Series, row: pl.Expr) -> pl.Expr:
    """Return the value in each row, null where the row is null."""
    return pl.lit(None, dtype=values.dtype) if values.is_empty() else pl.lit(values).gather(row)


@dataclass(frozen=True)
class Index:
    """Rows sorted by (group, point), found by both; points are small numbers or ranks of `times`."""

    packed: pl.Series
    width: int
    times: pl.Series | None = None

    @classmethod
    def by_number(cls, group: pl.Series, point: pl.Series, width: int) -> "Index":
        """Index rows sorted by (group, point), the points from 0 to below `width`."""
        return cls(group.cast(pl.Int64) * width + point, width)

    @classmethod
    def by_time(cls, group: pl.Series, time: pl.Series) -> "Index":
        """Index rows sorted by (group, time), the times of any size."""
        times = time.unique().sort()
        width = len(times) + 1
        rows = pl.DataFrame({"group": group.cast(pl.Int64), "time": time})
        packed = rows.select(pl.col("group") * width + rows_up_to(times, pl.col("time")))
        return cls(packed.to_series(), width, times)

    def ask(self, group: pl.Expr, point: pl.Expr) -> pl.Expr:
        """Return the packed form of a question; null groups ask nothing."""
        return group.cast(pl.Int64) * self.width + (
            point if self.times is None else rows_up_to(self.times, point)
        )

    def up_to(self, group: pl.Expr, point: pl.Expr) -> pl.Expr:
        """Return how many rows stand at or before each (group, point), those of earlier groups included."""
        return rows_up_to(self.packed, self.ask(group, point))


@dataclass(frozen=True)
class Ask:
    """A question for the latest row of a group at or before a point."""

    index: Index
    group: pl.Expr
    point: pl.Expr


def with_latest(rows: pl.DataFrame, **asks: Ask) -> pl.DataFrame:
    """Add for each name the number of the row in force, null if none; of equal entries the last wins."""
    found = {name: ask for name, ask in asks.items() if not ask.index.packed.is_empty()}
    nothing = {name: pl.lit(None, dtype=pl.Int64) for name in asks if name not in found}
    if not found:
        return rows.with_columns(**nothing)
    asked = {f"{name} asked": ask.index.ask(ask.group, ask.point) for name, ask in found.items()}
    at = {name: rows_up_to(ask.index.packed, pl.col(f"{name} asked")) - 1 for name, ask in found.items()}
    return (
        rows.with_columns(**asked, **nothing)
        .with_columns(**at)
        .with_columns(**{name: _in_group(name, ask.index) for name, ask in found.items()})
        .drop(asked)
    )


def _in_group(name: str, index: Index) -> pl.Expr:
    """Return the row found if it is of the group that was asked for."""
    at = pl.col(name)
    group = pl.lit(index.packed).gather(at.clip(lower_bound=0)) // index.width
    return pl.when((at >= 0) & (group == pl.col(f"{name} asked") // index.width)).then(at)


@dataclass(frozen=True)
class Cut:
    """What a question knows: everything recorded by an instant or up to a position, whichever is more."""

    us: pl.Expr
    position: pl.Expr


class KnownTerms:
    """Values of terms (a price, a rate) by group, in force from an instant, known from a position.

    A question asks for the value in force at an instant as known at a cut. A term recorded by the time it
    took effect is known to every question that it bears on, so only the late ones make versions: version v
    of a group knows its first v late terms.
    """

    def __init__(self, terms: pl.DataFrame) -> None:
        """Prepare terms in any order: group (0, 1, …, no gaps), value, both times, position, is_late.

        `is_late` marks what some question that it bears on may not know.
        """
        is_late = pl.col("is_late")
        terms = terms.sort("group", "position").with_columns(
            late_rank=pl.when(is_late).then(is_late.cum_sum().over("group")).otherwise(0).cast(pl.Int64)
        )
        late = terms.filter(pl.col("late_rank") > 0)
        self.any_late = not late.is_empty()
        self._late_recorded = Index.by_time(late["group"], late["recorded_us"])
        self._late_position = Index.by_time(late["group"], late["position"])
        groups = terms.group_by("group").agg(last=pl.col("late_rank").max()).sort("group")
        groups = groups.with_columns(
            first=(pl.col("last") + 1).cum_sum() - pl.col("last") - 1,
            late_before=pl.col("last").cum_sum() - pl.col("last"),
        )
        self._first_version = groups["first"]
        self._late_before = groups["late_before"]
        versions = (
            terms.join(groups, on="group")
            .with_columns(version=pl.int_ranges("late_rank", pl.col("last") + 1))
            .explode("version", empty_as_null=False, keep_nulls=False)
            .with_columns(version=pl.col("version") + pl.col("first"))
            .sort("version", "effective_us", "position")
        )
        self._values = versions["value"]
        self._positions = versions["position"]
        self._index = Index.by_time(versions["version"], versions["effective_us"])

    def with_value(
        self,
        rows: pl.DataFrame,
        name: str,
        group: pl.Expr,
        at_us: pl.Expr,
        cut: Cut | None,
        *,
        source: str | None = None,
    ) -> pl.DataFrame:
        """Add the value in force for each row, null if none; the cut matters with late terms only.

        `source` names a column for the position of the event that set the value.
        """
        version = value_at(self._first_version, group)
        if self.any_late and cut is not None:
            known = pl.max_horizontal(
                self._late_recorded.up_to(group, cut.us), self._late_position.up_to(group, cut.position)
            )
            version = version + known - value_at(self._late_before, group)
        asked = Ask(self._index, pl.col("version"), at_us)
        found = with_latest(rows.with_columns(version=version), row=asked)
        added = [value_at(self._values, pl.col("row")).alias(name)]
        if source is not None:
            added.append(value_at(self._positions, pl.col("row")).alias(source))
        return found.with_columns(added).drop("version", "row")

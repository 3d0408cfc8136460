"""Which facts each invoice of a licence knew: its knowledge cut, and the epochs between late facts.

The own lines of an invoice are a function of (licence, knowledge). A fact bears on no invoice before the
first billing date at or after it; where that date's cut knew it, it was on time, and leaving it in the
knowledge of earlier invoices changes nothing. Only a late fact makes another knowledge: from the first
invoice that knows it on, every earlier one is computed anew (docs/rules.md §6, adjustments). Between two
such invoices lies an epoch; a `key` is one epoch of one licence, and takes the licence's place in every
function that follows.
"""

from dataclasses import dataclass

import polars as pl

from ledger.projections.billing_index import with_first_index
from ledger.projections.history import History
from ledger.projections.issues import issue_index
from ledger.projections.lookups import Ask, Index, rows_up_to, value_at, with_latest
from ledger.projections.terms import ANCHOR, of_license

# An index that no billing date has: what is known from there on is known to no invoice of the question.
NEVER = 1 << 20


@dataclass(frozen=True)
class Epochs:
    """The epochs of the licences that have an invoice.

    `keys`: key (the row's number), license, start_n (the first invoice of the epoch), end_n (the last), by
    (license, start_n).
    """

    keys: pl.DataFrame
    _first_key: pl.Series
    _key_count: pl.Series
    _several: bool

    def expand(self, rows: pl.DataFrame, last_us: pl.Series | None = None) -> pl.DataFrame:
        """Give each row of a licence to every epoch that knows it.

        `rows` has license and enters_n (0: known on time; else the first invoice that knows it). Returns them
        with `key` in place of license and enters_n: each key's rows together and in the order they came in.
        With `last_us`, the instant of each key's last billing date, an epoch among several does without the
        rows effective after it: none of its dates looks at them.
        """
        first, count = (pl.lit(column).gather("license") for column in (self._first_key, self._key_count))
        start_n = pl.lit(self.keys["start_n"])
        once = (
            rows.filter((count == 1) & (pl.col("enters_n") <= start_n.gather(first, null_on_oob=True)))
            .with_columns(key=first)
            .drop("license", "enters_n")
        )
        if not self._several:
            return once
        known = pl.col("enters_n") <= pl.col("epoch_n")
        keys = self.keys.filter(count > 1).select("key", "license", epoch_n="start_n")
        if last_us is not None:
            keys = keys.with_columns(last_us=pl.lit(last_us).gather("key"))
            known &= pl.col("effective_us") <= pl.col("last_us")
        copies = keys.join(rows.filter(count > 1), on="license", maintain_order="left_right").filter(known)
        return pl.concat([once, copies.select(once.columns)])


def with_known_n(history: History, rows: pl.DataFrame, **instants: pl.Expr) -> pl.DataFrame:
    """Add known_n, the first n whose cut knows each row: license, recorded_us, position and the anchor.

    Add for each other name the first n at or after an instant, as `with_first_index` does.
    """
    rows = with_first_index(history.zones, rows, by_time=pl.col("recorded_us"), **instants)
    issued = history.issued
    if issued.is_empty():
        return rows.rename({"by_time": "known_n"})
    # The first issued invoice that knew the row: cuts never go back along a licence's invoices, so it is the
    # one after the last whose cut stands before the row. One issued at its very date's instant may have gone
    # before a row of that instant; then the next is the first to know it.
    by_cut = Index.by_time(issued["license"], issued["cut_position"])
    same_date = Ask(issue_index(history), pl.col("license"), pl.col("by_time"))
    rows = with_latest(rows, issue=same_date).with_columns(
        after=by_cut.up_to(pl.col("license"), pl.col("position") - 1)
    )
    missed = (value_at(issued["n"], pl.col("issue")) == pl.col("by_time")) & (
        value_at(issued["cut_position"], pl.col("issue")) < pl.col("position")
    )
    within = pl.col("after").clip(upper_bound=issued.height - 1)
    same = (pl.col("after") < issued.height) & (value_at(issued["license"], within) == pl.col("license"))
    by_issue = pl.when(same).then(value_at(issued["n"], within))
    by_time = pl.col("by_time") + missed.fill_null(value=False).cast(pl.Int32)
    return rows.with_columns(known_n=pl.min_horizontal(by_time, by_issue)).drop("after", "issue", "by_time")


def entering(history: History, rows: pl.DataFrame, last_n: pl.Series) -> pl.DataFrame:
    """Add enters_n to rows: 0 where the row was known in time, NEVER where no invoice knows it.

    `rows` has license, bears_n (the first invoice that it bears on, null: the first at or after since_us),
    since_us, recorded_us, position; `last_n` is each licence's last invoice.
    """
    late = pl.col("known_n") > pl.col("bears_n")
    unknown = pl.col("known_n") > pl.lit(last_n).gather("license")
    rows = rows.with_columns(**of_license(history, *ANCHOR))
    rows = with_known_n(history, rows, from_n=pl.col("since_us"))
    return rows.with_columns(bears_n=pl.coalesce("bears_n", "from_n")).with_columns(
        enters_n=pl.when(late & unknown).then(NEVER).when(late).then("known_n").otherwise(0).cast(pl.Int32)
    )


def epochs(history: History, last_n: pl.Series, entered: pl.DataFrame) -> Epochs:
    """Return the epochs: a licence's first begins with the first invoice that knows it.

    `last_n` is -1 where no billing date has come; `entered` has license and enters_n of what may be late.
    """
    recorded = history.licenses.select("license", "recorded_us", "position", *ANCHOR)
    licenses = with_known_n(history, recorded).select(
        "license",
        start_n=pl.col("known_n").cast(pl.Int32),
        first_n=pl.col("known_n").cast(pl.Int32),
        last_n=last_n.cast(pl.Int32),
    )
    late = entered.filter((pl.col("enters_n") > 0) & (pl.col("enters_n") < NEVER))
    late = late.select("license", start_n="enters_n").unique()
    starts = late.join(licenses.drop("start_n"), on="license").filter(pl.col("start_n") > pl.col("first_n"))
    keys = (
        pl.concat([licenses, starts.select(licenses.columns)])
        .filter(pl.col("start_n") <= pl.col("last_n"))
        .sort("license", "start_n")
        .select(
            pl.int_range(pl.len(), dtype=pl.Int32).alias("key"),
            "license",
            "start_n",
            end_n=pl.when(pl.col("license") == pl.col("license").shift(-1))
            .then(pl.col("start_n").shift(-1) - 1)
            .otherwise("last_n"),
        )
    )
    number = pl.col("license")
    upto = rows_up_to(keys["license"], number)
    before = rows_up_to(keys["license"], number - 1)
    counts = licenses.select(first=before.cast(pl.Int32), count=(upto - before).cast(pl.Int32))
    return Epochs(keys, counts["first"], counts["count"], _several=keys.height > keys["license"].n_unique())

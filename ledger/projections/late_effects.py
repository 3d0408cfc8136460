"""What each late fact changed on earlier invoices: the parts of an adjustment (docs/rules.md §6)."""

import polars as pl

from ledger.projections.billing_dates import segments
from ledger.projections.billing_grid import billing_grid, with_cuts
from ledger.projections.history import History
from ledger.projections.invoices import Billed
from ledger.projections.key_parts import known_facts
from ledger.projections.knowledge import Epochs
from ledger.projections.own_lines import own_lines
from ledger.projections.terms import TermsInForce, of_license

# Each is one more knowledge to bill with; late facts beyond them share one with their neighbours in the log.
MOST_CUTS = 24
_SCHEMA = pl.Schema(
    {
        "license": pl.Int32(),
        "n": pl.Int32(),
        "day": pl.Int32(),
        "amount": pl.Int64(),
        "positions": pl.List(pl.Int64()),
    }
)


def late_effects(history: History, billed: Billed, adjusting: pl.DataFrame) -> pl.DataFrame:
    """Return what the facts that an invoice was the first to know changed on each earlier one.

    `adjusting` has license and n of invoices. The late facts are taken up one by one, in the order of the
    log, and the earlier invoices billed with each knowledge on the way: so the amounts of one `day` (the
    billing date that is adjusted) add up to its adjustment. Columns: license, n, day, amount (not 0),
    positions (of the events, one unless there are more than MOST_CUTS), in the order of the log. An invoice
    that is the licence's first to be known has none: there was nothing to change.
    """
    entered = (
        billed.late.entered.join(adjusting, left_on=["license", "enters_n"], right_on=["license", "n"])
        .join(_earlier_known(billed, adjusting), left_on=["license", "enters_n"], right_on=["license", "n"])
        .select("license", "position", n="enters_n")
        .unique()
        .sort("license", "n", "position")
    )
    if entered.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    invoice = ["license", "n"]
    place, many = pl.int_range(pl.len()).over(invoice), pl.len().over(invoice).clip(lower_bound=MOST_CUTS)
    cuts = (
        entered.with_columns(
            cut=pl.when(many > MOST_CUTS).then(place * MOST_CUTS // many).otherwise(place) + 1
        )
        .group_by(*invoice, "cut", maintain_order=True)
        .agg(positions="position", upto=pl.col("position").max())
    )
    none_yet = (
        cuts.select(invoice)
        .unique()
        .with_columns(
            cut=pl.lit(0, cuts.schema["cut"]),
            positions=pl.lit([], pl.List(pl.Int64)),
            upto=pl.lit(-1, pl.Int64),
        )
    )
    keys = (
        pl.concat([none_yet.select(cuts.columns), cuts])
        .sort(*invoice, "cut")
        .with_row_index("key")
        .with_columns(pl.col("key").cast(pl.Int32))
    )
    return _differences(keys, _billed_with(history, billed, keys))


def _earlier_known(billed: Billed, adjusting: pl.DataFrame) -> pl.DataFrame:
    """Return those invoices whose licence was known to the invoice before."""
    first = billed.known.keys.group_by("license").agg(first_n=pl.col("start_n").min())
    return adjusting.join(first, on="license").filter(pl.col("n") > pl.col("first_n")).select("license", "n")


def _billed_with(history: History, billed: Billed, keys: pl.DataFrame) -> pl.DataFrame:
    """Return key, day and own_total of the dates before each key's invoice."""
    known = (pl.col("enters_n") < pl.col("n")) | (
        (pl.col("enters_n") == pl.col("n")) & (pl.col("position") <= pl.col("upto"))
    )
    asked = keys.select("key", "license", "n", "upto")
    terms = asked.join(billed.late.terms, on="license", maintain_order="left_right").filter(known)
    terms = terms.drop("license", "n", "upto", "enters_n")
    owners = asked.select("key", **of_license(history, "months"))
    nothing = pl.Series([], dtype=pl.Int32)
    rows = asked.select("key", "license", start_n="n", end_n=pl.col("n") - 1)
    grid = billing_grid(
        history, Epochs(rows, nothing, nothing, _several=False), segments(owners, terms, "key")
    )
    if history.programme.any_late:
        grid = grid.join(_cuts(history, billed, asked), on="key", maintain_order="left")
    # what takes effect after its last date changes none of a key's dates
    dated = asked.with_columns(last_us=grid.filter("ends")["at_us"])
    facts = known_facts(history, billed, dated, known & (pl.col("effective_us") <= pl.col("last_us")))
    own = own_lines(history, grid, facts, TermsInForce(terms, "key"))
    return own.dates.select("key", "day", "own_total")


def _cuts(history: History, billed: Billed, asked: pl.DataFrame) -> pl.DataFrame:
    """Return what each key knows of the programme: what the invoice before did, and the log up to `upto`."""
    dates = billed.own.dates
    if "cut_us" not in dates.columns:
        dates = with_cuts(history, dates)
    before = dates.filter(pl.col("n") >= pl.col("start_of_key")).select(
        "license", "cut_us", "cut_position", n=pl.col("n") + 1
    )
    return asked.join(before, on=["license", "n"], maintain_order="left").select(
        "key", "cut_us", cut_position=pl.max_horizontal("cut_position", "upto")
    )


def _differences(keys: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    same = ["license", "n", "day"]
    return (
        keys.join(totals, on="key", maintain_order="left")
        .sort(*same, "cut")
        .with_columns(amount=pl.col("own_total") - pl.col("own_total").shift().over(same))
        .filter(pl.col("amount").fill_null(0) != 0)
        .select(_SCHEMA.names())
    )

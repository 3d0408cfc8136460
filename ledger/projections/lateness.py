"""Which facts and terms were recorded too late for the first invoice that they bear on (docs/rules.md §6)."""

from dataclasses import dataclass

import polars as pl

from ledger.projections.history import History
from ledger.projections.knowledge import entering
from ledger.projections.programme import may_be_late

_COLUMNS = ("license", "bears_n", "since_us", "recorded_us", "position")


@dataclass(frozen=True)
class Lateness:
    """Facts and licence terms with enters_n, and `entered`: all that may be late.

    `facts` are in the order of the History's. `entered` has license, bears_n, enters_n, recorded_us and
    position.
    """

    facts: pl.DataFrame
    terms: pl.DataFrame
    entered: pl.DataFrame


def find_late(history: History, terms: pl.DataFrame, last_n: pl.Series) -> Lateness:
    """Say of every fact and term which invoice was the first to know it, where that was not in time.

    `terms` is `license_terms`; any of them may be late, of the rest what `may_be_late` says.
    """
    nowhere = pl.lit(None, pl.Int32).alias("bears_n")
    facts = history.facts
    late_facts = facts.with_row_index("row").filter(may_be_late(history.issued["recorded_us"]))
    by_time = [late_facts.rename({"effective_us": "since_us"}), *_programme_terms(history)]
    rows = pl.concat(
        [terms.select(_COLUMNS), *(late.with_columns(nowhere).select(_COLUMNS) for late in by_time)]
    )
    entered = entering(history, rows, last_n)
    enters_n = entered["enters_n"]
    in_time = pl.repeat(0, facts.height, dtype=pl.Int32, eager=True)
    if late_facts.height:
        in_time = in_time.scatter(late_facts["row"], enters_n.slice(terms.height, late_facts.height))
    return Lateness(
        facts=facts.select("license", "subject", "fact", "effective_us", enters_n=in_time),
        terms=terms.with_columns(enters_n.head(terms.height)),
        entered=entered,
    )


def _programme_terms(history: History) -> list[pl.DataFrame]:
    """Return prices and rates recorded late with each licence that they may touch.

    A price may touch licences in its currency that ever had its plan, a rate those whose partner pays.
    """
    prices, rates = history.programme.late_prices, history.programme.late_rates
    licenses = history.licenses
    found = []
    if prices.height:
        changed = history.changes.filter(pl.col("plan").is_not_null()).select("license", "plan")
        changed = changed.with_columns(currency=licenses["currency"].gather(changed["license"]))
        plans = pl.concat([licenses.select("license", "plan", "currency"), changed]).unique()
        found.append(prices.join(plans, on=["plan", "currency"]))
    if rates.height:
        paying = licenses.filter("partner_pays").select("license", "rate_group")
        found.append(rates.join(paying, on="rate_group"))
    return [rows.rename({"effective_us": "since_us"}) for rows in found]

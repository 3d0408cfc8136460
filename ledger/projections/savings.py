"""What a billing date costs under two histories, and the part that is ChatBot seats (docs/rules.md §8)."""

from dataclasses import dataclass

import polars as pl

from ledger.projections.history import History
from ledger.projections.invoices import Invoices, invoices
from ledger.projections.what_if import without_chatbots

_INVOICE = ["license_id", "billing_date"]


@dataclass(frozen=True)
class Bills:
    """Invoices as they are, and as they would be without ChatBots."""

    real: Invoices
    without_bots: Invoices

    @classmethod
    def of(cls, history: History, as_of_us: int) -> "Bills":
        """Bill a history twice."""
        return cls(invoices(history, as_of_us), invoices(without_chatbots(history), as_of_us))


def costs(asked: pl.DataFrame, real: Bills, otherwise: Bills) -> pl.DataFrame:
    """Return what each of some billing dates costs as it is (`new`) and as it would be otherwise (`old`).

    `asked` has license_id and billing_date. Columns, in the order of `asked`: those two, old, new,
    old_chatbot_seats, new_chatbot_seats: of either, what would not be charged if there were no ChatBots.
    Minor units. What was billed for the date counts, later adjustments of it included; nothing billed is 0.
    """
    new, new_bare, old, old_bare = (
        asked.join(_billed_for(billed), on=_INVOICE, how="left", maintain_order="left")["billed"].fill_null(0)
        for billed in (real.real, real.without_bots, otherwise.real, otherwise.without_bots)
    )
    return asked.select(_INVOICE).with_columns(
        old=old, new=new, old_chatbot_seats=old - old_bare, new_chatbot_seats=new - new_bare
    )


def _billed_for(billed: Invoices) -> pl.DataFrame:
    """Return what the invoices billed for each billing date: its own lines and every adjustment of it."""
    spoken_of = pl.when(pl.col("kind") == "adjustment").then("date").otherwise("billing_date")
    return (
        billed.lines.select("license_id", billing_date=spoken_of, amount="amount")
        .group_by(_INVOICE)
        .agg(billed=pl.col("amount").sum())
    )

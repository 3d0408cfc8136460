"""Why there is no invoice of a date, said with the dates that have one."""

from datetime import date
from typing import Any

import polars as pl

from ledger.application.ask import Question
from ledger.projections.billing_dates import with_period
from ledger.projections.billing_index import billing_day, first_index_from_day
from ledger.projections.history import History
from ledger.projections.invoices import Invoices
from ledger.projections.terms import ANCHOR
from ledger.rules.errors import NotFound
from ledger.rules.instants import format_instant, from_us
from replay.explain.sides import Billing, as_day

_SHOWN = 4


class NoInvoiceOnDate(NotFound):
    """Raised for a billing date of a licence on which there is no invoice."""

    code = "no_invoice_on_date"
    template = "Licence {license_id!r} has no invoice of {billing_date}: {reason}."

    def __init__(self, license_id: str, billing_date: date, reason: str, hint: str) -> None:
        """Say why, and what there is."""
        super().__init__(license_id=license_id, billing_date=str(billing_date), reason=reason)
        self.hint = hint


def no_invoice(billing: Billing, question: Question, billing_date: date) -> NoInvoiceOnDate:
    """Return the refusal for a licence without an invoice of a date, with the reason and the dates nearby."""
    history, invoices = billing.history, billing.invoices
    license_id = str(history.licenses["license_id"].item())
    date_row = _date_row(history, billing_date)
    dates = invoices.invoices["billing_date"].to_list()
    reason = _reason(history, invoices, date_row, billing_date, question)
    hint = _nearby(dates, billing_date)
    if date_row["day"] == billing_date and date_row["at_us"] > question.as_of_us:
        at, known_at = format_instant(from_us(date_row["at_us"])), question.known_at or question.as_of
        hint = (
            f"Ask with --as-of {at} --known-at {format_instant(known_at)} to see what it would be as things "
            "are known now."
        )
    return NoInvoiceOnDate(license_id, billing_date, reason, hint)


def _date_row(history: History, billing_date: date) -> dict[str, Any]:
    """Return the licence's first billing date on or after a day, with its period as known to the history."""
    day = pl.lit(as_day(billing_date), pl.Int32)
    row = history.licenses.select("license", *ANCHOR, n=first_index_from_day(day).cast(pl.Int32))
    cancelled_us = history.terms_in_force.cancelled_us(1)
    return (
        with_period(history.stretches, row, "n")
        .with_columns(day=billing_day(pl.col("n")))
        .with_columns(
            at_us=history.zones.instant(pl.col("zone"), pl.col("day")),
            day=pl.col("day").cast(pl.Int32).cast(pl.Date),
            starts=pl.col("n") == pl.col("start_n"),
            cancelled_us=cancelled_us,
        )
        .row(0, named=True)
    )


def _reason(
    history: History, invoices: Invoices, row: dict[str, Any], billing_date: date, question: Question
) -> str:
    if row["day"] != billing_date:
        return f"that is none of its billing dates, the next one is {row['day']}"
    if row["at_us"] > question.as_of_us:
        return f"that billing date had not begun by {format_instant(question.as_of)}"
    if row["cancelled_us"] <= row["at_us"]:
        return "it was cancelled by then, and nothing was left to pay"
    dates = invoices.invoices["billing_date"].to_list()
    recorded_us = history.licenses["recorded_us"].item()
    if recorded_us > row["at_us"]:
        later = f"; its first invoice, of {dates[0]}, catches up" if len(dates) else ""
        return f"it was recorded later, at {format_instant(from_us(recorded_us))}{later}"
    gaps = invoices.unpriced.filter(pl.col("date") == billing_date).to_dicts()
    if gaps or row["starts"]:
        terms = ", ".join(gaps[0][name] for name in ("plan", "billing_cycle", "currency")) if gaps else "it"
        return f"no price for {terms} was known on that date"
    return "no period begins on it, and nothing else was owed"


def _nearby(dates: list[date], wanted: date) -> str:
    """Name the invoices that there are, those next to the date if they are many."""
    if not dates:
        return "It has no invoice yet."
    if len(dates) <= _SHOWN * 2:
        return f"It has invoices of {_listed(dates)}."
    near = sorted(sorted(dates, key=lambda day: abs(day - wanted))[:_SHOWN])
    return (
        f"It has {len(dates)} invoices, from {dates[0]} to {dates[-1]}; the nearest are of {_listed(near)}."
    )


def _listed(dates: list[date]) -> str:
    return ", ".join(map(str, dates))

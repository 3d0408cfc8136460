"""What a preview says: the invoices ahead, now and with changes, and what each change is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ledger.application.ask import DataFault
from ledger.rules.instants import format_instant
from replay.line_pairs import LinePair, pair_lines
from replay.preview.changes import Change

Row = Mapping[str, Any]


@dataclass(frozen=True)
class PreviewedChange:
    """A change, when it would become true, and what it alone adds to the invoices shown (minor units).

    `alone_minor` is None for a change that could not be recorded without the others; `refusal` says why.
    """

    change: Change
    effective_at: datetime
    alone_minor: int | None
    refusal: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "kind": self.change.kind.value,
            "value": self.change.value,
            "effective_at": format_instant(self.effective_at),
            "alone": self.alone_minor,
            "refusal": self.refusal,
        }


@dataclass(frozen=True)
class PreviewedInvoice:
    """The invoice of a date in two cases, None where there is none; rows as `ask_invoices` has them."""

    billing_date: str
    before: Row | None
    after: Row | None

    @cached_property
    def lines(self) -> list[LinePair]:
        """Return the lines of both in pairs."""
        return pair_lines(self.before, self.after)

    @property
    def before_minor(self) -> int:
        """Return the first total, 0 without an invoice."""
        return 0 if self.before is None else int(self.before["total"])

    @property
    def after_minor(self) -> int:
        """Return the second total, 0 without an invoice."""
        return 0 if self.after is None else int(self.after["total"])

    @property
    def difference_minor(self) -> int:
        """Return by how much the second invoice is more."""
        return self.after_minor - self.before_minor

    def as_dict(self, before: str, after: str) -> dict[str, Any]:
        """Return everything as plain objects, the two cases under the names given."""
        lines = [
            {
                "kind": pair.kind,
                "day": pair.day,
                before: pair.before and pair.before["amount"],
                after: pair.after and pair.after["amount"],
                "difference": pair.difference_minor,
            }
            for pair in self.lines
        ]
        return {
            "billing_date": self.billing_date,
            before: self.before,
            after: self.after,
            "lines": lines,
            "difference": self.difference_minor,
        }


@dataclass(frozen=True)
class CutoverAhead:
    """A cutover that will switch the licence: its first charge under the old model and under the new one.

    `with_changes` tells whether what is supposed counts.
    """

    cutover_id: str
    with_changes: bool
    pricing_model_before: str
    pricing_model_after: str
    invoice: PreviewedInvoice

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "cutover_id": self.cutover_id,
            "with_changes": self.with_changes,
            "pricing_model_before": self.pricing_model_before,
            "pricing_model_after": self.pricing_model_after,
            **self.invoice.as_dict("under_old_model", "under_new_model"),
        }


@dataclass(frozen=True)
class Preview:
    """A licence's invoices ahead, as known at `at`: as things stand (before) and with the changes (after).

    Without changes both are the same. Amounts in minor units of `currency`; `invoices` by billing date.
    """

    license_id: str
    currency: str
    at: datetime
    changes: tuple[PreviewedChange, ...]
    invoices: tuple[PreviewedInvoice, ...]
    cutovers: tuple[CutoverAhead, ...]
    faults: tuple[DataFault, ...] = ()

    @property
    def before_minor(self) -> int:
        """Return what the invoices shown add up to as things stand."""
        return sum(invoice.before_minor for invoice in self.invoices)

    @property
    def after_minor(self) -> int:
        """Return what the invoices shown add up to with the changes."""
        return sum(invoice.after_minor for invoice in self.invoices)

    @property
    def difference_minor(self) -> int:
        """Return what the changes add to the invoices shown, all together."""
        return self.after_minor - self.before_minor

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "license_id": self.license_id,
            "currency": self.currency,
            "at": format_instant(self.at),
            "changes": [change.as_dict() for change in self.changes],
            "invoices": [invoice.as_dict("now", "what_if") for invoice in self.invoices],
            "now": self.before_minor,
            "what_if": self.after_minor,
            "difference": self.difference_minor,
            "cutovers": [cutover.as_dict() for cutover in self.cutovers],
        }

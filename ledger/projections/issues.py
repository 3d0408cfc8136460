"""Issued invoices, found by licence and billing date."""

from ledger.projections.billing_index import MONTHS_BOUND
from ledger.projections.history import History
from ledger.projections.lookups import Index


def issue_index(history: History) -> Index:
    """Return the index of the issued invoices by licence and n."""
    return Index.by_number(history.issued["license"], history.issued["n"], MONTHS_BOUND)

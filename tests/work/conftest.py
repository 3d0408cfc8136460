"""An open ledger on each kind of store, its clock in the test's hand."""

from tests.application.conftest import clock, ledger, sqlite_ledger

__all__ = ["clock", "ledger", "sqlite_ledger"]

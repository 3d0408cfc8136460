"""Rows of one version while they are written, with the checkpoints and parked licences that go with them."""

from collections.abc import Mapping, Sequence

import polars as pl

from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.catalogue import Parked
from ledger.stores.read_models.errors import CheckpointMoved
from ledger.stores.read_models.layout import physical
from ledger.stores.read_models.transactions import Transaction

Frames = Mapping[str, pl.DataFrame]


class Change:
    """Rows that are being written together with the checkpoints that they follow from."""

    def __init__(self, work: Transaction, version: int, tables: Sequence[str]) -> None:
        self._work = work
        self._version = version
        self._tables = tables

    def move(self, partition: int, expected: int, moved: Mapping[str, int]) -> None:
        """Move a checkpoint; raises CheckpointMoved if it is not where it is expected (any more)."""
        if not self._work.run(sql.MOVE, {**moved, "part": partition, "expected": expected}):
            raise CheckpointMoved(partition=partition, version=self._version, expected=expected)

    def load(self, frames: Frames) -> None:
        """Append the rows of licences that have none in this version; tables that it lacks are left out."""
        for table in self._tables:
            if not frames[table].is_empty():
                self._work.insert(physical(table, self._version), frames[table])

    def replace(self, license_ids: Sequence[str], frames: Frames) -> None:
        """Put the rows of some licences in place of those that they have."""
        condition, ids = self._work.among(license_ids)
        for table in self._tables:
            name = self._work.qualified(physical(table, self._version))
            self._work.run(f"DELETE FROM {name} WHERE license_id {condition}", {"ids": ids})
        self.load(frames)

    def park(self, parked: Parked) -> None:
        """Park a licence in this version, or give the reason anew for which it is."""
        self._work.run(sql.PARK, {"version": self._version, **vars(parked)})

    def unpark(self, license_ids: Sequence[str]) -> None:
        """Take licences up again in this version."""
        condition, ids = self._work.among(license_ids)
        statement = sql.UNPARK.replace("{among_ids}", condition)
        self._work.run(statement, {"version": self._version, "ids": ids})

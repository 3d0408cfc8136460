"""What a database has to be able to do for read models: one transaction, in statements and in frames."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

NOTHING: Mapping[str, Any] = {}
_CATALOGUE_TABLE = re.compile(r"\{(read_model_\w+)\}")


class Transaction(ABC):
    """One transaction, open. Statements have :name for parameters and {read_model_…} for catalogue tables."""

    @abstractmethod
    def run(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows, if it gives any."""

    @abstractmethod
    def alone(self) -> None:
        """Let nobody else decide about versions and leases until the end of the transaction."""

    @abstractmethod
    def for_indexes(self) -> None:
        """Give the transaction what building indexes takes."""

    @abstractmethod
    def largest_first(self, tables: Sequence[str]) -> list[str]:
        """Return tables by the room that they take, as far as the database says that at once."""

    @abstractmethod
    def read(self, statement: str, parameters: Mapping[str, Any], schema: pl.Schema) -> pl.DataFrame:
        """Return the rows of a SELECT straight as columns of the schema."""

    @abstractmethod
    def insert(self, table: str, frame: pl.DataFrame) -> None:
        """Append a frame to a table whose columns are the frame's."""

    @abstractmethod
    def qualified(self, table: str) -> str:
        """Return a table's name as it stands in SQL."""

    @abstractmethod
    def type_name(self, dtype: pl.DataType) -> str:
        """Return the database's word for a frame's type."""

    @abstractmethod
    def among(self, license_ids: Sequence[str]) -> tuple[str, Any]:
        """Return a condition that stands behind a column, with :ids in it, and the value of :ids."""

    @abstractmethod
    def contains(self, column: str) -> str:
        """Return a condition: the column is like :text, a to z in any case.

        A ! stands before what means itself.
        """

    @abstractmethod
    def instant(self, us: int) -> Any:
        """Return an instant as a parameter that is compared with columns of instants."""

    @abstractmethod
    def columns(self, name: str) -> list[tuple[str, str]]:
        """Return names and types of a table's or view's columns, in their order; none if there is neither."""

    @abstractmethod
    def show(self, view: str, table: str, schema: pl.Schema) -> None:
        """Make a view of all columns that a table has, in place of the view that there may be.

        `schema` says what this release keeps in the columns of these names.
        """

    def named(self, statement: str) -> str:
        """Return a statement with the catalogue's tables named."""
        return _CATALOGUE_TABLE.sub(lambda found: self.qualified(found[1]), statement)


def substituted(statement: str, spell: Callable[[str], str]) -> str:
    """Return a statement with each :name replaced by what `spell` makes of the name."""
    return re.sub(r"(?<![:\w]):([a-z]\w*)", lambda found: spell(found[1]), statement)

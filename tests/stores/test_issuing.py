"""What a store answers about issued invoices: in order, by number, and the last number of a series."""

import sqlite3
from typing import Any

import psycopg
import pytest

from ledger.events.facts import Fact
from ledger.stores import issuing
from ledger.stores.locations import open_store
from ledger.stores.log_row import LogRow
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, row, rows

ALL = 1_000_000


def invoice(license_id: str, version: int, number: str) -> LogRow:
    return row(
        f"license/{license_id}/invoices",
        version,
        license_id=license_id,
        subject=number,
        fact=Fact.INVOICE_ISSUED,
    )


def numbers(store: Store, *span: int, license_ids: tuple[str, ...] = ()) -> list[list[str | None]]:
    """Return the numbers of each page."""
    after, until = span or (0, ALL)
    return [[one.row.subject for one in page] for page in store.issued.pages(after, until, license_ids)]


class TestIssuedQueries:
    def test_give_invoices_in_the_order_of_the_log(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(issuing, "ROWS_A_PAGE", 2)
        recorded = store.recorder.append(
            [
                invoice("zett", 1, "INV-2024-000009"),
                *rows(SEATS, 3, NOON_US),
                invoice("acme", 1, "INV-2024-000001"),
                invoice("zett", 2, "B"),
            ],
            restamp=True,
        )
        assert numbers(store) == [["INV-2024-000009", "INV-2024-000001"], ["B"]]
        assert numbers(store, recorded[0].position, recorded[-1].position - 1) == [["INV-2024-000001"]]
        assert numbers(store, license_ids=("zett", "nobody")) == [["INV-2024-000009", "B"]]
        assert numbers(store, license_ids=("nobody",)) == []
        page = next(store.issued.pages(0, ALL))
        assert [one.position for one in page] == [recorded[0].position, recorded[4].position]

    def test_find_one_by_its_number(self, store: Store) -> None:
        first, _ = store.recorder.append([invoice("zett", 1, "A/7 ü"), invoice("acme", 1, "A/7 ü")])
        store.recorder.append([row("license/acme", 1, subject="A-8")])
        assert store.issued.by_number("A/7 ü") == first
        assert store.issued.by_number("A-8") is None  # not an invoice
        assert store.issued.by_number("A/7") is None

    def test_know_the_last_number_of_a_series(self, store: Store) -> None:
        assert store.issued.last_number("INV-2024-") == 0
        others = [
            "INV-2024-00000A",
            "INV-2024-7",
            "INV-2024-0000000099",
            "INV-2025-000044",
            "OUT-2024-000055",
        ]
        mine = ["INV-2024-000002", "INV-2024-000010", "INV-2024-000009"]
        store.recorder.append([invoice("acme", at, name) for at, name in enumerate(others + mine, 1)])
        assert store.issued.last_number("INV-2024-") == 10
        assert store.issued.last_number("INV-2025-") == 44
        assert store.issued.last_number("INV-2026-") == 0
        store.recorder.append([invoice("zett", 1, "INV-2024-999999"), invoice("zett", 2, "INV-2024-1000000")])
        assert store.issued.last_number("INV-2024-") == 1_000_000

    def test_see_in_a_session_what_is_pending(self, store: Store) -> None:
        with store.writing() as session:
            session.append([invoice("acme", 1, "INV-2024-000001")])
            assert session.last_invoice_number("INV-2024-") == 1


class TestIndexes:
    def test_are_used_in_a_file(self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with open_store(sqlite_url, create=True) as store:
            asked: list[tuple[str, Any]] = []
            run = store.issued._run

            def listening(statement: str, parameters: Any) -> Any:
                asked.append((statement, parameters))
                return run(statement, parameters)

            monkeypatch.setattr(store.issued, "_run", listening)
            numbers(store)
            store.issued.licenses(0, ALL)
            store.issued.by_number("INV-2024-000001")
            store.issued.last_number("INV-2024-")
            plans = [run(f"EXPLAIN QUERY PLAN {statement}", given)[0][3] for statement, given in asked]
            assert all(plan.startswith("SEARCH stored_events USING INDEX issued_by") for plan in plans), plans

    def test_are_made_in_a_store_of_an_earlier_release(
        self, store_url: str, sqlite_url: str, postgres_server: str
    ) -> None:
        with open_store(store_url, create=True) as made:
            made.recorder.append([invoice("acme", 1, "INV-2024-000001")])
        schema = store_url.rpartition("=")[2]
        connection: Any
        if store_url == sqlite_url:
            connection = sqlite3.connect(store_url.removeprefix("sqlite:///"))
            prefix, found = "", "SELECT name FROM sqlite_master WHERE name LIKE 'issued_by%'"
        else:
            connection = psycopg.connect(postgres_server, autocommit=True)
            prefix = f"{schema}."
            found = (
                f"SELECT indexname FROM pg_indexes WHERE schemaname = '{schema}' AND indexname ~ '^issued_by'"
            )
        for name in ("issued_by_position", "issued_by_number"):
            connection.execute(f"DROP INDEX {prefix}{name}")
        connection.commit()
        for _ in range(2):
            with open_store(store_url, create=False) as again:
                assert again.issued.by_number("INV-2024-000001") is not None
            assert sorted(connection.execute(found).fetchall()) == [
                ("issued_by_number",),
                ("issued_by_position",),
            ]
        connection.close()

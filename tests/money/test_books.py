"""Books as text: what beancount's own programs say of them, and the files as they are kept."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beancount.core.data import Commodity, Open, Transaction

from ledger.application.ledger import Ledger
from ledger.application.show_journal import Books, show_journal
from ledger.projections.books import beancount, hledger
from ledger.projections.journal import Journal
from ledger.rules.account_names import account_part
from ledger.rules.currencies import minor_unit_digits
from replay.sample import sample_history
from tests.application.desk import imported
from tests.money.issuing import journal_of, with_all_issued
from tests.money.simulated import BILLED_AT, bill_a_simulated_programme
from tests.money.simulated import invoiced as totals_in
from tests.money.test_journal import issue, line
from tests.money.tools import balances, bean_check, loaded, written
from tests.projections.frames import Line
from tests.projections.told import Told

GOLDEN = Path(__file__).parent / "golden"
END = datetime(2024, 12, 31, 12, tzinfo=UTC)
KEPT = ("acme-issued-then-corrected", "acme-late-shift", "cobalt-tokyo-10-june", "gale-client-pays")
WRITERS: dict[str, Callable[[Journal], Iterator[str]]] = {"beancount": beancount, "hledger": hledger}


def sample_lines() -> list[Line]:
    """Give the sample programme's lines, each once."""
    return [json.loads(item) for item in dict.fromkeys(sample_history().decode().splitlines())]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Return the sample programme with every invoice of the year issued on its last day."""
    return with_all_issued(sample_lines(), END)


@pytest.fixture(scope="module")
def books(lines: list[Line], tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Return the books of a store that holds it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('books') / 'ledger.db'}"
    with Ledger.open(url, create=True) as ledger:
        imported(ledger, "".join(json.dumps(item) + "\n" for item in lines).encode())
        return show_journal(ledger)


def excerpt(journal: Journal) -> Journal:
    """Give the entries of a few licences: all kinds of lines, payers and currencies."""
    return Journal(journal.postings.filter(pl.col("license_id").is_in(KEPT)), journal.unbalanced)


def odd_books() -> Journal:
    """Return books with names and amounts that are not easy to write down."""
    told = Told().tell(
        "PartnerRegistered",
        "2024-01-01",
        partner_id='P "& Co"; \\',
        programme="affiliate",
        commission_rate="0.2",
    )
    names = {
        'a "quoted" \\ id': "USD",
        "a quoted id": "KWD",
        "a-quoted-id": "JPY",
        "A-quoted-id": "CLF",
        "日本語, 株式会社": "EUR",
        "tag: type:X, date:2020-01-01 [2020-01-01] ; |": "USD",
        "nbsp\u00a0ls\u2028ps\u2029zwj\u200d": "TND",
        "\u202eturned 🦊": "TND",
        "  two  spaces  ": "TND",
    }
    for number, (license_id, currency) in enumerate(names.items()):
        told.licence("ppu", license_id=license_id, currency=currency, partner_id='P "& Co"; \\')
        issue(told, line("recurring", 1005), license_id=license_id, number=f'no. {number}) "\\; | x')
    return journal_of(told.lines)


class TestBeancount:
    def test_finds_nothing_wrong_with_the_sample_programme(self, books: Books, tmp_path: Path) -> None:
        assert bean_check(written(tmp_path, books.beancount())) == (0, "")

    def test_finds_what_is_wrong(self, books: Books, tmp_path: Path) -> None:
        wrong = [text.replace("39.20 USD", "39.21 USD", 1) for text in books.beancount()]
        code, said = bean_check(written(tmp_path, wrong))
        assert code == 1
        assert "does not balance" in said

    def test_finds_nothing_wrong_with_odd_names_and_currencies(self, tmp_path: Path) -> None:
        assert bean_check(written(tmp_path, beancount(odd_books()))) == (0, "")

    def test_finds_nothing_wrong_with_empty_books(self, tmp_path: Path) -> None:
        empty = journal_of(Told().licence("ppu").lines)
        assert bean_check(written(tmp_path, beancount(empty))) == (0, "")

    def test_reads_back_what_names_were(self, tmp_path: Path) -> None:
        journal = odd_books()
        entries = [e for e in loaded(written(tmp_path, beancount(journal))) if isinstance(e, Transaction)]
        wanted = journal.postings.unique("position", maintain_order=True)
        assert sorted(
            (entry.meta["position"], entry.meta["license"], entry.meta["invoice"]) for entry in entries
        ) == [
            (Decimal(position), license_id, number)
            for position, license_id, number in wanted.select("position", "license_id", "number").iter_rows()
        ]

    def test_reads_amounts_in_the_decimals_of_their_currency(self, tmp_path: Path) -> None:
        entries = loaded(written(tmp_path, beancount(odd_books())))
        owed = balances(entries, "Assets:Receivable:")
        # 1005 minor units, thrice in TND and twice in USD
        written_as = {currency: [] for _, currency in owed}  # type: dict[str, list[str]]
        for (_, currency), number in owed.items():
            written_as[currency].append(str(number))
        assert written_as == {
            "USD": ["10.05", "10.05"],
            "KWD": ["1.005"],
            "JPY": ["1005"],
            "CLF": ["0.1005"],
            "EUR": ["10.05"],
            "TND": ["1.005", "1.005", "1.005"],
        }

    def test_knows_every_account_and_commodity(self, books: Books, tmp_path: Path) -> None:
        entries = loaded(written(tmp_path, books.beancount()))
        used = {p.account for e in entries if isinstance(e, Transaction) for p in e.postings}
        assert {entry.account for entry in entries if isinstance(entry, Open)} == used
        assert {entry.currency for entry in entries if isinstance(entry, Commodity)} == {"EUR", "JPY", "USD"}

    def test_says_that_payers_owe_what_was_invoiced(
        self, books: Books, lines: list[Line], tmp_path: Path
    ) -> None:
        owed = balances(loaded(written(tmp_path, books.beancount())), "Assets:Receivable:")
        assert {key: number for key, number in owed.items() if number} == {
            key: number for key, number in invoiced(lines).items() if number
        }


def invoiced(lines: list[Line]) -> Counter[tuple[str, str]]:
    """Add up the totals that were issued, by the account of who pays and currency, in decimals."""
    resellers = {item["partner_id"] for item in lines if item.get("programme") == "solution"}
    created = {item["license_id"]: item for item in lines if item["type"] == "LicenseCreated"}
    sums: Counter[tuple[str, str]] = Counter()
    for item in lines:
        if item["type"] == "InvoiceIssued":
            licence = created[item["license_id"]]
            partner, currency = licence.get("partner_id"), licence.get("currency", "USD")
            by_partner = partner in resellers and licence.get("payer") != "client"
            kind, payer = ("Partners", partner) if by_partner else ("Customers", licence["license_id"])
            amount: Any = Decimal(item["total"]).scaleb(-minor_unit_digits(currency))
            sums[f"Assets:Receivable:{kind}:{account_part(str(payer))}", currency] += amount
    return sums


class TestASimulatedProgramme:
    def test_is_taken_by_bean_check_and_ties_out(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        with Ledger.open(url, create=True, clock=lambda: BILLED_AT) as ledger:
            bill_a_simulated_programme(ledger, 40)
            file, totals = written(tmp_path, show_journal(ledger).beancount()), totals_in(ledger)
        assert bean_check(file) == (0, "")
        owed: Counter[str] = Counter()
        for (_, currency), number in balances(loaded(file), "Assets:Receivable:").items():
            owed[currency] += number
        assert owed == totals
        assert len(totals) == 3


class TestBooks:
    @pytest.mark.parametrize("form", WRITERS)
    def test_are_as_kept(self, books: Books, form: str) -> None:
        file = GOLDEN / f"sample.{form}"
        text = "".join(f"{item}\n" for item in WRITERS[form](excerpt(books.journal)))
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    @pytest.mark.parametrize("form", WRITERS)
    def test_are_the_same_however_the_log_was_read(self, books: Books, lines: list[Line], form: str) -> None:
        assert list(WRITERS[form](journal_of(lines))) == list(WRITERS[form](books.journal))

    def test_hold_nothing_that_ends_a_tag(self) -> None:
        tags = [
            text for block in hledger(odd_books()) for text in block.splitlines() if "; license: " in text
        ]
        assert len(tags) == 9
        assert tags[5] == ("  ; license: tag%3A type%3AX%2C date%3A2020-01-01 %5B2020-01-01%5D %3B %7C")

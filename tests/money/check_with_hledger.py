"""Have hledger check the books of a simulated programme and of odd names; `.ci/run` does.

hledger comes from Debian's packages and not from a wheel, so this is no test that everybody can run.
"""

import csv
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.application.ledger import Ledger
from ledger.application.show_journal import show_journal
from ledger.projections.books import hledger
from tests.money.simulated import BILLED_AT, Sums, bill_a_simulated_programme, invoiced
from tests.money.test_books import odd_books
from tests.money.tools import bean_check, written

LICENSES = 400


def ask_hledger(file: Path, *args: str) -> str:
    """Run hledger on a journal; ends with what it complains of."""
    # it reads names in the letters of the locale
    surroundings = {**os.environ, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        ["hledger", "-f", file, *args], env=surroundings, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(f"hledger {' '.join(args)} failed:\n{ran.stderr}")
    return ran.stdout


def receivable(file: Path) -> Sums:
    """Give what hledger says is owed to the house, by currency."""
    query = ("balance", "Assets:Receivable", "--depth", "2", "--layout", "bare", "-O", "csv")
    rows = csv.DictReader(io.StringIO(ask_hledger(file, *query)))
    return {
        row["commodity"]: Decimal(row["balance"])
        for row in rows
        if row["account"] == "Assets:Receivable" and Decimal(row["balance"])
    }


def main() -> None:
    """Simulate, bill, write the books, and compare what the tools say; exits with 1 if they complain."""
    with TemporaryDirectory(prefix="books-") as name:
        folder = Path(name)
        ask_hledger(written(folder, hledger(odd_books()), "odd.hledger"), "check", "--strict")
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}", create=True, clock=lambda: BILLED_AT) as ledger:
            bill_a_simulated_programme(ledger, LICENSES)
            books = show_journal(ledger)
            file = written(folder, books.hledger(), "books.hledger")
            beans = written(folder, books.beancount())
            wanted = invoiced(ledger)
        ask_hledger(file, "check", "--strict")
        code, said = bean_check(beans)
        found = receivable(file)
        if books.faults or code or found != wanted:
            sys.exit(f"The books are wrong: {books.faults} {said} {found} is not {wanted}")
        entries = books.journal.postings["position"].n_unique()
        sys.stdout.write(f"hledger and bean-check take {entries} entries; receivable is {found}.\n")


if __name__ == "__main__":
    main()

"""Have hledger check the books of a simulated programme and of odd names; `.ci/run` does.

hledger comes from Debian's packages and not from a wheel, so this is no test that everybody can run.
"""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.application.ledger import Ledger
from ledger.application.run_billing import run_billing
from ledger.application.show_journal import show_journal
from ledger.application.simulation import simulate
from ledger.projections.books import hledger
from ledger.rules.currencies import minor_unit_digits
from tests.application.desk import exported, imported
from tests.money.test_books import odd_books
from tests.money.tools import bean_check, written

LICENSES, SEED, UNTIL = 400, 11, date(2025, 7, 31)
Sums = dict[str, Decimal]


def ask_hledger(file: Path, *args: str) -> str:
    """Run hledger on a journal; CalledProcessError says what it complains of."""
    ran = subprocess.run(["hledger", "-f", file, *args], capture_output=True, text=True, check=False)
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


def invoiced(ledger: Ledger) -> Sums:
    """Add up the totals of the invoices in the log, by currency."""
    currencies: dict[str, str] = {}
    sums: Counter[str] = Counter()
    for text in exported(ledger).splitlines():
        line = json.loads(text)
        if line["type"] == "LicenseCreated":
            currencies[line["license_id"]] = line["currency"]
        elif line["type"] == "InvoiceIssued":
            sums[currencies[line["license_id"]]] += line["total"]
    return {
        currency: Decimal(total).scaleb(-minor_unit_digits(currency))
        for currency, total in sums.items()
        if total
    }


def main() -> None:
    """Simulate, bill, write the books, and compare what the tools say; exits with 1 if they complain."""
    with TemporaryDirectory(prefix="books-") as name:
        folder = Path(name)
        ask_hledger(written(folder, hledger(odd_books()), "odd.hledger"), "check", "--strict")
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}", create=True) as ledger:
            story = io.BytesIO()
            simulate(LICENSES, SEED, UNTIL, story)
            imported(ledger, story.getvalue())
            run_billing(ledger)
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

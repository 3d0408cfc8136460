"""A simulated programme with every invoice issued, and what its invoices come to."""

import io
import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

from ledger.application.ledger import Ledger
from ledger.application.run_billing import run_billing
from ledger.application.simulation import simulate
from ledger.rules.currencies import minor_unit_digits
from tests.application.desk import exported, imported

SEED, UNTIL = 11, date(2025, 7, 31)
BILLED_AT = datetime(2025, 8, 1, tzinfo=UTC)
Sums = dict[str, Decimal]


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


def bill_a_simulated_programme(ledger: Ledger, licenses: int) -> None:
    """Record a made-up history and issue every invoice that is due by the ledger's clock."""
    story = io.BytesIO()
    simulate(licenses, SEED, UNTIL, story)
    imported(ledger, story.getvalue())
    run_billing(ledger)

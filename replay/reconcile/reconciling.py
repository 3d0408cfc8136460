"""Hold the invoices that the programme's owner has against ours, licence by licence (ADR 0021)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import DataFault, Question, ask_invoices, not_known
from ledger.application.ledger import Ledger
from ledger.events.license import LicenseCreated
from ledger.events.streams import license_stream
from replay.reconcile.differences import (
    NO_DIFFERENCE,
    DatesIn,
    Difference,
    Kind,
    OurInvoice,
    day_there,
    differences,
    is_void,
    minor,
)
from replay.reconcile.matching import Ours, Theirs, matched
from replay.reconcile.partner_file import BadPartnerRow, PartnerInvoice

# Up to so many licences are read one by one; more of them by reading the log through.
_READ_ONE_BY_ONE: Final = 500


@dataclass(frozen=True)
class ReconciliationTerms:
    """How a file is held against the ledger.

    `license_id` says whose all rows are; without it `organisations` and the rows themselves do. `since` and
    `until` (both included) limit the billing dates that are compared. `projected` takes our invoices that are
    not issued yet as well.
    """

    question: Question
    license_id: str | None = None
    organisations: Mapping[str, str] = field(default_factory=dict)
    projected: bool = False
    since: date | None = None
    until: date | None = None
    dates_in: DatesIn = DatesIn.UTC


@dataclass(frozen=True)
class Compared:
    """One invoice, as it is here and there; either may not be there. Amounts in minor units."""

    license_id: str | None
    billing_date: str | None
    number: str | None
    invoice_no: str | None
    row: int | None
    date: str | None
    currency: str | None
    here: int | None
    currency_there: str | None
    there: int | None
    differences: tuple[Difference, ...]

    @property
    def difference(self) -> int | None:
        """Return what is asked for there less what is here; None where currencies differ or are not known.

        The sum of what the differences do to the amount. Nothing is asked for by what is void or missing.
        """
        if any(each.kind in (Kind.CURRENCY, Kind.UNKNOWN_LICENSE) for each in self.differences):
            return None
        return sum(each.amount or 0 for each in self.differences)

    @property
    def agrees(self) -> bool:
        """Tell whether nothing differs but the rounding to whole units."""
        return all(each.kind in NO_DIFFERENCE for each in self.differences)


@dataclass(frozen=True)
class Reconciliation:
    """All invoices compared, by licence, then date, then number; and what kept ours from being whole."""

    compared: list[Compared]
    faults: list[DataFault]

    @property
    def agrees(self) -> bool:
        """Tell whether all agree."""
        return all(one.agrees for one in self.compared)


class _License:
    """What is known of a licence that rows are of."""

    def __init__(self, created: LicenseCreated) -> None:
        self.id = created.license_id
        self.time_zone = created.time_zone
        self.currency = created.currency
        self.ours: list[OurInvoice] = []
        self.theirs: list[PartnerInvoice] = []


def reconcile(
    ledger: Ledger,
    file: str,
    rows: Sequence[PartnerInvoice],
    terms: ReconciliationTerms,
    progress: Callable[[int], None] = lambda _: None,
) -> Reconciliation:
    """Compare a file's invoices with ours and explain each difference.

    `progress` is told how many invoices are compared so far. Raises LicenseNotFound for the licence named in
    the terms, and BadPartnerRow for a row that says nothing of its licence, says another one than the terms,
    or has an amount that its currency does not have.
    """
    licenses, unknown = _by_license(ledger, file, rows, terms)
    faults = _with_ours(ledger, licenses, terms)
    compared = [_unknown(row) for row in unknown]
    for license_ in licenses.values():
        compared += _compare(file, license_, terms)
        progress(len(compared))
    return Reconciliation(sorted(compared, key=_order), faults)


def _by_license(
    ledger: Ledger, file: str, rows: Sequence[PartnerInvoice], terms: ReconciliationTerms
) -> tuple[dict[str, _License], list[PartnerInvoice]]:
    """Sort rows to their licences; return also those of licences that the ledger does not know."""
    found: dict[str, _License | None] = {}
    unknown: list[PartnerInvoice] = []
    if terms.license_id is not None:
        found[terms.license_id] = _license(ledger, terms.license_id, terms)
        if found[terms.license_id] is None:
            raise not_known(ledger, terms.license_id, terms.question.known_us)
    for row in rows:
        name = _whose(file, row, terms)
        if name not in found:
            found[name] = _license(ledger, name, terms)
        license_ = found[name]
        if license_ is None:
            unknown.append(row)
        else:
            license_.theirs.append(row)
    return {name: one for name, one in found.items() if one is not None}, unknown


def _whose(file: str, row: PartnerInvoice, terms: ReconciliationTerms) -> str:
    said = row.license_id or row.organization_id
    mapped = [terms.organisations.get(name, "") for name in (row.license_id, row.organization_id) if name]
    name = next(filter(None, mapped), said)
    if terms.license_id is not None:
        if any(filter(None, mapped)) and name != terms.license_id:
            reason = f"it is of licence {name}, and {terms.license_id} was asked for"
            raise BadPartnerRow(file=file, row=row.row, field="license_id", reason=reason)
        return terms.license_id
    if name is None:
        reason = "it is missing, as organization_id is; say --license if all rows are of one licence"
        raise BadPartnerRow(file=file, row=row.row, field="license_id", reason=reason)
    return name


def _license(ledger: Ledger, license_id: str, terms: ReconciliationTerms) -> _License | None:
    """Return a licence as it was created; None if it was not by the time that the question knows."""
    first = next(iter(ledger.store.recorder.select_events(license_stream(license_id), limit=1)), None)
    if first is None:
        return None
    created = ledger.store.mapper.to_domain_event(first).event
    if not isinstance(created, LicenseCreated):
        raise LicenseNotFound(what="licence", name=license_id)
    known_at = terms.question.known_at or terms.question.as_of
    return _License(created) if created.recorded_at <= known_at else None


def _with_ours(
    ledger: Ledger, licenses: Mapping[str, _License], terms: ReconciliationTerms
) -> list[DataFault]:
    """Give each licence its invoices within the terms; return the data faults met on the way."""
    names = tuple(sorted(licenses)) if len(licenses) <= _READ_ONE_BY_ONE else ()
    if not licenses:
        return []
    answer = ask_invoices(ledger, replace(terms.question, license_ids=names))
    for line in answer.lines:
        invoice = json.loads(line)
        license_ = licenses.get(invoice["license_id"])
        is_meant = terms.projected or invoice["number"] is not None
        if license_ is not None and is_meant and _within(date.fromisoformat(invoice["billing_date"]), terms):
            license_.ours.append(invoice)
    return answer.faults


def _within(day: date, terms: ReconciliationTerms) -> bool:
    return (terms.since is None or day >= terms.since) and (terms.until is None or day <= terms.until)


def _compare(file: str, license_: _License, terms: ReconciliationTerms) -> Iterator[Compared]:
    """Yield the licence's invoices, those of both sides and those of one alone."""
    ours = license_.ours
    amounts = {row.row: _amount(file, license_, row) for row in license_.theirs}
    days = {row.row: day_there(row, license_.time_zone, terms.dates_in) for row in license_.theirs}
    pairs = matched(
        [Ours(date.fromisoformat(one["billing_date"]), _quantity(one), one["total"]) for one in ours],
        [Theirs(days[row.row], row.seats, amounts[row.row], is_void(row)) for row in license_.theirs],
    )
    for place, row in enumerate(license_.theirs):
        here = ours[pairs[place]] if place in pairs else None
        if here is not None:
            yield _both(license_, here, row, amounts[row.row], terms)
        elif _within(days[row.row], terms):
            yield _only_there(license_, row, amounts[row.row])
    for place in sorted(set(range(len(ours))) - set(pairs.values())):
        yield _only_here(ours[place])


def _quantity(invoice: OurInvoice) -> int:
    return next((int(line["quantity"]) for line in invoice["lines"] if line["kind"] == "recurring"), 0)


def _amount(file: str, license_: _License, row: PartnerInvoice) -> int:
    currency = row.currency or license_.currency
    amount = minor(row.amount, currency)
    if amount is None:
        raise BadPartnerRow(
            file=file, row=row.row, field="amount", reason=f"{row.amount} has more decimals than {currency}"
        )
    return amount


def _both(
    license_: _License, here: OurInvoice, row: PartnerInvoice, amount: int, terms: ReconciliationTerms
) -> Compared:
    return Compared(
        license_id=license_.id,
        billing_date=here["billing_date"],
        number=here["number"],
        invoice_no=row.invoice_no,
        row=row.row,
        date=row.stamp.text,
        currency=here["currency"],
        here=here["total"],
        currency_there=row.currency or license_.currency,
        there=amount,
        differences=tuple(differences(here, row, amount, license_.time_zone, terms.dates_in)),
    )


def _only_there(license_: _License, row: PartnerInvoice, amount: int) -> Compared:
    one = _unknown(row)
    # neither side asks for anything
    agrees = is_void(row) or not amount
    missing = () if agrees else (Difference(Kind.MISSING_HERE, None, row.invoice_no, amount),)
    currency = row.currency or license_.currency
    return replace(
        one,
        license_id=license_.id,
        currency=license_.currency,
        currency_there=currency,
        there=amount,
        differences=missing,
    )


def _only_here(here: OurInvoice) -> Compared:
    missing = Difference(Kind.MISSING_THERE, here["number"], None, -here["total"])
    return Compared(
        license_id=here["license_id"],
        billing_date=here["billing_date"],
        number=here["number"],
        invoice_no=None,
        row=None,
        date=None,
        currency=here["currency"],
        here=here["total"],
        currency_there=None,
        there=None,
        # one of 0 asks for nothing, and need not be there
        differences=(missing,) if here["total"] else (),
    )


def _unknown(row: PartnerInvoice) -> Compared:
    return Compared(
        license_id=row.license_id or row.organization_id,
        billing_date=None,
        number=None,
        invoice_no=row.invoice_no,
        row=row.row,
        date=row.stamp.text,
        currency=None,
        here=None,
        currency_there=row.currency,
        there=minor(row.amount, row.currency) if row.currency else None,
        differences=(Difference(Kind.UNKNOWN_LICENSE, None, row.license_id or row.organization_id),),
    )


def _order(one: Compared) -> tuple[str, str, str]:
    return one.license_id or "", one.billing_date or (one.date or "")[:10], one.invoice_no or ""

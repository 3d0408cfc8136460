"""An invoice as its page reads: every text and figure of it, for HTML, PDF and plain text alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from desk import words
from desk.configuration import Configuration, Payer, Seller
from desk.documents.language import Language
from desk.documents.wording import change_in_words, charged_for, count_in_words, units
from ledger.application.invoice_document import InvoiceDocument
from ledger.events.paper import AdjustmentLine, DiscountLine, InvoiceLine, RecurringLine, TrueUpLine


@dataclass(frozen=True)
class Party:
    """Who sells or pays, line by line."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the invoice; what it has no figure for is empty."""

    what: str
    notes: tuple[str, ...]
    quantity: str
    unit_price: str
    amount: str


@dataclass(frozen=True)
class Page:
    """The page of an invoice, in the order in which it is read.

    `draft` says of what moment a draft is, and is None on what was issued. `facts` and `sums` are pairs of
    label and value. `day` is the document's own date, YYYY-MM-DD.
    """

    language: str
    title: str
    name: str
    day: str
    draft: str | None
    seller: Party
    payer_label: str
    payer: Party
    facts: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    sums: tuple[tuple[str, str], ...]
    due_label: str
    due: str
    notes: tuple[str, ...]


def page_of(document: InvoiceDocument, configuration: Configuration) -> Page:
    """Return the page of an invoice; seller and payer as the configuration has them."""
    payer = configuration.payer(document.payer.payer_id)
    return _Writer(document, Language(payer.language)).page(configuration.seller, payer)


class _Writer:
    """Says what one invoice says, in one language's conventions."""

    def __init__(self, document: InvoiceDocument, language: Language) -> None:
        self._document = document
        self._language = language

    def page(self, seller: Seller, payer: Payer) -> Page:
        document = self._document
        title = "Credit note" if document.is_credit_note else "Invoice"
        number = document.number
        return Page(
            language=self._language.tag,
            title=title if number is not None else f"Draft {title.lower()}",
            name=number if number is not None else f"{document.license_id}, {document.billing_date}",
            day=str(document.issued_on or document.billing_date),
            draft=self._draft(),
            seller=_party(seller.name, seller, seller.email),
            payer_label="Credited to" if document.is_credit_note else "Billed to",
            payer=_party(payer.name or document.payer.payer_id, payer, payer.email or document.payer.email),
            facts=tuple(self._facts()),
            rows=tuple(self._row(line) for line in document.lines),
            sums=tuple(self._sums()),
            due_label=self._due_label(),
            due=self._money(abs(document.total)),
            notes=tuple(self._notes(payer.name or document.payer.payer_id)),
        )

    def _money(self, amount_minor: int) -> str:
        return self._language.money(amount_minor, self._document.currency)

    def _draft(self) -> str | None:
        document = self._document
        if document.as_of is None or document.known_at is None:
            return None
        as_of = self._language.moment(document.as_of, document.zone)
        known_at = self._language.moment(document.known_at, document.zone)
        as_known = f", as known at {known_at}" if known_at != as_of else ""
        return f"Not issued. Pro forma as of {as_of}{as_known}."

    def _facts(self) -> Iterator[tuple[str, str]]:
        document, day = self._document, self._language.day
        yield "Number", document.number if document.number is not None else "not issued"
        if document.issued_on is not None:
            yield "Issue date", day(document.issued_on)
        yield "Billing date", day(document.billing_date)
        line = document.recurring
        if line is not None:
            yield "Period", self._language.days(line.period_start, line.period_end)
        yield "Licence", document.license_id
        yield "Plan", f"{document.plan}, {document.billing_cycle}"
        if line is not None:
            yield "Pricing", words.MODELS[line.pricing_model]

    def _row(self, line: InvoiceLine) -> Row:
        if isinstance(line, RecurringLine):
            return self._recurring(line)
        if isinstance(line, TrueUpLine):
            return self._true_up(line)
        what = self._discount(line) if isinstance(line, DiscountLine) else self._adjustment(line)
        note = _why(line) if isinstance(line, AdjustmentLine) else ()
        return Row(what, note, "", "", self._money(line.amount))

    def _recurring(self, line: RecurringLine) -> Row:
        document, model = self._document, words.MODELS[line.pricing_model]
        return Row(
            what=f"{model.capitalize()}, {document.plan} plan",
            notes=(charged_for(line.pricing_model, document.billing_cycle), *self._how_counted()),
            quantity=self._language.number(line.quantity),
            unit_price=self._money(line.unit_amount),
            amount=self._money(line.amount),
        )

    def _how_counted(self) -> tuple[str, ...]:
        document = self._document
        if document.counted is None:
            return ()
        return (count_in_words(document.counted, self._language, document.zone),)

    def _true_up(self, line: TrueUpLine) -> Row:
        """Say the rise and its days; of a licence whose year goes on also how the seats were counted."""
        counted = units(self._language, line.quantity, line.pricing_model)
        price = self._money(line.unit_amount)
        end = line.date + timedelta(days=line.remaining_days)
        how = self._how_counted() if self._document.recurring is None and self._is_of_seats(line) else ()
        return Row(
            what=f"{units(self._language, line.quantity, line.pricing_model, more=True)}, "
            f"{self._language.days(line.date, end)}",
            notes=(f"{counted} × {price} × {line.remaining_days}/{line.period_days} days", *how),
            quantity=self._language.number(line.quantity),
            unit_price=price,
            amount=self._money(line.amount),
        )

    def _is_of_seats(self, line: TrueUpLine) -> bool:
        counted = self._document.counted
        return counted is not None and counted.pricing_model is line.pricing_model

    def _discount(self, line: DiscountLine) -> str:
        return f"Partner discount, {self._language.percent(line.rate)} of {self._money(self._charges)}"

    def _adjustment(self, line: AdjustmentLine) -> str:
        day = self._language.day(line.billing_date)
        number = self._document.corrected.get(line.billing_date)
        if number is None:
            return f"Correction for the billing date {day}"
        return f"Correction of invoice {number} of {day}"

    @property
    def _charges(self) -> int:
        return self._sum_of(RecurringLine, TrueUpLine)

    def _sum_of(self, *kinds: type[InvoiceLine]) -> int:
        return sum(line.amount for line in self._document.lines if isinstance(line, kinds))

    def _sums(self) -> Iterator[tuple[str, str]]:
        """Yield the sums of what is of one kind, where there is more than one line to add up."""
        lines = self._document.lines
        if len(lines) == 1:
            return
        for label, kinds in (
            ("Charges", (RecurringLine, TrueUpLine)),
            ("Discount", (DiscountLine,)),
            ("Corrections", (AdjustmentLine,)),
        ):
            if any(isinstance(line, kinds) for line in lines):
                yield label, self._money(self._sum_of(*kinds))
        if self._document.is_credit_note:
            yield "Total", self._money(self._document.total)

    def _due_label(self) -> str:
        return "Credit" if self._document.is_credit_note else "Amount due"

    def _notes(self, payer: str) -> Iterator[str]:
        document = self._document
        if document.changed is not None:
            yield change_in_words(document.changed, self._language)
        if document.is_credit_note:
            yield f"There is nothing to pay: {self._money(-document.total)} is credited to {payer}."
        elif document.total == 0:
            yield "There is nothing to pay."


def _party(name: str, known: Seller | Payer, email: str | None) -> Party:
    tax_id = (f"Tax id {known.tax_id}",) if known.tax_id else ()
    return Party(name, (*known.address, *((email,) if email else ()), *tax_id))


def _why(line: AdjustmentLine) -> tuple[str, ...]:
    return ("Too little was charged for it." if line.amount > 0 else "Too much was charged for it.",)

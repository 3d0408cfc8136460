"""Preview a licence's next invoices, as things stand and with changes that nobody records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ledger.application.ask import DataFault, read_licenses
from ledger.application.ledger import Ledger
from ledger.projections.history import History
from ledger.rules.calendar import first_instant
from ledger.rules.errors import InvalidValue, LedgerError, NotFound
from ledger.rules.instants import format_instant, from_us, to_us
from ledger.rules.words import SYSTEM_ACTOR
from replay.preview.answer import CutoverAhead, Preview, PreviewedChange, PreviewedInvoice
from replay.preview.cases import Bills, Switch, bill, history_of_cases, switches_ahead
from replay.preview.changes import Change
from replay.preview.deciding import Bench, Decided

MOST_YEARS_AHEAD = 10
# the next period of a year begins within twelve months, a change of cycle or not
_LOOK_AHEAD = timedelta(days=400)
_NOW = 0


class TooFarAhead(InvalidValue):
    """Raised for a day so far ahead that a preview of it would say nothing."""

    code = "too_far_ahead"
    template = f"{{value}} is more than {MOST_YEARS_AHEAD} years ahead."
    hint = "Choose a nearer day."


class NoInvoiceAhead(NotFound):
    """Raised for a day that is not ahead, or on which the licence will have no invoice."""

    code = "no_invoice_ahead"
    template = "Licence {license_id!r} will have no invoice on {billing_date}, as known at {at}."
    hint = "Leave out the date to see the next invoice, or give --until to see those up to a day."


@dataclass(frozen=True)
class _Span:
    """Which invoices are asked for: those of one day, those up to a day, or (neither) the next charge."""

    at_us: int
    until: str | None
    only: str | None

    def shown(self, bills: Bills, sides: Sequence[int]) -> list[str]:
        """Return the billing dates to be shown, in order.

        Of the instant itself only what changes: the rest of it has come.
        """
        ahead = sorted(
            day
            for day in {*bills.rows[sides[0]], *bills.rows[sides[-1]]}
            if bills.instants[day] > self.at_us
            or (bills.instants[day] == self.at_us and len({bills.total(side, day) for side in sides}) > 1)
        )
        if self.only is not None:
            return [day for day in ahead if day == self.only]
        if self.until is not None:
            return [day for day in ahead if day <= self.until]
        later = [day for day in ahead if bills.instants[day] > self.at_us]
        charged = [next((day for day in later if _begins_period(bills, side, day)), None) for side in sides]
        last = max((day for day in charged if day is not None), default=None)
        return ahead if last is None else [day for day in ahead if day <= last]


def preview(
    ledger: Ledger,
    license_id: str,
    changes: Sequence[Change] = (),
    at: datetime | None = None,
    *,
    until: date | None = None,
    billing_date: date | None = None,
    actor: str = SYSTEM_ACTOR,
) -> Preview:
    """Return the invoices after `at` (now), as known then, as things stand and with all changes made.

    Up to the next date with which a period begins; or all up to the day `until`; or that of `billing_date`.
    `changes` of the same instant of recording are made in their order. Raises LicenseNotFound,
    LicenseNotKnownYet, NoInvoiceAhead, TooFarAhead, TooFewChatBots, and what the aggregate refuses.
    """
    at = at or ledger.now()
    bench = Bench(ledger, license_id, at, actor)
    cases, refusals = _cases(bench, changes)
    history = history_of_cases(read_licenses(ledger, [license_id], to_us(at)), license_id, cases)
    switches = [one for one in switches_ahead(history, to_us(at)) if one.case in _sides(changes)]
    last = billing_date or until
    horizon_us = _horizon_us(at, last, bench.created.time_zone, switches)
    bills = bill(history, license_id, horizon_us)
    span = _Span(to_us(at), _text(until), _text(billing_date))
    shown = span.shown(bills, _sides(changes))
    if billing_date is not None and not shown:
        raise NoInvoiceAhead(license_id=license_id, billing_date=billing_date, at=format_instant(at))
    return Preview(
        license_id=license_id,
        currency=bench.created.currency,
        at=at,
        changes=tuple(_worth(bench, changes, refusals, bills, shown)),
        invoices=tuple(_pair(bills, bills, day, (_NOW, _sides(changes)[-1])) for day in shown),
        cutovers=tuple(_cutovers(history, license_id, switches, bills, horizon_us)),
        faults=tuple(_faults(bills, changes, span, shown)),
    )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _sides(changes: Sequence[Change]) -> tuple[int, ...]:
    """Return the cases that are shown: as things stand, and with all changes if there are any."""
    return (_NOW, 1) if changes else (_NOW,)


def _cases(bench: Bench, changes: Sequence[Change]) -> tuple[list[list[Decided]], dict[int, LedgerError]]:
    """Return the cases: no change, all of them, each alone; and why some cannot be made alone.

    One change alone is all of them and has no case of its own; what cannot be made alone is a case without.
    """
    cases: list[list[Decided]] = [[]]
    refusals: dict[int, LedgerError] = {}
    if changes:
        cases.append(bench.decide(changes))
    for place in range(len(changes) if len(changes) > 1 else 0):
        try:
            cases.append(bench.decide(changes, only=place))
        except LedgerError as refusal:
            refusals[place] = refusal
            cases.append([])
    return cases, refusals


def _horizon_us(at: datetime, last: date | None, zone: str, switches: Sequence[Switch]) -> int:
    if last is None:
        ends_us = to_us(at + _LOOK_AHEAD)
    elif last.year - at.year > MOST_YEARS_AHEAD:
        raise TooFarAhead(value=last.isoformat())
    else:
        ends_us = to_us(first_instant(last, zone))
    return max([ends_us, *(switch.at_us for switch in switches)])


def _begins_period(bills: Bills, case: int, day: str) -> bool:
    row = bills.rows[case].get(day)
    return row is not None and row["period_start"] is not None


def _pair(first: Bills, second: Bills, day: str, sides: tuple[int, int]) -> PreviewedInvoice:
    return PreviewedInvoice(day, first.rows[sides[0]].get(day), second.rows[sides[1]].get(day))


def _worth(
    bench: Bench,
    changes: Sequence[Change],
    refusals: dict[int, LedgerError],
    bills: Bills,
    shown: Sequence[str],
) -> list[PreviewedChange]:
    found = []
    for place, change in enumerate(changes):
        case = 1 if len(changes) == 1 else 2 + place
        alone = sum(bills.total(case, day) - bills.total(_NOW, day) for day in shown)
        refusal = refusals.get(place)
        found.append(
            PreviewedChange(
                change,
                bench.effective_at(change),
                None if refusal else alone,
                str(refusal) if refusal else None,
            )
        )
    return found


def _cutovers(
    history: History, license_id: str, switches: Sequence[Switch], bills: Bills, horizon_us: int
) -> list[CutoverAhead]:
    """Return the cutovers ahead, as things stand and then with the changes, each by its charge date."""
    without = {
        name: bill(history, license_id, horizon_us, but_for=name)
        for name in sorted({switch.cutover_id for switch in switches})
    }
    return [
        CutoverAhead(
            switch.cutover_id,
            switch.case != _NOW,
            switch.before,
            switch.after,
            _pair(without[switch.cutover_id], bills, switch.day, (switch.case, switch.case)),
        )
        for switch in switches
    ]


def _faults(bills: Bills, changes: Sequence[Change], span: _Span, shown: Sequence[str]) -> list[DataFault]:
    """Return the prices that are missing for the days shown, or for the first period if there are none."""
    at = from_us(span.at_us).date().isoformat()
    last = span.only or span.until or max(shown, default=None)
    found: dict[DataFault, None] = {}
    for side in _sides(changes):
        for day, fault in sorted(bills.faults[side].items()):
            if day >= at and (last is None or day <= last) and span.only in (None, day):
                found[fault] = None
                if last is None:
                    break
    return list(found)

"""Compare seats, invoices and notices at two instants, or as known at two times."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from ledger.application.ask import QUESTIONS, Answer, DataFault, LicenseNotKnownYet, Question
from ledger.application.ledger import Ledger
from ledger.rules.instants import format_instant
from replay.compare.events import Between, EventBetween, EventsBetween, Times
from replay.compare.rows import CHANGES, RowDifference, differences

LICENSES_SHOWN = 10


@dataclass(frozen=True)
class Moment:
    """One look at the ledger: as of an instant of validity, as known at an instant of recording."""

    as_of: datetime
    known_at: datetime

    def as_dict(self) -> dict[str, str]:
        """Return both as text."""
        return {"as_of": format_instant(self.as_of), "known_at": format_instant(self.known_at)}


@dataclass(frozen=True)
class Counts:
    """How many rows a question has at either look, and how many of them changed, came and went."""

    before: int
    after: int
    changed: int
    added: int
    gone: int

    def as_dict(self) -> dict[str, int]:
        """Return all counts by their names."""
        return dict(vars(self))


@dataclass(frozen=True)
class LicenseDifference:
    """What differs for a licence, and what happened in between."""

    license_id: str
    rows: tuple[RowDifference, ...]
    events: tuple[EventBetween, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "license_id": self.license_id,
            "rows": [row.as_dict() for row in self.rows],
            "events": [event.as_dict() for event in self.events],
        }


@dataclass(frozen=True)
class Comparison:
    """Two looks at the ledger: counts by question, and the licences that differ, by license_id.

    `licenses` has the first of the `differing` ones, or all of them, as asked. Every difference is from
    `before` to `after`, whichever is earlier.
    """

    before: Moment
    after: Moment
    counts: Mapping[str, Counts]
    differing: int
    licenses: tuple[LicenseDifference, ...]
    faults: tuple[DataFault, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "questions": {name: counts.as_dict() for name, counts in self.counts.items()},
            "licenses_differing": self.differing,
            "licenses": [one.as_dict() for one in self.licenses],
        }


def compare(
    ledger: Ledger,
    before: Moment,
    after: Moment,
    *,
    license_ids: Sequence[str] = (),
    questions: Sequence[str] = tuple(QUESTIONS),
    limit: int | None = LICENSES_SHOWN,
    unchanged: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Return how the answers differ at two looks, of all licences or of some, for the first `limit` of them.

    With `unchanged` rows that are the same at both are there too. A licence that one look does not know yet
    has no rows there. `progress` is called with how many of how many licences are done. Raises
    LicenseNotFound for one that neither knows, and what asking raises.
    """
    found: dict[str, list[RowDifference]] = {}
    counts: dict[str, Counts] = {}
    faults: dict[DataFault, None] = {}
    for name in questions:
        first, second = _ask_both(ledger, name, before, after, tuple(license_ids))
        rows = differences(name, first.lines, second.lines, unchanged=unchanged)
        counts[name] = _counts(first, second, rows)
        faults |= dict.fromkeys([*first.faults, *second.faults])
        for row in rows:
            found.setdefault(row.license_id, []).append(row)
    between = EventsBetween(ledger, max(before.known_at, after.known_at), _between(before, after))
    licenses: list[LicenseDifference] = []
    shown = len(found) if limit is None else min(limit, len(found))
    for license_id, rows in islice(sorted(found.items()), shown):
        licenses.append(LicenseDifference(license_id, tuple(rows), tuple(between.of(license_id))))
        if progress is not None:
            progress(len(licenses), shown)
    return Comparison(
        before=before,
        after=after,
        counts=counts,
        differing=sum(any(row.change != "same" for row in rows) for rows in found.values()),
        licenses=tuple(licenses),
        faults=tuple(faults),
    )


def _ask_both(
    ledger: Ledger, name: str, before: Moment, after: Moment, license_ids: tuple[str, ...]
) -> tuple[Answer, Answer]:
    first, unknown = _ask(ledger, name, before, license_ids)
    second, unknown_too = _ask(ledger, name, after, license_ids)
    for license_id, refusal in unknown.items():
        if license_id in unknown_too:
            raise refusal
    return first, second


def _ask(
    ledger: Ledger, name: str, moment: Moment, license_ids: tuple[str, ...]
) -> tuple[Answer, dict[str, LicenseNotKnownYet]]:
    """Return an answer of the licences that are known, and of the others why they are not."""
    unknown: dict[str, LicenseNotKnownYet] = {}
    while True:
        known = tuple(one for one in license_ids if one not in unknown)
        if unknown and not known:
            return Answer([], []), unknown
        try:
            return QUESTIONS[name](ledger, Question(moment.as_of, moment.known_at, known)), unknown
        except LicenseNotKnownYet as refusal:
            unknown[str(refusal.fields["name"])] = refusal


def _counts(first: Answer, second: Answer, rows: Sequence[RowDifference]) -> Counts:
    how = Counter(row.change for row in rows)
    return Counts(len(first.lines), len(second.lines), *(how[change] for change in CHANGES))


def _between(before: Moment, after: Moment) -> Between:
    known = sorted(Question(one.as_of, one.known_at).known_us for one in (before, after))
    valid = sorted(Question(one.as_of, one.known_at).as_of_us for one in (before, after))

    def why(times: Times) -> str | None:
        if known[0] < times.recorded_us <= known[1]:
            return "recorded" if times.ahead or times.is_paper or times.effective_us <= valid[1] else None
        took_effect = times.recorded_us <= known[0] and valid[0] < times.effective_us <= valid[1]
        return "took_effect" if took_effect else None

    return why

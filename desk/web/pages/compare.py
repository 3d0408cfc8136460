"""A licence at two moments, or as known at two: what differs side by side, and what happened in between."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query

from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import TheDesk
from desk.web.routing import Pages, View
from desk.web.times import Instant, Times, read_moment
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from ledger.rules.instants import FIRST_YEAR
from replay.compare.comparing import Comparison, Moment, compare
from replay.compare.rows import RowDifference

pages = Pages()

# what is compared with the present if nothing is said
_A_MONTH = timedelta(days=30)
_BEGINNING = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


class Look(View):
    """A look at the ledger: as of a moment, as known at another."""

    as_of: Instant
    known_at: Instant


class Asked(View):
    """The four times as the address has them; empty where it says nothing."""

    as_of: str
    known_at: str
    to: str
    to_known_at: str


class CompareRow(View):
    """A row at both looks, null where it is not there: changed, added, gone or same; `fields` differ."""

    change: str
    key: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: list[str]


class CompareQuestion(View):
    """How many rows a question has at either look, and those that differ; or all, if all are asked for."""

    name: str
    rows_before: int
    rows_after: int
    rows: list[CompareRow]


class CompareEvent(View):
    """An event that one look sees and the other does not: it was `recorded` or `took_effect`."""

    position: int
    effective_at: Instant
    recorded_at: Instant
    type: str
    who: str
    what: str
    why: str


class CompareView(View):
    """A licence at two looks. `times` are the present's, which the ways to its other pages show."""

    license_id: str
    times: Times
    asked: Asked
    everything: bool
    before: Look
    after: Look
    questions: list[CompareQuestion]
    events: list[CompareEvent]
    is_same: bool


def _asked(
    as_of: Annotated[
        str, Query(description="The first moment; a month before the second, if left out.")
    ] = "",
    known_at: Annotated[str, Query(description="What is known at the first look; by default as_of.")] = "",
    to: Annotated[str, Query(description="The second moment; now, if left out.")] = "",
    to_known_at: Annotated[str, Query(description="What is known at the second look; by default to.")] = "",
) -> Asked:
    return Asked(
        as_of=as_of.strip(), known_at=known_at.strip(), to=to.strip(), to_known_at=to_known_at.strip()
    )


TheAsked = Annotated[Asked, Depends(_asked)]


@pages.read(
    "/licenses/{license_id:name}/compare",
    "compare.html",
    may(Right.READ_INVOICES),
    summary="Compare a licence at two moments",
    name="compare",
)
def compare_license(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    asked: TheAsked,
    everything: Annotated[bool, Query(alias="all", description="With the rows that are the same.")] = False,
) -> CompareView:
    """Return what differs at two moments, or at one as known at two; who read it is written down."""
    now = desk.now()
    before, after = _looks(asked, now)
    found = compare(desk.ledger, before, after, license_ids=(license_id,), unchanged=everything)
    note_access(desk.accounts, visitor, "read_invoice", license_id, "compared")
    return CompareView(
        license_id=license_id,
        times=Times(as_of=now, known_at=now, as_of_given=False, known_at_given=False),
        asked=asked,
        everything=everything,
        before=Look(**vars(before)),
        after=Look(**vars(after)),
        questions=_questions(found),
        events=[CompareEvent(**vars(event)) for one in found.licenses for event in one.events],
        is_same=not found.differing,
    )


def _looks(asked: Asked, now: datetime) -> tuple[Moment, Moment]:
    """Return both looks; with two times of knowledge and one moment, both are as of that moment."""
    same_moment = asked.as_of if asked.to_known_at else ""
    second = read_moment(asked.to or same_moment) if asked.to or same_moment else now
    earlier = second if asked.known_at else max(second, _BEGINNING + _A_MONTH) - _A_MONTH
    first = read_moment(asked.as_of) if asked.as_of else earlier
    return (
        Moment(first, read_moment(asked.known_at) if asked.known_at else first),
        Moment(second, read_moment(asked.to_known_at) if asked.to_known_at else second),
    )


def _questions(found: Comparison) -> list[CompareQuestion]:
    rows = [row for one in found.licenses for row in one.rows]
    return [
        CompareQuestion(
            name=name,
            rows_before=counts.before,
            rows_after=counts.after,
            rows=[_row(row) for row in rows if row.question == name],
        )
        for name, counts in found.counts.items()
    ]


def _row(row: RowDifference) -> CompareRow:
    return CompareRow(
        change=row.change,
        key=list(row.key[1:]),
        before=None if row.before is None else dict(row.before),
        after=None if row.after is None else dict(row.after),
        fields=[field.name for field in row.fields],
    )

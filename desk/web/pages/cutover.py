"""A cutover replayed at any moment, with its progress, savings and exceptions, licence by licence."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from desk import words
from desk.web.access import TheVisitor, may
from desk.web.desk import Desk, TheDesk
from desk.web.downloads import csv_file
from desk.web.keeping import moment_of
from desk.web.limiting import EXPORTS_A_USER
from desk.web.pages.cutovers import CutoverRow, cutover_row
from desk.web.progress import bar_of, columns_of
from desk.web.rendering import is_partial, page
from desk.web.routing import Pages, View
from desk.web.times import TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import Right
from ledger.application.list_licenses import SHORT_LOG
from ledger.rules.instants import format_instant
from ledger.rules.words import PricingModel
from replay.cutover import OUTCOMES
from replay.study import Chosen, CutoverStudy, list_cutovers, study_cutover

pages = Pages()

_A_PAGE = 25
_A_SLICE = 1_000
_LONGEST_NAME = 200
STATES = ("sent", "late", "showing", "ended", "due", "scheduled", "missed")
_CSV_COLUMNS = (
    "license_id", "outcome", "currency", "pricing_model_before", "pricing_model_after", "charge_date",
    *(f"{side}_{name}" for side in ("before", "after") for name in ("billing_date", "total")),
    *(f"difference_{part}" for part in ("total", *words.DIFFERENCE_PARTS)),
    "saves_total", "saves_chatbot_seats",
    "notice_in_app", "notice_email", "notice_banner", "exceptions",
)  # fmt: skip
Outcome = Literal["switched", "upcoming", "created", "not_switched"]


class ChannelProgress(View):
    """How many notices of a channel stand how; `late` ones were sent after they were due."""

    channel: Literal["in_app", "email", "banner"]
    states: dict[str, int]


class SavingsRow(View):
    """First periods under the old and the new model by currency; minor units, below 0 the new costs more."""

    currency: str
    licenses: int
    old: int
    new: int
    saves: int
    saves_chatbot_seats: int


class ExceptionRow(View):
    """What an auditor looks at, and for how many licences."""

    code: str
    many: int


class Side(View):
    """An invoice beside the cutover; minor units."""

    billing_date: date
    number: str | None
    total: int


class NoticeState(View):
    """Where one notice stands."""

    channel: Literal["in_app", "email", "banner"]
    charge_date: date
    state: str
    late: bool


class ExceptionWords(View):
    """An exception of a licence, in words."""

    code: str
    words: str


class ReplayRow(View):
    """What the cutover did to a licence; `difference` has parts that add up to its total."""

    license_id: str
    outcome: Outcome
    currency: str
    pricing_model_before: PricingModel | None
    pricing_model_after: PricingModel | None
    charge_date: date
    before: Side | None
    after: Side | None
    difference: dict[str, int] | None
    saves: int | None
    notices: list[NoticeState]
    exceptions: list[ExceptionWords]


class SoughtRows(View):
    """Which rows the address asks for."""

    outcome: Outcome | None = None
    exception: str | None = None
    q: str = ""

    @property
    def query(self) -> dict[str, object]:
        """Return what an address needs to ask for the same."""
        return self.model_dump(exclude_defaults=True)

    @property
    def chosen(self) -> Chosen:
        """Return the same for a study."""
        return Chosen(self.outcome, self.exception, self.q.strip() or None)


class CutoverView(View):
    """A cutover's replay at a moment, as known at another; of a partner's own licences for a partner.

    `digest` is over all rows of it; equal digests are equal replays. `next_after` is the `after` of the next
    page of rows, null at the end.
    """

    times: Times
    cutover: CutoverRow
    in_scope: int
    outcomes: dict[str, int]
    notices: list[ChannelProgress]
    savings: list[SavingsRow]
    without_bill: int
    exceptions: list[ExceptionRow]
    digest: str
    sought: SoughtRows
    after: str | None
    licenses: list[ReplayRow]
    next_after: str | None


def _sought(
    *,
    outcome: Annotated[
        Literal["", "switched", "upcoming", "created", "not_switched"], Query(description="Any, if empty.")
    ] = "",
    exception: Annotated[
        str, Query(description="Only licences with this exception.", max_length=_LONGEST_NAME)
    ] = "",
    q: Annotated[str, Query(description="A part of a licence's id.", max_length=_LONGEST_NAME)] = "",
) -> SoughtRows:
    return SoughtRows(outcome=outcome or None, exception=exception or None, q=q)


TheSoughtRows = Annotated[SoughtRows, Depends(_sought)]
After = Annotated[str | None, Query(description="Begin behind this licence's id.")]


@pages.data(
    "/cutovers/{cutover_id:name}", may(Right.READ_LICENSES), summary="Replay a cutover", name="api_cutover"
)
def cutover_data(
    *,
    desk: TheDesk,
    visitor: TheVisitor,
    cutover_id: str,
    times: TheTimes,
    sought: TheSoughtRows,
    after: After = None,
) -> CutoverView:
    """Return a replay at the times that are asked for; one of the present is up to half a minute old."""
    return _view(*_study(desk, visitor, cutover_id, times), sought, after)


@pages.page("/cutovers/{cutover_id:name}", may(Right.READ_LICENSES), name="cutover")
def cutover_page(
    *,
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    cutover_id: str,
    times: TheTimes,
    sought: TheSoughtRows,
    after: After = None,
    ready: Annotated[bool, Query(description="Wait for the replay, however long it takes.")] = False,
) -> Response:
    """Show a replay with drawings of its progress; of a long log a page to wait on, which fetches it."""
    if not (ready or is_partial(request)) and _takes_long(desk, visitor, cutover_id, times):
        return page(request, "cutover_waiting.html", _waiting(request, cutover_id))
    times, study = _study(desk, visitor, cutover_id, times)
    view = _view(times, study, sought, after)
    context = {
        "view": view,
        "chart": columns_of(study.charge_dates, OUTCOMES[:3], times.as_of),
        "bars": {one.channel: bar_of(one.states, STATES) for one in view.notices},
        "states": [state for state in STATES if any(state in one.states for one in view.notices)],
        "all_outcomes": OUTCOMES,
        "outcome_words": words.OUTCOMES,
        "part_words": words.DIFFERENCE_PARTS,
    }
    return page(request, "cutover.html", context)


@pages.download(
    "/cutovers/{cutover_id:name}/licenses.csv",
    may(Right.EXPORT),
    summary="Export a cutover's replay",
    media_type="text/csv",
)
def cutover_csv(
    desk: TheDesk, visitor: TheVisitor, cutover_id: str, times: TheTimes, sought: TheSoughtRows
) -> Response:
    """Return all rows of a replay as CSV; amounts in minor units."""
    desk.limits.hit(EXPORTS_A_USER, visitor.name)
    times, study = _study(desk, visitor, cutover_id, times)
    note_access(
        desk.accounts, visitor, "export_cutover", "", f"{cutover_id} as of {format_instant(times.as_of)}"
    )
    return csv_file(_CSV_COLUMNS, _flat(study, sought.chosen), "cutover.csv")


def _waiting(request: Request, cutover_id: str) -> dict[str, str]:
    """Return what a page to wait on fetches, and where one goes that runs no scripts."""
    asked = request.url.replace(scheme="", netloc="")
    return {
        "cutover_id": cutover_id,
        "request_path": str(asked),
        "ready_path": str(asked.include_query_params(ready="1")),
    }


def _takes_long(desk: Desk, visitor: Visitor, cutover_id: str, times: Times) -> bool:
    last = desk.ledger.store.last_recorded()
    if last is None or last.position <= SHORT_LOG:
        return False
    if cutover_id not in {one.cutover_id for one in list_cutovers(desk.ledger, times.known_at)}:
        return False
    asked = moment_of(desk.ledger, times.as_of, times.known_at, is_present=times.is_present)
    return not desk.kept.has(("cutover", cutover_id, visitor.narrowed_to), asked)


def _study(desk: Desk, visitor: Visitor, cutover_id: str, times: Times) -> tuple[Times, CutoverStudy]:
    """Return a study, kept from before if it says the same, and the times that it is of."""
    partner_id = visitor.narrowed_to
    asked = moment_of(desk.ledger, times.as_of, times.known_at, is_present=times.is_present)
    moment, study = desk.kept.answer(
        ("cutover", cutover_id, partner_id),
        asked,
        lambda at: study_cutover(desk.ledger, cutover_id, at.as_of, at.known_at, partner_id),
    )
    return times.model_copy(update={"as_of": moment.as_of, "known_at": moment.known_at}), study


def _view(times: Times, study: CutoverStudy, sought: SoughtRows, after: str | None) -> CutoverView:
    replay = study.replay
    rows = study.rows(sought.chosen, after=after, at_most=_A_PAGE + 1)
    return CutoverView(
        times=times,
        cutover=cutover_row(replay.cutover, times),
        in_scope=sum(replay.outcomes.values()),
        outcomes=replay.outcomes,
        notices=[
            ChannelProgress.model_validate({"channel": name, "states": states})
            for name, states in study.notices.items()
        ],
        savings=[SavingsRow.model_validate(row) for row in study.savings.totals.to_dicts()],
        without_bill=len(study.savings.left_out),
        exceptions=[ExceptionRow(code=code, many=many) for code, many in replay.exceptions.items()],
        digest=replay.digest,
        sought=sought,
        after=after,
        licenses=[_row(row) for row in rows[:_A_PAGE]],
        next_after=rows[_A_PAGE - 1]["license_id"] if len(rows) > _A_PAGE else None,
    )


def _row(row: Mapping[str, Any]) -> ReplayRow:
    saves = None if row["saves"] is None else row["saves"]["total"]
    return ReplayRow.model_validate({**row, "saves": saves})


def _flat(study: CutoverStudy, chosen: Chosen) -> Iterator[dict[str, object]]:
    """Yield the rows with a column for each part; a thousand are in memory at a time."""
    after: str | None = None
    while rows := study.rows(chosen, after=after, at_most=_A_SLICE):
        for row in rows:
            yield _flat_row(row)
        after = rows[-1]["license_id"]


def _flat_row(row: Mapping[str, Any]) -> dict[str, object]:
    flat: dict[str, object] = dict.fromkeys(_CSV_COLUMNS)
    flat |= {name: value for name, value in row.items() if name in flat}
    for name in ("before", "after", "difference", "saves"):
        flat |= {f"{name}_{field}": value for field, value in (row[name] or {}).items()}
    for notice in row["notices"]:
        if notice["charge_date"] == row["charge_date"]:
            flat[f"notice_{notice['channel']}"] = "late" if notice["late"] else notice["state"]
    return flat | {"exceptions": " ".join(exception["code"] for exception in row["exceptions"])}

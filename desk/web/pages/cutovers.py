"""Which cutovers there are, as they were announced."""

from datetime import date
from typing import Any

from desk import words
from desk.web.access import may
from desk.web.desk import TheDesk
from desk.web.routing import Pages, View
from desk.web.times import Instant, TheTimes, Times
from ledger.application.accounts.roles import Right
from ledger.events.programme import CutoverAnnounced
from ledger.rules.words import PricingModel, TakesEffect
from replay.study import list_cutovers

pages = Pages()


class CutoverRow(View):
    """A cutover as it was announced."""

    cutover_id: str
    says: str
    takes_effect: TakesEffect
    on: date
    pricing_model: PricingModel
    notice_days: int
    announced_at: Instant
    has_come: bool


class CutoversView(View):
    """The cutovers that were known, the latest day first."""

    times: Times
    cutovers: list[CutoverRow]


@pages.read("/cutovers", "cutovers.html", may(Right.READ_LICENSES), summary="List cutovers")
def cutovers(desk: TheDesk, times: TheTimes) -> CutoversView:
    """Return the cutovers known at a moment; they are the programme's, and so the same for everybody."""
    found = list_cutovers(desk.ledger, times.known_at)
    rows = [cutover_row(one, times) for one in found]
    return CutoversView(
        times=times, cutovers=sorted(rows, key=lambda row: (row.on, row.cutover_id), reverse=True)
    )


def cutover_row(cutover: CutoverAnnounced, times: Times) -> CutoverRow:
    """Return a cutover as it was announced, seen from a moment."""
    heading = _heading(cutover)
    has_come = cutover.on <= times.as_of.date()
    return CutoverRow(
        says=words.cutover_in_words(heading), has_come=has_come, **{**heading, "on": cutover.on}
    )


def _heading(cutover: CutoverAnnounced) -> dict[str, Any]:
    return {
        "cutover_id": cutover.cutover_id,
        "applies_to": cutover.applies_to.model_dump(mode="json", exclude_none=True),
        "takes_effect": cutover.takes_effect.value,
        "on": cutover.on.isoformat(),
        "pricing_model": cutover.pricing_model.value,
        "notice_days": cutover.notice_days,
        "announced_at": cutover.recorded_at,
    }

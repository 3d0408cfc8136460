"""Who read which invoice, who exported and who changed what: for auditors."""

from typing import Annotated

from fastapi import Query

from desk.web.access import may
from desk.web.desk import TheDesk
from desk.web.routing import Pages, View
from desk.web.times import Instant
from ledger.application.accounts.access_log import list_accesses
from ledger.application.accounts.roles import Right

pages = Pages()

_A_PAGE = 100
_LAST = 2**62


class AccessRow(View):
    """One line of the access log; `via` is `session` or the prefix of an API key."""

    number: int
    at: Instant
    user: str
    via: str
    action: str
    license_id: str
    detail: str


class AccessLogView(View):
    """The newest lines first; `next_before` is the `before` of the next page, null at the end."""

    license: str
    entries: list[AccessRow]
    next_before: int | None


@pages.read("/access-log", "access_log.html", may(Right.READ_ACCESS_LOG), summary="List who read what")
def access_log(
    desk: TheDesk,
    license: Annotated[str, Query(description="Only this licence.")] = "",  # noqa: A002 - as the address says it
    before: Annotated[int | None, Query(ge=1, le=_LAST, description="Only lines before this number.")] = None,
) -> AccessLogView:
    """Return a page of the access log."""
    found = list_accesses(desk.accounts, license_id=license or None, before=before, at_most=_A_PAGE + 1)
    shown = [AccessRow.model_validate(vars(one)) for one in found[:_A_PAGE]]
    return AccessLogView(
        license=license, entries=shown, next_before=shown[-1].number if len(found) > _A_PAGE else None
    )

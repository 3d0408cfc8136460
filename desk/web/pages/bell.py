"""The bell in the header: how many in-app notices somebody has not read."""

from fastapi import Request
from fastapi.responses import Response

from desk.web.access import TheVisitor, may
from desk.web.desk import TheDesk
from desk.web.pages.notices import feed_of
from desk.web.rendering import page
from desk.web.routing import Pages
from ledger.application.accounts.roles import Right

pages = Pages()

_MOST_TOLD = 9


@pages.page("/bell", may(Right.READ_LICENSES), name="bell")
def bell(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """Return the number beside the bell, nothing of none; it is fetched behind the page."""
    number, has_more = feed_of(desk, visitor).count_unread(desk.now())
    shown = f"{_MOST_TOLD}+" if number > _MOST_TOLD or (number and has_more) else str(number)
    return page(request, "parts/bell.html", {"number": number, "shown": shown})

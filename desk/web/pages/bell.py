"""The bell in the header: how many licences have a change ahead."""

from fastapi import Request
from fastapi.responses import Response

from desk.web.access import TheVisitor, may
from desk.web.desk import TheDesk
from desk.web.rendering import page
from desk.web.routing import Pages
from ledger.application.accounts.roles import Right
from ledger.application.list_licenses import LicenseFilter, list_licenses

pages = Pages()

_MOST_TOLD = 9


@pages.page("/bell", may(Right.READ_LICENSES), name="bell")
def bell(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """Return the number beside the bell, nothing of none; it is fetched behind the page."""
    only = LicenseFilter(partner_id=visitor.narrowed_to, changing_soon=True)
    found = list_licenses(desk.ledger, as_of=desk.now(), only=only, at_most=_MOST_TOLD)
    number = len(found.licenses)
    shown = f"{number}+" if found.next_after is not None else str(number)
    return page(request, "parts/bell.html", {"number": number, "shown": shown})

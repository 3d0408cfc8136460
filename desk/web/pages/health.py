"""What other programs ask first: whether the desk answers, and what can be asked."""

from typing import Literal

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse

from desk.web.access import ANYBODY, SIGNED_IN
from desk.web.desk import TheDesk
from desk.web.routing import Pages, View

pages = Pages()


class Health(View):
    """The desk answers, and so does its log."""

    status: Literal["ok"]


@pages.data("/health", ANYBODY, summary="Ask whether the ledger answers", name="api_health")
def health(desk: TheDesk) -> Health:
    """Look at the end of the log; a log that does not answer is a 503."""
    desk.ledger.store.last_recorded()
    return Health(status="ok")


@pages.page("/openapi.json", ANYBODY, name="openapi")
def openapi(request: Request) -> JSONResponse:
    """Return what programs can ask, in OpenAPI."""
    return JSONResponse(request.app.openapi())


@pages.page("/", SIGNED_IN, name="home")
def home(request: Request) -> RedirectResponse:
    """Go to the licences."""
    return RedirectResponse(request.app.url_path_for("licenses"))

"""What somebody sees when something does not work: a page that helps, or the same for programs."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from desk.web.access import NotAllowed, SignInNeeded
from desk.web.csrf import BadForm
from desk.web.elsewhere import NotVouchedFor
from desk.web.limiting import TooManyTries
from desk.web.rendering import is_partial, page
from ledger.aggregates.license import ActorNotAllowed, LicenseNotFound
from ledger.application.accounts.sign_in import SignInRefused
from ledger.application.logs import logger
from ledger.rules.errors import Conflict, InvalidValue, LedgerError, NotFound
from ledger.stores.errors import StoreLocked, StoreUnreachable

API = "/api/"
_LOOK_FOR_IT = "Check the licence's id, or look for it in the list."
_STATUS: tuple[tuple[type[LedgerError], HTTPStatus], ...] = (
    (SignInNeeded, HTTPStatus.UNAUTHORIZED),
    (SignInRefused, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (ActorNotAllowed, HTTPStatus.FORBIDDEN),
    (BadForm, HTTPStatus.FORBIDDEN),
    (NotVouchedFor, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (StoreLocked, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreUnreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Conflict, HTTPStatus.CONFLICT),
    (InvalidValue, HTTPStatus.UNPROCESSABLE_ENTITY),
)
_HEADLINES = {
    HTTPStatus.UNAUTHORIZED: "Please sign in",
    HTTPStatus.FORBIDDEN: "This is not open to you",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.METHOD_NOT_ALLOWED: "That cannot be done here",
    HTTPStatus.CONFLICT: "That cannot be done now",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the address is not right",
    HTTPStatus.TOO_MANY_REQUESTS: "A moment, please",
    HTTPStatus.SERVICE_UNAVAILABLE: "The ledger does not answer",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong",
}


class Problem(BaseModel):
    """Why a request was not answered: a stable code, a sentence, and the way out if there is one."""

    code: str
    message: str
    hint: str | None = None


# What a route may answer instead of what was asked for, for the OpenAPI document.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    int(status): {"model": Problem, "description": _HEADLINES[status]}
    for status in (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
}


def status_of(error: LedgerError) -> HTTPStatus:
    """Return the status that a refusal has on the web."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.CONFLICT)


def answer(request: Request, status: HTTPStatus, problem: Problem) -> Response:
    """Return a problem as a page, or as data where data was asked for."""
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    if request.url.path.startswith(API) and not _is_followed_link(request):
        return JSONResponse(problem.model_dump(), status, headers=headers)
    headline = _HEADLINES.get(status, status.phrase)
    context = {"problem": problem, "headline": headline, "status": int(status)}
    return page(request, "problem.html", context, status_code=int(status), headers=headers)


def _is_followed_link(request: Request) -> bool:
    """Tell whether a person followed a page's link to a file, and so had better see a page."""
    return request.url.path.endswith((".csv", ".pdf")) and "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Let the application answer every failure in one way."""
    app.add_exception_handler(LedgerError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)  # noqa: S101 - what it is registered for
    status = status_of(error)
    # somebody who reads a page goes on where they were going; a program is told
    wants_page = request.method == "GET" and not request.url.path.startswith(API)
    if isinstance(error, SignInNeeded) and wants_page and not is_partial(request):
        target = request.url_for("sign_in").path
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        address = request.url_for("sign_in").replace(scheme="", netloc="").include_query_params(next=wanted)
        return RedirectResponse(target if wanted == "/" else str(address), HTTPStatus.SEE_OTHER)
    # what the command line advises about history files helps nobody here
    hint = _LOOK_FOR_IT if type(error) is LicenseNotFound else _for_pages(error.hint)
    return answer(request, status, Problem(code=error.code, message=str(error), hint=hint))


def _for_pages(hint: str | None) -> str | None:
    """Return a hint with the name that the pages have for what is an option on the command line."""
    return hint and hint.replace("with a later --known-at", "as known at a later moment")


def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    faults = [f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors()]
    problem = Problem(code="not_valid", message="; ".join(faults) or "The request is not valid.")
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, problem)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    status = HTTPStatus(error.status_code)
    said = {
        HTTPStatus.NOT_FOUND: "No page has this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that kind of request.",
    }.get(status, error.detail)
    response = answer(request, status, Problem(code=status.name.lower(), message=said))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _unexpected(request: Request, error: Exception) -> Response:
    logger().error("failed", path=request.url.path, exc_info=error)
    problem = Problem(
        code="internal_error",
        message="The ledger met something that nobody foresaw. Nothing was changed by it.",
        hint="Try again; if it happens again, tell whoever runs this ledger when it happened.",
    )
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, problem)

"""Proof that a form was sent from our own page: a token that another site cannot read."""

from hmac import compare_digest
from secrets import token_urlsafe
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import Response
from itsdangerous import BadSignature

from desk.web.access import visitor_of
from desk.web.desk import Desk, TheDesk, desk_of
from ledger.rules.errors import LedgerError

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
FORM_COOKIE: Final = "ledger_form"
_HOUR_S = 3_600


class BadForm(LedgerError):
    """Raised for a form that was not sent from one of our pages, or long ago."""

    code = "bad_form"
    template = "This form is too old, or was not sent from this site. Nothing was changed."
    hint = "Go back, load the page anew and send it again."


async def _checked(request: Request, desk: TheDesk) -> None:
    """Let a form through; raises BadForm. What carries an API key needs none: no browser adds one."""
    visitor = visitor_of(request)
    if visitor is not None and visitor.via != "session":
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadForm
    token = request.headers.get(HEADER)
    if token is None and not request.headers.get("content-type", "").startswith("application/json"):
        token = str((await request.form()).get(FIELD, ""))
    if visitor is not None:
        if not compare_digest((token or "").encode(), visitor.csrf.encode()):
            raise BadForm
    elif not _matches_cookie(desk, token or "", request.cookies.get(FORM_COOKIE, "")):
        raise BadForm


CHECKED = Depends(_checked)
Checked = Annotated[None, CHECKED]


def _matches_cookie(desk: Desk, token: str, cookie: str) -> bool:
    try:
        signed = str(desk.signer.loads(token, max_age=_HOUR_S))
    except BadSignature:
        return False
    return bool(cookie) and compare_digest(signed.encode(), cookie.encode())


def form_token(request: Request) -> str:
    """Return the token for the forms of a page; before anybody is signed in it belongs to a cookie."""
    visitor = visitor_of(request)
    if visitor is not None:
        return visitor.csrf
    return desk_of(request).signer.dumps(_cookie_of(request))


def _cookie_of(request: Request) -> str:
    """Return the value of the form's cookie, a new one where the browser has none yet."""
    if not hasattr(request.state, "form_cookie"):
        request.state.form_cookie = request.cookies.get(FORM_COOKIE) or token_urlsafe(16)
    return str(request.state.form_cookie)


def keep_form_cookie(request: Request, response: Response) -> None:
    """Let the browser keep the cookie that the page's forms belong to."""
    if visitor_of(request) is None and hasattr(request.state, "form_cookie"):
        response.set_cookie(
            FORM_COOKIE,
            _cookie_of(request),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

"""Signing in and out."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from desk.web.access import ANYBODY, SIGNED_IN, visitor_of
from desk.web.cookies import drop_session_cookie, keep_session_cookie, session_cookie
from desk.web.desk import TheDesk
from desk.web.limiting import SIGN_INS_A_NAME, SIGN_INS_AN_ADDRESS
from desk.web.rendering import page
from desk.web.routing import Pages
from ledger.application.accounts.sign_in import SignedIn, SignInRefused
from ledger.application.accounts.sign_in import sign_in as begin_session
from ledger.application.accounts.sign_in import sign_out as end_session
from ledger.application.accounts.users import normal_name

pages = Pages()

_SEE_OTHER, _UNAUTHORIZED = 303, 401


def local_address(wanted: str) -> str:
    """Return an address on this site: the one that is wanted, `/` for one that leads elsewhere."""
    leads_elsewhere = not wanted.startswith("/") or wanted.startswith(("//", "/\\"))
    return "/" if leads_elsewhere or not wanted.isprintable() else wanted


@pages.page("/sign-in", ANYBODY, name="sign_in")
def sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - as the address says it
    """Show the form, or go on for somebody who is signed in."""
    if visitor_of(request) is not None:
        return RedirectResponse(local_address(next), _SEE_OTHER)
    return _form(request, next=next)


@pages.form("/sign-in", ANYBODY, name="do_sign_in")
def do_sign_in(
    request: Request,
    desk: TheDesk,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - as the address says it
) -> Response:
    """Begin a session; who guesses has ten tries in five minutes."""
    address = request.client.host if request.client is not None else ""
    desk.limits.hit(SIGN_INS_AN_ADDRESS, address)
    desk.limits.hit(SIGN_INS_A_NAME, normal_name(name))
    try:
        signed = begin_session(desk.accounts, name=name, password=password)
    except SignInRefused as refused:
        return _form(request, next=next, name=name, refused=str(refused))
    desk.limits.clear(SIGN_INS_A_NAME, normal_name(name))
    return let_in(request, signed, next)


@pages.form("/sign-out", SIGNED_IN, name="sign_out")
def sign_out(request: Request, desk: TheDesk) -> Response:
    """End the session."""
    token = session_cookie(request)
    if token is not None:
        end_session(desk.accounts, token)
    response = RedirectResponse(request.app.url_path_for("sign_in"), _SEE_OTHER)
    drop_session_cookie(request, response.headers)
    return response


def let_in(request: Request, signed: SignedIn, wanted: str) -> Response:
    """Return the answer by which a browser holds its session and goes on."""
    response = RedirectResponse(local_address(wanted), _SEE_OTHER)
    if signed.new_token is not None:
        keep_session_cookie(request, response.headers, signed.new_token)
    return response


def _form(request: Request, *, next: str, name: str = "", refused: str = "") -> Response:  # noqa: A002 - so it is called in the form
    status = _UNAUTHORIZED if refused else 200
    context = {
        "next": local_address(next),
        "name": name,
        "refused": refused,
        "elsewhere": request.app.state.desk.settings.oidc,
    }
    return page(request, "sign_in.html", context, status_code=status)

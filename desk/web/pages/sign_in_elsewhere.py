"""Signing in by the house's own sign-in, where the configuration names one."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from desk.web.access import ANYBODY
from desk.web.desk import Desk, TheDesk
from desk.web.elsewhere import Elsewhere, forget
from desk.web.limiting import SIGN_INS_AN_ADDRESS
from desk.web.pages.sign_in import let_in, local_address
from desk.web.routing import Pages
from ledger.application.accounts.sign_in import sign_in_vouched_for
from ledger.rules.errors import NotFound

pages = Pages()


class NoOtherSignIn(NotFound):
    """Raised where the configuration names no other sign-in."""

    code = "no_other_sign_in"
    template = "This ledger has no other sign-in."
    hint = "Sign in with name and password."


def _elsewhere(request: Request) -> Elsewhere:
    elsewhere: Elsewhere | None = request.app.state.elsewhere
    if elsewhere is None:
        raise NoOtherSignIn
    return elsewhere


@pages.page("/sign-in/elsewhere", ANYBODY, name="sign_in_elsewhere")
async def sign_in_elsewhere(request: Request, desk: TheDesk, next: str = "/") -> Response:  # noqa: A002 - so it is called in the address
    """Send the browser to the house's sign-in."""
    back = str(request.url_for("back_from_elsewhere"))
    return await _elsewhere(request).begin(request, desk, back, local_address(next))


@pages.page("/sign-in/elsewhere/back", ANYBODY, name="back_from_elsewhere")
async def back_from_elsewhere(request: Request, desk: TheDesk) -> Response:
    """Begin a session for whom the house vouches."""
    elsewhere = _elsewhere(request)
    await run_in_threadpool(_count, request, desk)
    name, wanted = await elsewhere.end(request, desk)
    signed = await run_in_threadpool(sign_in_vouched_for, desk.accounts, name=name)
    response = let_in(request, signed, wanted)
    forget(response)
    return response


def _count(request: Request, desk: Desk) -> None:
    desk.limits.hit(SIGN_INS_AN_ADDRESS, request.client.host if request.client is not None else "")

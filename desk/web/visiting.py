"""Around every request: who asks, and the headers that keep a browser from being tricked."""

from http import HTTPStatus

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.web.cookies import keep_session_cookie, session_cookie
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.api_keys import know_key
from ledger.application.accounts.sign_in import SignedIn, know_again

STATIC_PATH = "/static/"
_BEARER = "bearer "
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_A_YEAR = "public, max-age=31536000, immutable"
_HSTS = "max-age=31536000"


class Visiting:
    """Put the visitor into the request's scope, and secure headers and a session's new token on answers."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        is_static = scope["path"].startswith(STATIC_PATH)
        signed = None if is_static else await to_thread.run_sync(self._known, request)
        scope["visitor"] = signed.visitor if signed is not None else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_found = message["status"] < HTTPStatus.BAD_REQUEST
                self._add_headers(request, headers, is_static=is_static and is_found)
                # a route that signs somebody in or out sets a cookie of its own
                sets_own = any("ledger_session" in one for one in headers.getlist("set-cookie"))
                if signed is not None and signed.new_token is not None and not sets_own:
                    keep_session_cookie(request, headers, signed.new_token)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _known(self, request: Request) -> SignedIn | None:
        authorization = request.headers.get("authorization", "")
        if authorization.lower().startswith(_BEARER):
            visitor = know_key(self._accounts, authorization[len(_BEARER) :].strip())
            return None if visitor is None else SignedIn(visitor, None)
        token = session_cookie(request)
        return None if token is None else know_again(self._accounts, token)

    def _add_headers(self, request: Request, headers: MutableHeaders, *, is_static: bool) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", _A_YEAR if is_static else "no-store")
        if request.url.scheme == "https":
            headers.setdefault("Strict-Transport-Security", _HSTS)

"""The house's own sign-in by OpenID Connect: who it vouches for is a user here if an admin added them."""

from typing import Any

import httpx2
from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]  # no stubs
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]  # no stubs
from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature

from desk.configuration import SignInElsewhere
from desk.web.desk import Desk
from ledger.application.accounts.sign_in import SignInRefused
from ledger.rules.errors import LedgerError

_NAME = "house"
_DISCOVERY = "/.well-known/openid-configuration"
_COOKIE = "ledger_elsewhere"
_PATH = "/sign-in"
_TEN_MINUTES_S = 600


class NotVouchedFor(LedgerError):
    """Raised where the house's sign-in did not say who somebody is."""

    code = "not_vouched_for"
    template = "The sign-in of your company did not say who you are: {reason}."
    hint = "Begin again from the sign-in page; if it goes on, tell whoever runs this ledger."


class Elsewhere:
    """The conversation with the house's sign-in; what it needs to remember is in a signed cookie."""

    def __init__(self, settings: SignInElsewhere, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.label = settings.label
        self._claim = settings.claim
        clients: Any = OAuth()
        kwargs: dict[str, Any] = {"scope": "openid email profile", "code_challenge_method": "S256"}
        if transport is not None:
            kwargs["transport"] = transport
        clients.register(
            _NAME,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            server_metadata_url=settings.issuer.rstrip("/") + _DISCOVERY,
            client_kwargs=kwargs,
        )
        self._client: Any = clients.create_client(_NAME)

    async def begin(self, request: Request, desk: Desk, back: str, wanted: str) -> Response:
        """Send the browser there; raises NotVouchedFor where it cannot be reached."""
        remembered: dict[str, Any] = {}
        request.scope["session"] = remembered
        try:
            response: Response = await self._client.authorize_redirect(request, back)
        except (OAuthError, httpx2.HTTPError) as error:
            raise NotVouchedFor(reason="it cannot be reached") from error
        remembered["wanted"] = wanted
        response.set_cookie(
            _COOKIE,
            desk.signer.dumps(remembered),
            max_age=_TEN_MINUTES_S,
            path=_PATH,
            httponly=True,
            # it comes back by a link on another site
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def end(self, request: Request, desk: Desk) -> tuple[str, str]:
        """Return who came back, by name, and where they were going; raises NotVouchedFor, SignInRefused."""
        try:
            remembered = desk.signer.loads(request.cookies.get(_COOKIE, ""), max_age=_TEN_MINUTES_S)
        except BadSignature as error:
            raise NotVouchedFor(reason="it was asked too long ago, or by another browser") from error
        request.scope["session"] = remembered
        try:
            token = await self._client.authorize_access_token(request)
        except OAuthError as error:
            raise NotVouchedFor(reason=error.description or error.error) from error
        except httpx2.HTTPError as error:
            raise NotVouchedFor(reason="it cannot be reached") from error
        claims = token.get("userinfo") or {}
        name = claims.get(self._claim)
        if not name or (self._claim == "email" and claims.get("email_verified") is not True):
            raise SignInRefused
        return str(name), str(remembered.get("wanted", "/"))


def forget(response: Response) -> None:
    """Let the browser forget the conversation."""
    response.delete_cookie(_COOKIE, path=_PATH)

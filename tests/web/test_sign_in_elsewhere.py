"""Signing in by the house's own sign-in, which here is a small provider of OpenID Connect."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from anyio.from_thread import BlockingPortal
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from desk.configuration import SignInElsewhere, Web
from desk.web.app import create_app
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import add_user, disable_user
from ledger.application.ledger import Ledger
from tests.web.browsing import Browser

ISSUER = "https://id.test"
SETTINGS = Web(oidc=SignInElsewhere(issuer=ISSUER, client_id="ledger", client_secret=SecretStr("secret")))


class Provider:
    """Vouches for `claims`; the nonce is the one that was asked with."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {"email": "Kim@Example.com", "email_verified": True}
        self.nonce = ""
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.metadata),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    async def metadata(self, _: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def token(self, request: Request) -> JSONResponse:
        form = await request.form()
        if form["code"] != "good" or not form["code_verifier"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "ledger",
            "sub": "1",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.claims, self.key)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": signed}
        )

    async def keys(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def browser(ledger: Ledger, accounts: Accounts, portal: BlockingPortal, provider: Provider) -> Browser:
    add_user(accounts, name="kim@example.com", role=UserRole.SUPPORT, password=None)
    provider.claims = {"email": "Kim@Example.com", "email_verified": True}
    app = create_app(ledger, accounts, SETTINGS, transport=httpx2.ASGITransport(provider.app))
    return Browser(app, portal)


def go_there(browser: Browser, provider: Provider) -> str:
    """Follow the link on the sign-in page and return the state to come back with."""
    assert "Sign in with your company account" in browser.get("/sign-in?next=/access-log").text
    sent = browser.get("/sign-in/elsewhere?next=/licenses?q=x")
    assert sent.status_code == 302
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert sent.headers["location"].startswith(f"{ISSUER}/authorize?")
    assert asked["redirect_uri"] == ["http://ledger.test/sign-in/elsewhere/back"]
    assert asked["code_challenge_method"] == ["S256"]
    provider.nonce = asked["nonce"][0]
    return asked["state"][0]


class TestSignInElsewhere:
    def test_lets_in_whom_the_house_vouches_for(self, browser: Browser, provider: Provider) -> None:
        state = go_there(browser, provider)
        back = browser.get("/sign-in/elsewhere/back", params={"code": "good", "state": state})
        assert back.status_code == 303
        assert back.headers["location"] == "/licenses?q=x"
        assert browser.get("/licenses").status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [{"email": "stranger@example.com", "email_verified": True}, {"email": "kim@example.com"}, {}],
    )
    def test_refuses_strangers_and_what_is_not_verified(
        self, browser: Browser, provider: Provider, claims: dict[str, Any]
    ) -> None:
        state, provider.claims = go_there(browser, provider), claims
        back = browser.get("/sign-in/elsewhere/back", params={"code": "good", "state": state})
        assert back.status_code == 401
        assert browser.get("/licenses").status_code == 303

    def test_refuses_who_is_disabled_here(
        self, browser: Browser, provider: Provider, accounts: Accounts
    ) -> None:
        disable_user(accounts, name="kim@example.com")
        state = go_there(browser, provider)
        params = {"code": "good", "state": state}
        assert browser.get("/sign-in/elsewhere/back", params=params).status_code == 401

    def test_refuses_what_it_did_not_begin(self, browser: Browser, provider: Provider) -> None:
        state = go_there(browser, provider)
        for params in (
            {"code": "good", "state": "other"},
            {"code": "bad", "state": state},
            {"error": "access_denied", "state": state},
        ):
            answer = browser.get("/sign-in/elsewhere/back", params=params)
            assert answer.status_code == 403, answer.text
            assert "did not say who you are" in answer.text
        browser.cookies.clear()
        params = {"code": "good", "state": state}
        assert browser.get("/sign-in/elsewhere/back", params=params).status_code == 403

    def test_is_not_there_where_nobody_set_it_up(self, reading: Callable[[str], Browser]) -> None:
        for path in ("/sign-in/elsewhere", "/sign-in/elsewhere/back"):
            assert reading("").get(path).status_code == 404
        assert "company account" not in reading("").get("/sign-in").text

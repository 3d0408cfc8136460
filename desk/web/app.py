"""The application: every page's routes, put together around one ledger and its accounts."""

from collections.abc import Iterable
from importlib.metadata import version
from secrets import token_urlsafe

import httpx2
from fastapi import FastAPI
from itsdangerous import URLSafeTimedSerializer
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from desk.configuration import Configuration, Web
from desk.web import problems
from desk.web.access import rule_of
from desk.web.desk import Desk
from desk.web.elsewhere import Elsewhere
from desk.web.limiting import Limits
from desk.web.pages import (
    access_log,
    bell,
    compare,
    cutover,
    cutovers,
    health,
    invoice,
    invoice_document,
    invoice_why,
    license_page,
    licenses,
    notices,
    operations,
    partner_accounts,
    partner_statement,
    partners,
    sign_in,
    sign_in_elsewhere,
    team,
)
from desk.web.rendering import STATIC, new_templates
from desk.web.routing import Pages
from desk.web.visiting import STATIC_PATH, Visiting
from ledger.application.accounts.accounts import Accounts
from ledger.application.ledger import Ledger

# One line a page; a page is one file with its routes and its view.
PAGES: tuple[Pages, ...] = (
    health.pages,
    sign_in.pages,
    sign_in_elsewhere.pages,
    licenses.pages,
    license_page.pages,
    team.pages,
    invoice.pages,
    invoice_document.pages,
    invoice_why.pages,
    compare.pages,
    cutovers.pages,
    cutover.pages,
    partners.pages,
    partner_statement.pages,
    partner_accounts.pages,
    notices.pages,
    operations.pages,
    access_log.pages,
    bell.pages,
)  # fmt: skip
_SIGNING = "forms"


class RouteWithoutRule(RuntimeError):
    """Raised for an application with a route that does not say who may use it."""


def create_app(
    ledger: Ledger,
    accounts: Accounts,
    settings: Web | None = None,
    *,
    configuration: Configuration | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Return the application over an open ledger and its accounts, which whoever calls it closes.

    `configuration` says who sells and who pays, for invoices' documents. `transport` is how the house's own
    sign-in is reached, if not by the network. Raises RouteWithoutRule for a route that somebody added past
    `Pages`.
    """
    app = FastAPI(
        title="License Ledger",
        version=version("license-ledger"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        separate_input_output_schemas=False,
    )
    signing_key = accounts.store.secret(_SIGNING, token_urlsafe(32))
    app.state.desk = Desk(
        ledger=ledger,
        accounts=accounts,
        settings=settings or Web(),
        configuration=configuration or Configuration(),
        limits=Limits(accounts),
        templates=new_templates(),
        signer=URLSafeTimedSerializer(signing_key, salt=_SIGNING),
    )
    elsewhere = app.state.desk.settings.oidc
    app.state.elsewhere = None if elsewhere is None else Elsewhere(elsewhere, transport)
    for pages in PAGES:
        # the routes themselves, and not their router around them: each is looked at for its rule
        app.router.routes.extend(pages.router.routes)
    app.mount(STATIC_PATH.rstrip("/"), StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Visiting, accounts=accounts)
    problems.install(app)
    _refuse_routes_without_rule(app)
    return app


def _refuse_routes_without_rule(app: FastAPI) -> None:
    without = [route for route in _routes(app) if rule_of(route) is None]
    if without:
        raise RouteWithoutRule(", ".join(str(getattr(route, "path", route)) for route in without))


def _routes(app: FastAPI) -> Iterable[object]:
    """Return all routes but the folder of files, which hold nothing of the ledger."""
    return [one for one in app.routes if not (isinstance(one, Mount) and one.name == "static")]

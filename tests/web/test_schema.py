"""Whatever is asked of the data routes, by each role: no failure, no answer outside the OpenAPI document."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from desk.web.app import create_app
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.ledger import Ledger
from tests.web.browsing import Browser

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
KNOWN = {
    "license_id": "acme-law-firm-suspends",
    "agent_id": "pia@acme-law-firm-suspends.example",
    "partner_id": "acme",
    "cutover_id": "resellers-2024-08-11",
    "month": "2024-07",
}
FEW = settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    deadline=None,
)


def ask(browser: Browser, case: Any, *, partner: bool) -> None:
    """Send what was drawn and hold the answer against the document; a partner reads of nobody else."""
    kwargs = case.as_transport_kwargs(base_url="http://ledger.test")
    request = {name: kwargs[name] for name in ("params", "json", "data", "headers") if kwargs.get(name)}
    answer = browser.ask(kwargs["method"], kwargs["url"], **request)
    case.validate_response(Response.from_any(answer), checks=CHECKS)
    assert not (partner and ("borealis-" in answer.text or "signup-" in answer.text))


def _operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


class TestTheDocument:
    def test_tells_of_every_data_route(self, app: FastAPI) -> None:
        told = app.openapi()["paths"]
        assert "/api/licenses/{license_id}/invoices/{billing_date}" in told
        assert all(path.startswith("/api/") for path in told)
        for path in told.values():
            for operation in path.values():
                assert operation["summary"]
                assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()

    @pytest.mark.parametrize("role", UserRole)
    @given(data=st.data())
    @FEW
    def test_is_kept_whatever_is_asked(
        self, reading: Callable[[str], Browser], data: st.DataObject, role: UserRole
    ) -> None:
        browser = reading(role.value)
        schema = schemathesis.openapi.from_dict(browser.get("/openapi.json").json())
        for operation in _operations(schema):
            if operation.method.upper() != "GET":
                continue
            case = data.draw(operation.as_strategy())
            ask(browser, case, partner=role is UserRole.PARTNER)
            for name, value in KNOWN.items():
                for values in (case.path_parameters, case.query):
                    if values and name in values:
                        values[name] = value
            ask(browser, case, partner=role is UserRole.PARTNER)

    def test_is_kept_by_what_changes_something(
        self, ledger: Ledger, accounts: Accounts, signed_in: Callable[[str], Browser]
    ) -> None:
        browser = signed_in("partner")
        token = browser.token("/licenses")
        schema = schemathesis.openapi.from_dict(create_app(ledger, accounts).openapi())
        changing = [operation for operation in _operations(schema) if operation.method.upper() == "POST"]
        assert changing

        @given(st.data())
        @FEW
        def try_out(data: st.DataObject) -> None:
            for operation in changing:
                case = data.draw(operation.as_strategy())
                ask(browser, case, partner=True)
                if "license_id" in operation.path:
                    case.path_parameters["license_id"] = KNOWN["license_id"]
                case.headers["X-CSRF-Token"] = token
                ask(browser, case, partner=True)

        try_out()

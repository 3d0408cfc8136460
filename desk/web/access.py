"""Who may use a route: every route has one of these rules, and the application refuses one without."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request

from desk.web.desk import TheDesk
from ledger.aggregates.license import LicenseNotFound
from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import IN_WORDS, Right, roles_with
from ledger.application.show_license import creation_of
from ledger.rules.errors import LedgerError


class SignInNeeded(LedgerError):
    """Raised where somebody must be known and is not: no session, or one that is over; no key that holds."""

    code = "sign_in_needed"
    template = "Sign in to see this."
    hint = "Programs send an API key: `Authorization: Bearer llk_…`."


class NotAllowed(LedgerError):
    """Raised for a visitor without the right that a route asks for."""

    code = "not_allowed"
    template = "Your role, {role}, may not {what} here. {roles} may."
    hint = "Ask somebody with such a role, or an admin for another role or key."

    def __init__(self, visitor: Visitor, right: Right) -> None:
        """Say who may."""
        *others, last = (f"{role.value}s" for role in roles_with(right))
        roles = f"{', '.join(others)} and {last}" if others else last
        super().__init__(role=visitor.role.value, what=IN_WORDS[right], roles=roles.capitalize())


def visitor_of(request: Request) -> Visitor | None:
    """Return who asks, as the session or the key says; None for somebody who is not known."""
    return cast("Visitor | None", request.scope.get("visitor"))


@dataclass(frozen=True)
class Rule:
    """What a route asks for: nothing, a visitor who is known, or one with a right."""

    right: Right | None
    open_to_anybody: bool = False

    def __call__(self, request: Request) -> None:
        """Let the request through; raises SignInNeeded or NotAllowed."""
        if self.open_to_anybody:
            return
        visitor = visitor_of(request)
        if visitor is None:
            raise SignInNeeded
        if self.right is not None and not visitor.may(self.right):
            raise NotAllowed(visitor, self.right)


ANYBODY: Final = Rule(None, open_to_anybody=True)
SIGNED_IN: Final = Rule(None)


def may(right: Right) -> Rule:
    """Return the rule that asks for a right."""
    return Rule(right)


def rule_of(route: Any) -> Rule | None:
    """Return a route's rule; None if it has none, which no route may."""
    dependencies = getattr(route, "dependencies", ())
    rules = [one.dependency for one in dependencies if isinstance(one.dependency, Rule)]
    return rules[0] if len(rules) == 1 else None


def _the_visitor(request: Request) -> Visitor:
    visitor = visitor_of(request)
    if visitor is None:
        raise SignInNeeded
    return visitor


TheVisitor = Annotated[Visitor, Depends(_the_visitor)]


def _visible_license(license_id: str, desk: TheDesk, visitor: TheVisitor) -> str:
    """Return the licence's id if the visitor sees it; a foreign one is as absent as one that never was."""
    if not visitor.sees(creation_of(desk.ledger, license_id).partner_id):
        raise LicenseNotFound(what="licence", name=license_id)
    return license_id


visible_license: Callable[..., str] = _visible_license
VisibleLicense = Annotated[str, Depends(visible_license)]

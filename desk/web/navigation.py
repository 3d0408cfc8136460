"""What stands in the header: a page that should be found there gets a line here."""

from dataclasses import dataclass

from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import Right


@dataclass(frozen=True)
class Link:
    """A name, the route it leads to, the paths under which it is the present one, and who sees it."""

    label: str
    route: str
    under: str
    right: Right


LINKS = (
    Link("Licences", "licenses", "/licenses", Right.READ_LICENSES),
    Link("Partners", "partners", "/partners", Right.READ_LICENSES),
    Link("Cutovers", "cutovers", "/cutovers", Right.READ_LICENSES),
    Link("Operations", "operations", "/operations", Right.READ_OPERATIONS),
    Link("Access log", "access_log", "/access-log", Right.READ_ACCESS_LOG),
)


def links_for(visitor: Visitor | None) -> list[Link]:
    """Return what a visitor finds in the header."""
    return [] if visitor is None else [link for link in LINKS if visitor.may(link.right)]

"""The one place that says which role may do what; a route, a page's link and a key's scope all ask here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class UserRole(StrEnum):
    """What somebody is to the ledger."""

    PARTNER = "partner"
    SUPPORT = "support"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """What can be allowed; a route asks for one of these."""

    READ_LICENSES = "read_licenses"
    READ_INVOICES = "read_invoices"
    EXPORT = "export"
    CHANGE_TEAM = "change_team"
    READ_ACCESS_LOG = "read_access_log"
    READ_OPERATIONS = "read_operations"
    OPERATE = "operate"
    MANAGE_ACCOUNTS = "manage_accounts"


_READING = frozenset({Right.READ_LICENSES, Right.READ_INVOICES})

RIGHTS: Final[Mapping[UserRole, frozenset[Right]]] = {
    # only for its own licences: every reading is narrowed by the visitor's partner
    UserRole.PARTNER: _READING | {Right.EXPORT, Right.CHANGE_TEAM},
    UserRole.SUPPORT: _READING | {Right.EXPORT},
    UserRole.OPERATOR: _READING | {Right.EXPORT, Right.CHANGE_TEAM, Right.READ_OPERATIONS, Right.OPERATE},
    UserRole.AUDITOR: _READING | {Right.EXPORT, Right.READ_ACCESS_LOG, Right.READ_OPERATIONS},
    UserRole.ADMIN: frozenset(Right),
}

IN_WORDS: Final[Mapping[Right, str]] = {
    Right.READ_LICENSES: "read licences",
    Right.READ_INVOICES: "read invoices",
    Right.EXPORT: "export",
    Right.CHANGE_TEAM: "change a team",
    Right.READ_ACCESS_LOG: "see who read what",
    Right.READ_OPERATIONS: "see how the ledger runs",
    Right.OPERATE: "operate the ledger",
    Right.MANAGE_ACCOUNTS: "manage users and keys",
}


def roles_with(right: Right) -> list[UserRole]:
    """Return the roles that have a right, in their order."""
    return [role for role in UserRole if right in RIGHTS[role]]

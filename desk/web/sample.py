"""Give an empty store something to look at: the sample programme, and a user of each role."""

from collections.abc import Mapping
from ipaddress import ip_address
from secrets import token_urlsafe

from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import add_user
from ledger.application.ledger import Ledger
from replay.demo import run_demo

SAMPLE_PARTNER = "acme"
_LOCAL_NAMES = ("localhost",)


def is_loopback(host: str) -> bool:
    """Tell whether a host can be reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def is_empty(ledger: Ledger) -> bool:
    """Tell whether nothing was ever recorded."""
    return ledger.store.last_recorded() is None


def fill_with_sample(ledger: Ledger, accounts: Accounts) -> Mapping[str, str]:
    """Record the sample programme and add a user of each role; return their names and new passwords."""
    run_demo(ledger)
    passwords = {}
    for role in UserRole:
        password = token_urlsafe(12)
        partner_id = SAMPLE_PARTNER if role is UserRole.PARTNER else None
        add_user(accounts, name=role.value, role=role, partner_id=partner_id, password=password)
        passwords[role.value] = password
    return passwords

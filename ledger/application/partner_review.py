"""Review a partner's accounts: who is active on its licences and not used, and what suspending them saves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.application.apart import compute_apart
from ledger.application.ledger import Ledger
from ledger.application.projecting import LICENSES_AT_ONCE
from ledger.application.redundant_accounts import RedundantAccounts, redundant_accounts


@dataclass(frozen=True)
class PartnerReview:
    """The licences with redundant agents, the one that saves most first; `savings_minor` by currency.

    Of the licences in `failed` nobody can say: an event of theirs is not understood.
    """

    licenses: tuple[RedundantAccounts, ...]
    savings_minor: dict[str, int]
    failed: tuple[str, ...]


def review_partner(ledger: Ledger, license_ids: Sequence[str], days: int, at: datetime) -> PartnerReview:
    """Return who held no seat in `days` days before `at` on some licences; none named: on none."""
    found: list[RedundantAccounts] = []
    failed: list[str] = []

    def some(chosen: Sequence[str]) -> None:
        found.extend(redundant_accounts(ledger, chosen, days, at))

    for start in range(0, len(license_ids), LICENSES_AT_ONCE):
        failures = compute_apart(license_ids[start : start + LICENSES_AT_ONCE], some)
        failed += [license_id for license_id, _ in failures]
    idle = sorted(
        (one for one in found if one.agents), key=lambda one: (-(one.saves_minor or 0), one.license_id)
    )
    savings: dict[str, int] = {}
    for one in idle:
        if one.currency is not None and one.saves_minor is not None:
            savings[one.currency] = savings.get(one.currency, 0) + one.saves_minor
    return PartnerReview(tuple(idle), dict(sorted(savings.items())), tuple(failed))

"""Publish a price."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def publish_price(
    ledger: Ledger,
    *,
    plan: str,
    billing_cycle: str,
    currency: str,
    unit_amount_minor: int,
    meta: CommandMeta,
) -> Recorded:
    """Say what one unit of a plan costs for one whole period, in minor units of the currency.

    May be announced ahead and published late. Raises what every command may (see `record`).
    """
    return record(
        ledger,
        meta,
        "PricePublished",
        plan=plan,
        billing_cycle=billing_cycle,
        currency=currency,
        unit_amount=unit_amount_minor,
    )

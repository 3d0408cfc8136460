"""The closed vocabularies of the programme, so that no room spells a word of its own."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class PricingModel(StrEnum):
    """What a licence is charged for (docs/rules.md §1)."""

    PPS = "pps"
    PPA = "ppa"
    PPU = "ppu"


# The same, as people read them.
MODEL_NAMES: Final[Mapping[str, str]] = {
    PricingModel.PPS: "pay-per-seat",
    PricingModel.PPA: "pay-per-account",
    PricingModel.PPU: "pay-per-user",
}


class BillingCycle(StrEnum):
    """How long a period lasts."""

    MONTHLY = "monthly"
    ANNUAL = "annual"

    @property
    def months(self) -> int:
        """Return the length of a period in months."""
        return 12 if self is BillingCycle.ANNUAL else 1


class Source(StrEnum):
    """Where a licence was made."""

    SIGNUP = "signup"
    PARTNER_APP = "partner_app"


class Payer(StrEnum):
    """Who receives the invoice."""

    CLIENT = "client"
    PARTNER = "partner"


class Programme(StrEnum):
    """The two partner programmes: reselling and referring."""

    SOLUTION = "solution"
    AFFILIATE = "affiliate"


class Role(StrEnum):
    """What an agent may do on a licence; owners and admins may move the charge."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"


class TakesEffect(StrEnum):
    """When a cutover sets the pricing model."""

    ON_CREATION = "on_creation"
    ON_BILLING_DATE = "on_billing_date"


class Channel(StrEnum):
    """How a notice reaches people; a banner is shown, never sent."""

    BANNER = "banner"
    EMAIL = "email"
    IN_APP = "in_app"


SYSTEM_ACTOR = "system"
FREE_TRIAL_DAYS = 14
DEFAULT_NOTICE_DAYS = 14
DEFAULT_CURRENCY = "USD"
DEFAULT_TIME_ZONE = "UTC"

"""What an inbox keeps of a delivery, and the words for what became of it."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a delivery."""

    RECEIVED = "received"
    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    AWAITING_APPROVAL = "awaiting_approval"
    WITHDRAWN = "withdrawn"
    KEPT_ASIDE = "kept_aside"
    MALFORMED = "malformed"
    DISMISSED = "dismissed"


# Nothing is recorded of these, and somebody should look at them.
OPEN = (Outcome.RECEIVED, Outcome.KEPT_ASIDE)


@dataclass(frozen=True)
class Arrival:
    """A delivery as it arrives. `fact` is equal for deliveries that say the same; `body` has no secret.

    `license_id` is None while nobody knows whose the organisation is; `subject` is the agent or ChatBot.
    """

    received_us: int
    fact: str
    organization_id: str
    license_id: str | None
    action: str
    subject: str
    body: str


@dataclass(frozen=True)
class Delivery:
    """A delivery as it is kept; `first_us` is when the fact came first, the key of its event hangs on it."""

    delivery_id: int
    received_us: int
    first_us: int
    fact: str
    organization_id: str
    license_id: str | None
    action: str
    subject: str
    body: str
    outcome: Outcome
    code: str | None
    reason: str | None
    position: int | None


@dataclass(frozen=True)
class TakenIn:
    """A delivery that has just been kept, and the one that brought the same fact first, if it is another.

    `overtaken` tells that something else about the subject came after that first one.
    """

    delivery: Delivery
    first: Delivery | None
    overtaken: bool

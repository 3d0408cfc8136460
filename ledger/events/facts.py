"""Small stable numbers for what happened, so that projections read the bulk of a log without JSON."""

from enum import IntEnum


class Fact(IntEnum):
    """What an event says; never renumber one, stored rows hold them.

    Below SEAT_FACTS_END the code, licence, subject, both times and the position say everything; from there
    on a reader needs the event's state.
    """

    AGENT_CREATED = 1
    COMPLIMENTARY_AGENT_CREATED = 2
    AGENT_SUSPENDED = 3
    AGENT_ACTIVATED = 4
    AGENT_DELETED = 5
    CHATBOT_ADDED = 6
    CHATBOT_REMOVED = 7
    SEAT_TAKEN = 8
    SEAT_RELEASED = 9
    LICENSE_CREATED = 20
    PRICING_MODEL_SWITCHED = 21
    PLAN_CHANGED = 22
    BILLING_CYCLE_CHANGED = 23
    LICENSE_CANCELLED = 24
    INVOICE_ISSUED = 30
    NOTICE_SENT = 31
    NOTICE_FAILED = 32
    PARTNER_REGISTERED = 40
    PARTNER_TERMS_CHANGED = 41
    PRICE_PUBLISHED = 42
    CUTOVER_ANNOUNCED = 43


SEAT_FACTS_END = 20

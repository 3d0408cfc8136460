"""A licence that a cutover switches, a clock in the test's hand, and a mailer that does as it is told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.application.ledger import Ledger
from ledger.application.mailing import Letter, MailNotAccepted
from ledger.application.notice_outcomes import NoticesRun, Subject
from ledger.application.notice_posting import Post, Posting
from ledger.application.run_notices import run_notices
from ledger.rules.words import Channel
from tests.application.desk import HandClock, history, imported, log_of
from tests.projections.told import Told

CUTOVER = "resellers"
CHARGE = "2024-08-24"
# Charged on 24 August; due 14 days before, on the 10th.
DUE = datetime(2024, 8, 10, tzinfo=UTC)
OWNER, ANN, BEN = "olivia@acme.example", "ann@acme.example", "ben@acme.example"
CARE = "care@reseller.example"
AP = "ap@acme.example"


def programme(email: str | None = AP) -> Told:
    """Tell of prices, a reseller with 20 % off, and a cutover to pay-per-user on 11 August."""
    told = Told().price(4900).price(49200, billing_cycle="annual")
    named = {} if email is None else {"email": email}
    told.tell(
        "PartnerRegistered",
        "2000-01-01",
        partner_id="acme",
        programme="solution",
        discount_rate="0.20",
        **named,
    )
    return told.cutover("2024-08-11", "2024-07-02", CUTOVER, applies_to={"programme": "solution"})


def with_licence(told: Told, license_id: str = "bakery", **fields: Any) -> Told:
    """Tell of a licence billed on the 24th: three agents, one of them the partner's own, and a ChatBot.

    Ann holds a seat on 20 July, nobody else ever does.
    """
    told.licence(
        None, "2024-07-03", license_id=license_id, partner_id="acme", billing_anchor="2024-07-24", **fields
    )
    of: dict[str, Any] = {"license_id": license_id}
    told.fact("AgentCreated", "2024-07-04", agent_id=OWNER, role="owner", **of)
    told.fact("AgentCreated", "2024-07-04", agent_id=ANN, role="agent", **of)
    told.fact(
        "AgentCreated", "2024-07-04", agent_id="care@reseller.example", role="admin", complimentary=True, **of
    )
    told.fact("ChatBotAdded", "2024-07-04", bot_id="night-bot", **of)
    told.fact("SeatTaken", "2024-07-20", agent_id=ANN, **of)
    return told.fact("SeatReleased", "2024-07-20T08:00:00Z", agent_id=ANN, **of)


def open_at(ledger: Ledger, told: Told, clock: HandClock, now: datetime = DUE) -> None:
    """Record what was told, and set the clock."""
    clock.now = now
    imported(ledger, history(*sorted(told.lines, key=lambda line: line["recorded_at"])))


class Mailman:
    """A mailer that keeps the letters it takes, and fails as often as it was told to."""

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.failing: list[BaseException] = []

    def message_id(self, key: str) -> str:
        return f"<{key}@ledger.example>"

    def send(self, letter: Letter) -> tuple[str, ...]:
        if self.failing:
            raise self.failing.pop(0)
        self.taken.append(letter)
        return ()

    def fails(self, *errors: BaseException) -> "Mailman":
        self.failing += errors
        return self

    @property
    def ids(self) -> list[str]:
        return [letter.message_id for letter in self.taken]


def busy(reason: str = "451 try later") -> MailNotAccepted:
    return MailNotAccepted(reason)


def no_address(_payer_id: str) -> None:
    """Know nobody's address, as an empty configuration does."""


def never_slept(seconds: float) -> None:
    raise AssertionError(f"somebody slept {seconds} s")


def run(ledger: Ledger, mailman: Any, attempts: int = 8, **options: Any) -> NoticesRun:
    """Run notices with a configuration that names no address."""
    return run_notices(ledger, Post(mailman, no_address, attempts, never_slept), **options)


def results(done: NoticesRun) -> list[tuple[str, str]]:
    """Give channel (or retraction) and result of each outcome."""
    return [
        (
            one.subject.channel.value if one.subject.kind == "notice" else one.subject.kind.value,
            one.result.value,
        )
        for one in done.outcomes
    ]


def notices_in(ledger: Ledger) -> list[tuple[str, str, int]]:
    """Give the log's notices: type, channel, attempt."""
    return [
        (line["type"], line["channel"], line["attempt"])
        for line in log_of(ledger)
        if line["type"].startswith("Notice")
    ]


class PowerCut(BaseException):
    """The process ends here."""


def cut_before_the_email_is_recorded(patch: pytest.MonkeyPatch) -> None:
    """Let the power fail when the server has taken the e-mail and its event is not recorded yet."""
    record_sent = Posting.record_sent

    def cut(self: Posting, subject: Subject, attempt: int, at: datetime | None = None) -> None:
        if subject.channel is Channel.EMAIL:
            raise PowerCut
        record_sent(self, subject, attempt, at)

    patch.setattr(Posting, "record_sent", cut)

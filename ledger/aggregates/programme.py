"""Who may record what on a partner, the price list and a cutover (docs/rules.md §2); anyone named may."""

from ledger.aggregates.base import Aggregate
from ledger.aggregates.clashes import Clash, mark
from ledger.aggregates.creation import PartnerNotFound
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.programme import CutoverAnnounced, PartnerEvent, PartnerRegistered, PricePublished
from ledger.events.streams import PRICES_STREAM, cutover_stream, partner_stream


class PartnerExists(Clash):
    """Raised when a partner is registered a second time."""

    code = "partner_exists"
    hint = "Choose another partner_id, or change the partner's terms."


class TermsBeforeRegistration(Clash):
    """Raised for terms from before the partner was registered."""

    code = "terms_before_registration"
    hint = "Give a time at or after the registration."


class CutoverExists(Clash):
    """Raised when a cutover is announced a second time."""

    code = "cutover_exists"
    hint = "A cutover is never changed; announce another one under its own cutover_id."


class Partner(Aggregate):
    """One partner: registered once, with terms from then on."""

    def __init__(self, stream_id: str) -> None:
        """Begin a partner about whom nothing is recorded."""
        super().__init__(stream_id)
        self.registered: PartnerRegistered | None = None

    @classmethod
    def named(cls, partner_id: str) -> "Partner":
        """Return a new, empty aggregate for the partner of that id."""
        return cls(partner_stream(partner_id))

    def decide(self, event: PartnerEvent) -> Entry:
        """Record the event, or refuse it with PartnerExists, PartnerNotFound or TermsBeforeRegistration."""
        registered = self.registered
        if isinstance(event, PartnerRegistered):
            if registered is not None:
                raise PartnerExists(event, mark(registered, 1), "the partner is registered already")
        elif registered is None:
            raise PartnerNotFound(what="partner", name=event.partner_id)
        elif event.effective_at < registered.effective_at:
            raise TermsBeforeRegistration(event, mark(registered, 1), "the partner was not registered yet")
        return self._record(event)

    def _apply(self, event: LedgerEvent) -> None:
        if isinstance(event, PartnerRegistered):
            self.registered = event


class PriceList(Aggregate):
    """All prices: any may be published at any time, for any time, and none is ever refused."""

    def __init__(self, stream_id: str = PRICES_STREAM) -> None:
        """Begin an empty list."""
        super().__init__(stream_id)

    def decide(self, event: PricePublished) -> Entry:
        """Record the price."""
        return self._record(event)

    def _apply(self, event: LedgerEvent) -> None:
        """Remember nothing: no price depends on another."""


class Cutover(Aggregate):
    """One cutover, announced once."""

    def __init__(self, stream_id: str) -> None:
        """Begin a cutover that is not announced."""
        super().__init__(stream_id)
        self.announced: CutoverAnnounced | None = None

    @classmethod
    def named(cls, cutover_id: str) -> "Cutover":
        """Return a new, empty aggregate for the cutover of that id."""
        return cls(cutover_stream(cutover_id))

    def decide(self, event: CutoverAnnounced) -> Entry:
        """Record the event, or refuse it with CutoverExists."""
        if self.announced is not None:
            raise CutoverExists(event, mark(self.announced, 1), "the cutover is announced already")
        return self._record(event)

    def _apply(self, event: LedgerEvent) -> None:
        if isinstance(event, CutoverAnnounced):
            self.announced = event

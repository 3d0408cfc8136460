"""Which attempts at telling a licence about a cutover may be recorded (docs/rules.md §7)."""

from typing import NamedTuple

from ledger.aggregates.base import Aggregate
from ledger.aggregates.license import License, LicenseNotFound
from ledger.aggregates.programme import Cutover
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.paper import NoticeEvent
from ledger.events.streams import notices_stream
from ledger.rules.errors import LedgerError, NotFound
from ledger.rules.words import TakesEffect


class CutoverNotFound(NotFound):
    """Raised for a cutover that was never announced."""

    code = "cutover_not_found"
    hint = "Check the cutover's id; in a history file its CutoverAnnounced must come first."


class CutoverGivesNoNotice(LedgerError):
    """Raised for a notice about a cutover that switches no licence that exists already."""

    code = "cutover_gives_no_notice"
    template = "There is no notice about cutover {cutover_id!r}: it switches no licence that exists already."


class NoticeContext(NamedTuple):
    """The licence and the cutover that a notice names; None where there is no such stream."""

    license: License | None
    cutover: Cutover | None


class Notices(Aggregate):
    """The attempts at telling one licence about one cutover; a notice may well be sent again."""

    @classmethod
    def named(cls, license_id: str, cutover_id: str) -> "Notices":
        """Return a new, empty aggregate for the licence's notices about the cutover."""
        return cls(notices_stream(license_id, cutover_id))

    def decide(self, event: NoticeEvent, context: NoticeContext) -> Entry:
        """Record the event, or refuse it; raises this module's refusals and LicenseNotFound."""
        _check_known(event, context)
        return self._record(event)

    def _apply(self, event: LedgerEvent) -> None:
        """Remember nothing: no attempt depends on another."""


def _check_known(event: NoticeEvent, context: NoticeContext) -> None:
    if context.license is None:
        raise LicenseNotFound(what="licence", name=event.license_id)
    context.license.require_created(event.license_id)
    announced = context.cutover.announced if context.cutover is not None else None
    if announced is None:
        raise CutoverNotFound(what="cutover", name=event.cutover_id)
    if announced.takes_effect is not TakesEffect.ON_BILLING_DATE:
        raise CutoverGivesNoNotice(cutover_id=event.cutover_id)

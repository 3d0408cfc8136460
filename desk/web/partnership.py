"""Whose partner's pages somebody sees: a partner its own, others all."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends

from desk.web.access import TheVisitor
from desk.web.times import TheTimes
from ledger.application.show_statement import PartnerNotKnown
from ledger.rules.instants import format_instant


def _visible_partner(partner_id: str, visitor: TheVisitor, times: TheTimes) -> str:
    """Return the partner's id if the visitor sees it; a foreign one is as absent as one that never was."""
    if not visitor.sees(partner_id):
        raise PartnerNotKnown(what="partner", name=partner_id, known_at=format_instant(times.known_at))
    return partner_id


visible_partner: Callable[..., str] = _visible_partner
VisiblePartner = Annotated[str, Depends(visible_partner)]

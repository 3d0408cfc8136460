"""What a new licence gets where its event does not say it (docs/rules.md §2 and §4)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ledger.events.license import LicenseCreated, LicenseDraft
from ledger.events.programme import CutoverAnnounced
from ledger.rules.calendar import local_date
from ledger.rules.errors import Conflict, InvalidValue, NotFound
from ledger.rules.instants import LAST_YEAR
from ledger.rules.words import (
    DEFAULT_CURRENCY,
    DEFAULT_TIME_ZONE,
    FREE_TRIAL_DAYS,
    Payer,
    PricingModel,
    Programme,
)


class CreationContext(NamedTuple):
    """What the log before a LicenseCreated knows.

    `partner_programme` is that of the partner whom the event names, None if no such partner is registered;
    `cutovers` are all announced ones in the order of the log.
    """

    partner_programme: Programme | None = None
    cutovers: Sequence[CutoverAnnounced] = ()


class PartnerNotFound(NotFound):
    """Raised for a partner that was never registered."""

    code = "partner_not_found"
    hint = "Register the partner first; in a history file its PartnerRegistered must come first."


class BadBillingAnchor(InvalidValue):
    """Raised for a first billing date that is not after the licence's creation, or beyond the calendar."""

    code = "bad_billing_anchor"
    template = (
        "billing_anchor: {value} is not after {created_on}, the local date of the creation, and by {last}."
    )
    hint = "The first billing date comes at least a day after the creation; leave it out for 14 days."


class ModelNotOffered(Conflict):
    """Raised for a pricing model other than the one that a cutover sets for new licences."""

    code = "model_not_offered"
    template = (
        "pricing_model: licence {license_id!r} cannot begin on {value}: cutover {cutover_id!r} "
        "({clashes_with}) sets {pricing_model} for licences like it created from {on}."
    )
    hint = "Leave the model out; it can be switched later."


def resolve(draft: LicenseDraft, context: CreationContext) -> LicenseCreated:
    """Complete a LicenseCreated from what the log knows before it; raises this module's refusals."""
    programme = context.partner_programme if draft.partner_id is not None else None
    if draft.partner_id is not None and programme is None:
        raise PartnerNotFound(what="partner", name=draft.partner_id)
    time_zone = draft.time_zone or DEFAULT_TIME_ZONE
    created_on = local_date(draft.effective_at, time_zone)
    return LicenseCreated(
        id=draft.id,
        actor=draft.actor,
        effective_at=draft.effective_at,
        recorded_at=draft.recorded_at,
        license_id=draft.license_id,
        source=draft.source,
        partner_id=draft.partner_id,
        payer=_payer(draft, programme),
        plan=draft.plan,
        billing_cycle=draft.billing_cycle,
        currency=draft.currency or DEFAULT_CURRENCY,
        billing_anchor=_billing_anchor(draft, created_on),
        time_zone=time_zone,
        pricing_model=_pricing_model(draft, programme, created_on, context.cutovers),
    )


def _payer(draft: LicenseDraft, programme: Programme | None) -> Payer:
    if draft.payer is None:
        return Payer.PARTNER if programme is Programme.SOLUTION else Payer.CLIENT
    return draft.payer


def _billing_anchor(draft: LicenseDraft, created_on: date) -> date:
    anchor = draft.billing_anchor or created_on + timedelta(days=FREE_TRIAL_DAYS)
    last = date(LAST_YEAR, 12, 31)
    if not created_on < anchor <= last:
        raise BadBillingAnchor(
            field="billing_anchor", value=str(anchor), created_on=str(created_on), last=str(last)
        )
    return anchor


def _pricing_model(
    draft: LicenseDraft, programme: Programme | None, created_on: date, cutovers: Sequence[CutoverAnnounced]
) -> PricingModel:
    """Let the cutovers of either kind up to the creation's date decide; the last by (on, position) wins."""
    decided = [c for c in cutovers if c.on <= created_on and c.covers(draft.source, programme)]
    if not decided:
        default = PricingModel.PPS if programme is Programme.SOLUTION else PricingModel.PPA
        return draft.pricing_model or default
    winner = sorted(decided, key=lambda cutover: cutover.on)[-1]
    if draft.pricing_model not in (None, winner.pricing_model):
        raise ModelNotOffered(
            license_id=draft.license_id,
            value=draft.pricing_model,
            cutover_id=winner.cutover_id,
            clashes_with=winner.id,
            pricing_model=winner.pricing_model,
            on=str(winner.on),
        )
    return winner.pricing_model

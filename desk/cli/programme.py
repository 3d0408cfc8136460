"""Commands about what holds for many licences: partners, prices and cutovers."""

from datetime import date
from typing import Annotated

import typer

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import RECORD, Actor, At, CutoverArg, CycleArg, Key, PartnerArg, PlanArg, day_option
from desk.cli.recording import meta, record_first, show_recorded
from desk.cli.settings import open_to_record
from desk.cli.values import read_amount_minor, read_rate, whole_number
from ledger.rules.words import (
    DEFAULT_CURRENCY,
    DEFAULT_NOTICE_DAYS,
    SYSTEM_ACTOR,
    PricingModel,
    Programme,
    Source,
    TakesEffect,
)

app = typer.Typer()

_ProgrammeArg = Annotated[
    Programme,
    typer.Argument(
        metavar="solution|affiliate", help="solution resells and pays, affiliate refers.", show_default=False
    ),
]
_Email = Annotated[str | None, typer.Option(metavar="ADDRESS", show_default=False, help="Where to write to.")]
_Discount = Annotated[
    str | None,
    typer.Option(
        metavar="RATE", parser=read_rate, show_default=False, help="Off the partner's bills, 0.20 for 20 %."
    ),
]
_Commission = Annotated[
    str | None,
    typer.Option(
        metavar="RATE", parser=read_rate, show_default=False, help="For the partner, of what clients pay."
    ),
]
_Amount = Annotated[
    str,
    typer.Argument(
        metavar="AMOUNT", show_default=False, help="For one unit and one whole period, like 49.00."
    ),
]
_Currency = Annotated[str, typer.Option(metavar="CODE", help="The price's currency, ISO 4217.")]
_OfSource = Annotated[
    Source | None,
    typer.Option("--source", show_default=False, help="For licences made there; or --programme."),
]
_OfProgramme = Annotated[
    Programme | None,
    typer.Option("--programme", show_default=False, help="For licences of its partners; or --source."),
]
_TakesEffect = Annotated[
    TakesEffect,
    typer.Option(
        help="on_creation: for licences created from the date on; "
        "on_billing_date: for all, with their first period that begins on or after it."
    ),
]
_On = Annotated[date, day_option("The cutover's date.")]
_Model = Annotated[
    PricingModel, typer.Option("--model", show_default=False, help="What is charged for afterwards.")
]
_NoticeDays = Annotated[
    int,
    typer.Option(
        metavar="DAYS", parser=whole_number(0, 365), help="How long before the charge customers are told."
    ),
]


@app.command(
    "register-partner",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("register-partner acme solution --discount-rate 0.20 --at 2024-01-02T09:00:00Z"),
)
def register_partner(
    ctx: typer.Context,
    *,
    partner_id: PartnerArg,
    programme: _ProgrammeArg,
    email: _Email = None,
    discount_rate: _Discount = None,
    commission_rate: _Commission = None,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Register a partner in one of the two programmes."""
    recorded = record_first(
        ctx,
        lambda ledger: lazy.register_partner(
            ledger,
            partner_id=partner_id,
            programme=programme,
            email=email,
            discount_rate=discount_rate,
            commission_rate=commission_rate,
            meta=meta(at, actor, key),
        ),
    )
    show_recorded(recorded)


@app.command(
    "change-partner-terms",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("change-partner-terms acme --discount-rate 0.25 --at 2027-01-01T00:00:00Z"),
)
def change_partner_terms(
    ctx: typer.Context,
    *,
    partner_id: PartnerArg,
    discount_rate: _Discount = None,
    commission_rate: _Commission = None,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Change a partner's rates; one that is left out stays what it was."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.change_partner_terms(
            ledger,
            partner_id=partner_id,
            discount_rate=discount_rate,
            commission_rate=commission_rate,
            meta=meta(at, actor, key),
        )
    show_recorded(recorded)


@app.command(
    "publish-price",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples(
        "publish-price team monthly 49.00 --at 2024-01-01T00:00:00Z",
        "publish-price team monthly 6800 --currency JPY --at 2024-01-01T00:00:00Z",
    ),
)
def publish_price(
    ctx: typer.Context,
    *,
    plan: PlanArg,
    billing_cycle: CycleArg,
    amount: _Amount,
    currency: _Currency = DEFAULT_CURRENCY,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Publish what one unit of a plan costs for one whole period, from a time on."""
    unit_amount_minor = read_amount_minor(amount, currency)
    recorded = record_first(
        ctx,
        lambda ledger: lazy.publish_price(
            ledger,
            plan=plan,
            billing_cycle=billing_cycle,
            currency=currency,
            unit_amount_minor=unit_amount_minor,
            meta=meta(at, actor, key),
        ),
    )
    show_recorded(recorded)


@app.command(
    "announce-cutover",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples(
        "announce-cutover resellers-2024-08-11 --programme solution --on 2024-08-11 --model ppu "
        "--at 2024-06-10T00:00:00Z",
        "announce-cutover apps-2024-06-10 --source partner_app --takes-effect on_creation --on 2024-06-10 "
        "--model ppu",
    ),
)
def announce_cutover(
    ctx: typer.Context,
    *,
    cutover_id: CutoverArg,
    on: _On,
    pricing_model: _Model,
    source: _OfSource = None,
    programme: _OfProgramme = None,
    takes_effect: _TakesEffect = TakesEffect.ON_BILLING_DATE,
    notice_days: _NoticeDays = DEFAULT_NOTICE_DAYS,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Announce that a class of licences gets another pricing model from a day on."""
    if (source is None) == (programme is None):
        raise typer.BadParameter(
            "Name exactly one of the two: the class of licences is those of a source or of a programme.",
            param_hint="'--source' / '--programme'",
        )
    recorded = record_first(
        ctx,
        lambda ledger: lazy.announce_cutover(
            ledger,
            cutover_id=cutover_id,
            source=source,
            programme=programme,
            takes_effect=takes_effect,
            on=on,
            pricing_model=pricing_model,
            notice_days=notice_days,
            meta=meta(at, actor, key),
        ),
    )
    show_recorded(recorded)

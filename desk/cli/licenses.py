"""Commands that begin, change and end a licence."""

from datetime import date
from typing import Annotated

import typer

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import RECORD, Actor, At, CycleArg, Key, LicenseArg, ModelArg, PlanArg, day_option
from desk.cli.recording import meta, record_first, show_recorded
from desk.cli.settings import open_to_record
from ledger.rules.words import SYSTEM_ACTOR, BillingCycle, Payer, PricingModel, Source

app = typer.Typer()

_Plan = Annotated[str, typer.Option(metavar="PLAN", help="The plan's name.", show_default=False)]
_Cycle = Annotated[BillingCycle, typer.Option("--cycle", help="How long a period lasts.")]
_Source = Annotated[Source, typer.Option(help="Where the licence is made.")]
_Partner = Annotated[
    str | None,
    typer.Option(
        "--partner", metavar="PARTNER", show_default=False, help="The partner who brought the customer."
    ),
]
_Payer = Annotated[
    Payer | None,
    typer.Option(
        show_default="the partner, if it is in the solution programme", help="Who gets the invoice."
    ),
]
_Currency = Annotated[
    str | None, typer.Option(metavar="CODE", show_default="USD", help="What invoices are in, ISO 4217.")
]
_Anchor = Annotated[
    date | None, day_option("The first billing date.", default="14 days after the creation, the free trial")
]
_Zone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", show_default="UTC", help="Where billing dates begin, like Europe/Warsaw."),
]
_Model = Annotated[
    PricingModel | None,
    typer.Option("--model", show_default="as partner and cutovers decide", help="What is charged for."),
]


@app.command(
    "create-license",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples(
        "create-license northwind --plan team --cycle monthly --at 2024-05-01T08:00:00Z",
        "create-license bakery --plan team --source partner_app --time-zone Europe/Warsaw",
    ),
)
def create_license(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    plan: _Plan,
    billing_cycle: _Cycle = BillingCycle.MONTHLY,
    source: _Source = Source.SIGNUP,
    partner_id: _Partner = None,
    payer: _Payer = None,
    currency: _Currency = None,
    billing_anchor: _Anchor = None,
    time_zone: _Zone = None,
    pricing_model: _Model = None,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Create a licence; what is left out follows from its partner and the cutovers announced so far."""
    recorded = record_first(
        ctx,
        lambda ledger: lazy.create_license(
            ledger,
            license_id=license_id,
            source=source,
            plan=plan,
            billing_cycle=billing_cycle,
            partner_id=partner_id,
            payer=payer,
            currency=currency,
            billing_anchor=billing_anchor,
            time_zone=time_zone,
            pricing_model=pricing_model,
            meta=meta(at, actor, key),
        ),
    )
    show_recorded(recorded)


@app.command(
    "switch-pricing-model",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("switch-pricing-model northwind ppu"),
)
def switch_pricing_model(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    pricing_model: ModelArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Put a licence on another pricing model, from its next period on."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.switch_pricing_model(
            ledger, license_id=license_id, pricing_model=pricing_model, meta=meta(at, actor, key)
        )
    show_recorded(recorded)


@app.command(
    "change-plan",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("change-plan northwind business --actor sue@northwind.example"),
)
def change_plan(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    plan: PlanArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Give a licence another plan, from its next period on."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.change_plan(ledger, license_id=license_id, plan=plan, meta=meta(at, actor, key))
    show_recorded(recorded)


@app.command(
    "change-billing-cycle",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("change-billing-cycle northwind annual"),
)
def change_billing_cycle(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    billing_cycle: CycleArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """Bill a licence by month or by year, from its next period on; never for the past."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.change_billing_cycle(
            ledger, license_id=license_id, billing_cycle=billing_cycle, meta=meta(at, actor, key)
        )
    show_recorded(recorded)


@app.command(
    "cancel-license",
    cls=LedgerCommand,
    rich_help_panel=RECORD,
    epilog=examples("cancel-license northwind --actor sue@northwind.example"),
)
def cancel_license(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    at: At = None,
    actor: Actor = SYSTEM_ACTOR,
    key: Key = None,
) -> None:
    """End a licence, now or at a time to come; nothing is refunded."""
    with open_to_record(ctx) as ledger:
        recorded = lazy.cancel_license(ledger, license_id=license_id, meta=meta(at, actor, key))
    show_recorded(recorded)

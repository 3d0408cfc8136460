"""What a cutover changed on the invoices: the last before and the first after, and what it saves."""

from dataclasses import replace

import polars as pl

from ledger.events.programme import CutoverAnnounced
from ledger.projections.bridges import invoice_total, step_amounts
from ledger.projections.history import History
from ledger.projections.models import MODEL
from ledger.projections.savings import Bills, costs
from ledger.projections.what_if import without_cutover
from ledger.rules.words import TakesEffect

PARTS = ("chatbot_seats", "quantity", "unit_amount", "true_ups", "discount", "adjustments")
INVOICE_FIELDS = (
    "billing_date", "number", "pricing_model", "quantity", "chatbot_seats", "unit_amount", "recurring",
    "true_ups", "discount", "adjustments", "total",
)  # fmt: skip
_INVOICE = ["license_id", "billing_date"]


def would_be(history: History, cutover: CutoverAnnounced, scope: pl.DataFrame) -> History:
    """Return the history as if the cutover had not been; its licences begin on the model due without it."""
    if cutover.takes_effect is TakesEffect.ON_BILLING_DATE:
        return without_cutover(history, cutover.cutover_id)
    begun = scope.filter(pl.col("outcome") == "created").select(
        "license", would_be=pl.col("model_before").cast(MODEL)
    )
    licenses = history.licenses.join(begun, on="license", how="left", maintain_order="left")
    licenses = licenses.with_columns(model=pl.coalesce("would_be", "model")).drop("would_be")
    return replace(history, licenses=licenses)


def compared(scope: pl.DataFrame, bills: Bills) -> pl.DataFrame:
    """Return license_id, before and after (structs of INVOICE_FIELDS), difference (total and PARTS).

    `before` is the last invoice with a recurring line before the charge date, `after` the first from it on;
    null if there is none, and `difference` is null unless both are there. Its parts add up to it: of the
    recurring lines what ChatBots cost, the change of other units at the price before, the change of the price
    for the units after; then true-ups, discounts and adjustments.
    """
    recurring = bills.real.lines.filter(pl.col("kind") == "recurring").join(
        scope.select("license_id", charge_date=_date("charge_day")), on="license_id"
    )
    is_before = pl.col("billing_date") < pl.col("charge_date")
    before = recurring.filter(is_before).group_by("license_id").agg(pl.col("billing_date").max())
    after = recurring.filter(~is_before).group_by("license_id").agg(pl.col("billing_date").min())
    chosen = _described(bills, pl.concat([before, after]))
    sides = scope.select("license_id")
    for name, side in (("before", before), ("after", after)):
        described = side.join(chosen, on=_INVOICE).select("license_id", pl.struct(INVOICE_FIELDS).alias(name))
        sides = sides.join(described, on="license_id", how="left", maintain_order="left")
    return sides.with_columns(difference=_difference())


def saved(scope: pl.DataFrame, after: pl.DataFrame, real: Bills, otherwise: Bills) -> pl.DataFrame:
    """Return license_id and saves: how much more the first period would cost without the cutover.

    `saves` has total and chatbot_seats, the part that would not be saved if there were no ChatBots. `after`
    has license_id and the billing_date of the first invoice. What was billed for that date counts, later
    adjustments of it included.
    """
    return costs(asked_for(scope, after), real, otherwise).select(
        "license_id",
        saves=pl.struct(
            total=pl.col("old") - pl.col("new"),
            chatbot_seats=pl.col("old_chatbot_seats") - pl.col("new_chatbot_seats"),
        ),
    )


def asked_for(scope: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return license_id and billing_date of the first bill of each licence that the cutover decides."""
    decided = scope.filter(pl.col("outcome").is_in(["switched", "upcoming", "created"])).select("license_id")
    return decided.join(after, on="license_id")


def _date(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int32).cast(pl.Date)


def _sum_of(kind: str) -> pl.Expr:
    return pl.col("amount").filter(pl.col("kind") == kind).sum()


def _described(bills: Bills, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return INVOICE_FIELDS of the chosen invoices, each of which has a recurring line."""
    recurring = pl.col("kind") == "recurring"
    sums = (
        bills.real.lines.join(chosen, on=_INVOICE, how="semi")
        .group_by(_INVOICE)
        .agg(
            *(
                pl.col(name).filter(recurring).first()
                for name in ("pricing_model", "quantity", "unit_amount")
            ),
            recurring=_sum_of("recurring"),
            true_ups=_sum_of("true_up"),
            discount=_sum_of("discount"),
            adjustments=_sum_of("adjustment"),
        )
    )
    bare = bills.without_bots.lines.filter(recurring).select(*_INVOICE, bare_quantity="quantity")
    return (
        sums.join(bills.real.invoices.select(*_INVOICE, "number", "total"), on=_INVOICE)
        .join(bare, on=_INVOICE)
        .with_columns(chatbot_seats=pl.col("quantity") - pl.col("bare_quantity"))
    )


def _difference() -> pl.Expr:
    """Return the struct of PARTS and total, null where there is no invoice on either side."""

    def field(side: str, name: str) -> pl.Expr:
        return pl.col(side).struct.field(name)

    def factors(side: str) -> dict[str, pl.Expr]:
        lines = {name: field(side, name) for name in ("unit_amount", "true_ups", "discount", "adjustments")}
        bots = field(side, "chatbot_seats")
        return lines | {
            "quantity": field(side, "quantity") - bots,
            "others": bots * field(side, "unit_amount"),
        }

    after = factors("after")
    replaced = {"chatbot_seats": "others"} | {name: name for name in PARTS[1:]}
    steps = ((part, {factor: after[factor]}) for part, factor in replaced.items())
    amounts = step_amounts(invoice_total, factors("before"), *steps)
    parts = {"total": field("after", "total") - field("before", "total")} | amounts
    both = pl.col("before").is_not_null() & pl.col("after").is_not_null()
    return pl.when(both).then(pl.struct(part.alias(name) for name, part in parts.items()))

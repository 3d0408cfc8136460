"""How an invoice looks on the terminal: a block each, its lines in words, amounts in one column."""

from collections import Counter
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from desk import words
from desk.cli.answers import Row
from desk.cli.screen import out_console
from ledger.rules.words import BillingCycle

_WIDTH = 80
_LEAST_GAP = 2


def show_invoices(rows: list[Row], cancelled: AbstractSet[tuple[str, str]] = frozenset()) -> None:
    """Print the invoices in their order, then how many there are and what they add up to.

    `cancelled` has licence and billing date of the invoices on which the licence was cancelled already.
    """
    console = out_console()
    if not rows:
        console.print("No invoice was due by then.")
        return
    width = min(console.width, _WIDTH)
    for row in rows:
        _show_invoice(console, row, width, is_cancelled=(row["license_id"], row["billing_date"]) in cancelled)
    _show_sums(console, rows)


def line_in_words(line: Row, currency: str) -> str:
    """Say what an invoice line charges for."""
    match line["kind"]:
        case "recurring":
            counted = words.units(line["quantity"], line["pricing_model"])
            return f"{counted} x {words.money(line['unit_amount'], currency)}"
        case "true_up":
            price = words.money(line["unit_amount"], currency)
            return (
                f"true-up from {_day(line['date'])}: {words.number(line['quantity'])} more at {price} "
                f"for {line['remaining_days']} of {line['period_days']} days"
            )
        case "discount":
            return f"discount of {words.percent(line['rate'])}"
        case "adjustment":
            return f"adjustment of the invoice of {_day(line['billing_date'])}"
        case kind:
            raise ValueError(f"no invoice has lines of the kind {kind}")


def _show_invoice(console: Console, row: Row, width: int, *, is_cancelled: bool) -> None:
    currency = row["currency"]
    heading = Text.assemble((row["license_id"], "bold"), f"  {_day(row['billing_date'])}")
    lines = [_between(heading, _name(row), width), Text(f"  {_about(row, is_cancelled=is_cancelled)}", "dim")]
    for line in row["lines"]:
        said = Text(f"  {line_in_words(line, currency)}")
        lines.append(_between(said, _amount(line["amount"], currency), width))
    lines.append(_between(Text("  total", "bold"), _amount(row["total"], currency, "bold"), width))
    console.print(Text("\n").join([*lines, Text()]), soft_wrap=True)


def _between(left: Text, right: Text, width: int) -> Text:
    """Set two texts at the two edges, on two lines if they do not fit on one."""
    gap = width - left.cell_len - right.cell_len
    if gap < _LEAST_GAP:
        return Text.assemble(left, "\n", " " * max(width - right.cell_len, 0), right)
    return Text.assemble(left, " " * gap, right)


def _name(row: Row) -> Text:
    kind = "credit note" if row["total"] < 0 else "invoice"
    if row["number"] is None:
        return Text(f"{kind}, not issued yet", "dim")
    return Text(f"{kind} {row['number']}", "cyan")


def _about(row: Row, *, is_cancelled: bool) -> str:
    """Say what the invoice is for, or why it has no recurring line."""
    terms = f"{row['plan']}, {row['billing_cycle']}"
    if row["period_start"] is None and is_cancelled:
        return f"{terms}; the licence is cancelled"
    if row["period_start"] is None and row["billing_cycle"] == BillingCycle.MONTHLY:
        return f"{terms}; the period that begins on this date has no price"
    if row["period_start"] is None:
        return f"{terms}; no period begins on this date"
    period = words.days(date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"]))
    return f"{words.MODELS[row['pricing_model']]}, {terms}, {period}"


def _amount(amount_minor: int, currency: str, style: str = "") -> Text:
    return Text(words.money(amount_minor, currency), f"{style} red" if amount_minor < 0 else style)


def _show_sums(console: Console, rows: list[Row]) -> None:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["currency"]] += row["total"]
    licenses = len({row["license_id"] for row in rows})
    said = ", ".join(words.money(sums[currency], currency) for currency in sorted(sums))
    console.print(
        Text(f"{words.count(len(rows), 'invoice')} of {words.count(licenses, 'licence')}: {said}", "bold")
    )


def _day(value: Any) -> str:
    return words.day(date.fromisoformat(value))

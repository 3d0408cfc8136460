"""How a reconciliation looks: what differs, invoice by invoice, and what it comes to."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from desk import words
from desk.cli.screen import out_console
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.reconcile.differences import Difference
    from replay.reconcile.reconciling import Compared, Reconciliation

CSV_COLUMNS = (
    "license_id", "billing_date", "number", "invoice_no", "row", "date", "currency", "here", "currency_there",
    "there", "difference", "agrees", "kinds", "explanation",
)  # fmt: skip
_MONEY = frozenset({"price", "true_up", "adjustment", "amount"})
_SAID = {
    "currency": "currency", "plan": "plan", "billing_cycle": "billing cycle", "quantity": "quantity",
    "price": "price of one", "true_up": "true-ups", "adjustment": "adjustments", "amount": "amount",
    "billing_date": "billing date", "discount": "discount",
}  # fmt: skip
_SENTENCES = {
    "missing_here": "missing here: none of ours is left for it",
    "missing_there": "missing there: it is not in the file",
    "unknown_license": "nobody knows which licence {there} is",
    "status": "status: {here} here, {there} there{moved}",
    "rounding": "rounded to whole units there{moved}",
    "billing_date_zone": "billing date: a day off, as another time zone makes it",
}
_NOTHING = "–"


def json_line(one: "Compared") -> str:
    """Return what was compared as one JSON object."""
    row = {name: value for name, value in vars(one).items() if name != "differences"}
    listed = [
        {"kind": each.kind.value, "here": each.here, "there": each.there, "amount": each.amount}
        for each in one.differences
    ]
    whole = {**row, "difference": one.difference, "agrees": one.agrees, "differences": listed}
    return json.dumps(whole, ensure_ascii=False)


def csv_row(one: "Compared") -> dict[str, Any]:
    """Return what was compared as one row, its differences in words."""
    return {
        **vars(one),
        "difference": one.difference,
        "agrees": one.agrees,
        "kinds": " ".join(each.kind.value for each in one.differences),
        "explanation": "; ".join(explained(one, each) for each in one.differences),
    }


def explained(one: "Compared", each: "Difference") -> str:
    """Say a difference in words, with what it does to the amount there."""
    kind = each.kind.value
    moved = "" if each.amount is None else f" ({_signed(each.amount, one.currency)})"
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(here=each.here, there=each.there, moved=moved)
    here, there = (_value(kind, value, one.currency) for value in (each.here, each.there))
    return f"{_SAID[kind]}: {here} here, {there} there{moved}"


def _value(kind: str, value: str | None, currency: str | None) -> str:
    if kind in _MONEY and value is not None:
        return _money(int(value), currency)
    if kind == "discount" and value is not None:
        return words.percent(value) if value != "0" else "none"
    return value or _NOTHING


def _money(amount_minor: int | None, currency: str | None) -> str:
    if amount_minor is None or currency is None:
        return _NOTHING
    return words.money(amount_minor, currency)


def _signed(amount_minor: int, currency: str | None) -> str:
    return f"{'+' if amount_minor > 0 else ''}{_money(amount_minor, currency)}"


def show_reconciliation(found: "Reconciliation", limit: int, *, everything: bool) -> None:
    """Print what differs (or all), at most `limit` invoices (0: no limit), and what it comes to."""
    console = out_console()
    shown = [one for one in found.compared if everything or not one.agrees]
    if shown:
        table = new_table()
        table.add_column("licence", style="bold", overflow="fold")
        table.add_column("billing date\nhere, there", no_wrap=True)
        table.add_column("number\nhere, there", overflow="fold")
        table.add_column("here", justify="right", no_wrap=True)
        table.add_column("there", justify="right", no_wrap=True)
        table.add_column("difference", overflow="fold")
        for one in shown[: limit or None]:
            table.add_row(*_cells(one))
        console.print(table)
        if limit and len(shown) > limit:
            left_out = words.count(len(shown) - limit, "invoice")
            console.print(Text(f"… and {left_out} more: --limit 0 shows all.", "dim"))
        console.print()
    for line in _summary(found):
        console.print(line, soft_wrap=False)


def _cells(one: "Compared") -> tuple[str | Text, ...]:
    sentences = [explained(one, each) for each in one.differences] or ["agrees"]
    said = Text("\n".join(sentences), "" if one.agrees else "yellow")
    dates = f"{one.billing_date or _NOTHING}\n{one.date or _NOTHING}"
    numbers = (
        f"{one.number or ('not issued' if one.billing_date else _NOTHING)}\n{one.invoice_no or _NOTHING}"
    )
    money = (_money(one.here, one.currency), _money(one.there, one.currency_there))
    return (one.license_id or _NOTHING, dates, numbers, *money, said)


def _summary(found: "Reconciliation") -> list[Text]:
    agreeing = [one for one in found.compared if one.agrees]
    differing = [one for one in found.compared if not one.agrees]
    rounded = sum(1 for one in agreeing if one.differences)
    agree = words.count(len(agreeing), "agrees", "agree")
    said = f"{words.count(len(found.compared), 'invoice')} compared: {agree}"
    if rounded:
        said += f" ({words.number(rounded)} rounded to whole units there)"
    lines = [
        Text(f"{said}, {words.count(len(differing), 'differs', 'differ')}.", "bold" if differing else "green")
    ]
    kinds = Counter(
        each.kind.value for one in differing for each in one.differences if each.kind.value != "rounding"
    )
    if kinds:
        listed = ", ".join(f"{kind.replace('_', ' ')} {words.number(kinds[kind])}" for kind in sorted(kinds))
        lines.append(Text(f"By kind: {listed}."))
    if "unknown_license" in kinds:
        lines.append(Text("Name unknown organisations under [organisations] in the configuration."))
    totals: Counter[str] = Counter()
    for one in found.compared:
        if one.currency is not None and one.difference is not None:
            totals[one.currency] += one.difference
    if differing and totals:
        listed = ", ".join(
            f"{code} {_signed(total, code)}" for code, total in sorted(totals.items()) if total
        )
        lines.append(Text(f"What is asked for there less what is here: {listed or 'nothing'}."))
    return lines

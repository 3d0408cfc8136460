"""How a preview looks on the terminal: what is supposed, each invoice in two columns, the cutover ahead."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli.money_tables import amount
from desk.cli.paired_lines import Row, more, paired_table
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.preview.answer import CutoverAhead, Preview, PreviewedChange, PreviewedInvoice

_ONE_SIDE = ("as things stand",)
_SIDES = ("as it stands", "what if")
_MOST_IN_FULL = 3
_NO_PRICE = "No price is known for a period: its invoice is left out, and so are sums without it."
_NO_FORESIGHT = "Pay-per-seat: who sits now is taken to stay; seats that somebody will take are not foreseen."


def show_preview(console: Console, found: "Preview") -> None:
    """Print a preview."""
    console.print(
        Text.assemble(
            ("Preview of ", "bold"),
            (found.license_id, "bold cyan"),
            f", as known at {words.instant(found.at)} UTC. Nothing is recorded.",
        ),
        soft_wrap=False,
    )
    if found.changes:
        console.print(_changes(found))
    if not found.invoices:
        console.print("\nNo invoice is to be expected by then.")
    if len(found.invoices) > _MOST_IN_FULL:
        console.print()
        console.print(_overview(found))
    else:
        for invoice in found.invoices:
            _show_invoice(console, invoice, found.currency, differs=bool(found.changes))
    if len(found.invoices) > 1:
        _show_sum(console, found)
    if found.faults:
        console.print(Text(f"\n{_NO_PRICE}", "yellow"), soft_wrap=False)
    for cutover in found.cutovers:
        same = [one for one in found.cutovers if one.invoice == cutover.invoice]
        if cutover is same[0]:
            differs = bool(found.changes) and len(same) == 1
            _show_cutover(console, cutover, found.currency, differs=differs)
    if any(_counts_seats(invoice) for invoice in (*found.invoices, *(one.invoice for one in found.cutovers))):
        console.print(Text(f"\n{_NO_FORESIGHT}", "dim"), soft_wrap=False)


def change_in_words(found: "PreviewedChange") -> str:
    """Say what is supposed."""
    return _SENTENCES[found.change.kind](str(found.change.value))


_SENTENCES: Mapping[str, Callable[[str], str]] = {
    "suspend": "{} suspended".format,
    "delete": "{} deleted".format,
    "activate": "{} activated".format,
    "add_agents": lambda value: words.count(int(value), "more agent"),
    "add_chatbots": lambda value: words.count(int(value), "more ChatBot"),
    "remove_chatbots": lambda value: words.count(int(value), "ChatBot fewer", "ChatBots fewer"),
    "pricing_model": lambda value: f"switched to {words.MODELS[value]}",
    "plan": "plan {}".format,
    "cycle": "{} billing".format,
}


def _counts_seats(invoice: "PreviewedInvoice") -> bool:
    sides = (invoice.before, invoice.after)
    return any(row is not None and row["pricing_model"] == "pps" for row in sides)


def _changes(found: "Preview") -> Table:
    """Return what is supposed, and what it is worth over the invoices shown."""
    table = new_table()
    table.add_column("\nwhat if", overflow="fold")
    table.add_column("\nfrom (UTC)", no_wrap=True)
    table.add_column("\nalone", justify="right", no_wrap=True)
    for change in found.changes:
        said = Text(change_in_words(change))
        if change.refusal is not None:
            said.append("\nnot possible without the others", "dim")
        table.add_row(said, words.instant(change.effective_at), more(change.alone_minor, found.currency))
    if len(found.changes) > 1:
        together = more(found.difference_minor, found.currency)
        table.add_row(Text("together", "bold"), "", Text.assemble(together, style="bold"))
    return table


def _overview(found: "Preview") -> Table:
    """Return a row an invoice."""
    sides = _SIDES if found.changes else _ONE_SIDE
    table = new_table()
    table.add_column("billing date", no_wrap=True)
    table.add_column("for", overflow="fold")
    for name in (*sides, *(["difference"] if found.changes else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for invoice in found.invoices:
        totals = [
            amount(None if row is None else row["total"], found.currency)
            for row in (invoice.before, invoice.after)
        ]
        change = [more(invoice.difference_minor, found.currency)] if found.changes else []
        said = _about(invoice.before, invoice.after)
        day = words.day(date.fromisoformat(invoice.billing_date))
        table.add_row(day, Text(said, "dim"), *totals[: len(sides)], *change)
    return table


def _show_invoice(console: Console, invoice: "PreviewedInvoice", currency: str, *, differs: bool) -> None:
    console.print()
    console.print(
        Text.assemble(
            (words.day(date.fromisoformat(invoice.billing_date)), "bold"),
            (f"  {_about(invoice.before, invoice.after)}", "dim"),
        ),
        soft_wrap=False,
    )
    console.print(_table(invoice, currency, _SIDES if differs else _ONE_SIDE))


def _about(before: Row | None, after: Row | None) -> str:
    """Say what the invoice is for; where the two cases differ in a part of it, both."""
    first, second = (_terms(row) for row in (before, after))
    if len(first) != len(second):
        return f"{', '.join(first)} → {', '.join(second)}"
    pairs = zip(first, second, strict=True)
    return ", ".join(one if one == other else f"{one} → {other}" for one, other in pairs)


def _terms(row: Row | None) -> list[str]:
    if row is None:
        return ["no invoice"]
    terms = [str(row["plan"]), str(row["billing_cycle"])]
    if row["period_start"] is None:
        return [*terms, "no period begins on this date"]
    first, end = (date.fromisoformat(str(row[name])) for name in ("period_start", "period_end"))
    return [words.MODELS[str(row["pricing_model"])], *terms, words.days(first, end)]


def _table(invoice: "PreviewedInvoice", currency: str, sides: tuple[str, ...]) -> Table:
    return paired_table(invoice.lines, (invoice.before, invoice.after), currency, sides)


def _show_sum(console: Console, found: "Preview") -> None:
    many = words.count(len(found.invoices), "invoice")
    before, after = (words.money(value, found.currency) for value in (found.before_minor, found.after_minor))
    console.print()
    if not found.changes:
        console.print(Text(f"{many} together: {before}.", "bold"))
        return
    difference = more(found.difference_minor, found.currency)
    said = f"{many} together: {after} instead of {before}, "
    console.print(Text.assemble(said, difference, ".", style="bold"))


def _show_cutover(console: Console, cutover: "CutoverAhead", currency: str, *, differs: bool) -> None:
    models = [words.MODELS[name] for name in (cutover.pricing_model_before, cutover.pricing_model_after)]
    which = "" if not differs else ", with what is supposed" if cutover.with_changes else ", as things stand"
    day = words.day(date.fromisoformat(cutover.invoice.billing_date))
    console.print()
    console.print(
        Text.assemble(
            ("Cutover ", "bold"),
            (cutover.cutover_id, "bold cyan"),
            f": {models[0]} becomes {models[1]} with the charge of {day}{which}.",
        ),
        soft_wrap=False,
    )
    console.print(_table(cutover.invoice, currency, (models[0], models[1])))

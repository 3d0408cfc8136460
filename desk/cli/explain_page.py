"""How an explanation looks on the terminal: answer, lines and what they rest on, bridge, reply."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk import words

if TYPE_CHECKING:
    from desk.explaining.told import Item, Told, ToldLine
    from replay.explain.explanation import Evidence

MAX_WIDTH = 112


def show_explanation(console: Console, told: "Told") -> None:
    """Print an explanation."""
    console.print(Text(told.title, "bold cyan"), soft_wrap=False)
    console.print(Text(told.answer, "bold"), soft_wrap=False)
    _heading(console, "What it is made of")
    for line in told.lines:
        _show_line(console, line)
    console.print(Text.assemble("  Total ", (told.total, "bold")))
    if told.before:
        _show_bridge(console, told)
    _heading(console, "Good to know")
    for remark in told.remarks:
        _say(console, Text(remark), 2)
    _heading(console, "For the customer")
    _say(console, Text(told.reply), 2)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, "bold"))


def _say(console: Console, what: RenderableType, indent: int) -> None:
    console.print(Padding(what, (0, 0, 0, indent)), soft_wrap=False)


def _show_line(console: Console, line: "ToldLine") -> None:
    _say(console, Text.assemble((line.formula, "bold"), (f"   {line.rule}", "dim")), 2)
    _say(console, _items(line.about, "dim"), 4)
    for group in line.groups:
        _say(console, Text(group.title), 4)
        if group.items:
            _say(console, _items(group.items, ""), 6)
        if group.rest:
            _say(console, Text(group.rest, "dim"), 6)
    console.print()


def _items(items: "Iterable[Item]", style: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=style, overflow="fold", max_width=40)
    grid.add_column(overflow="fold")
    for item in items:
        grid.add_row(Text(item.what), Text.assemble(item.why, _cited(item.events)))
    return grid


def _show_bridge(console: Console, told: "Told") -> None:
    _heading(console, "What changed")
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(told.before, "dim"), Text("the invoice before", "dim"), told.before_total)
    for step in told.steps:
        table.add_row(step.factor, Text.assemble(step.says, _numbers(step.events)), step.amount)
    table.add_row("", "this one", Text(told.total, "bold"))
    _say(console, table, 2)
    same = "; ".join(told.unchanged)
    if same:
        _say(console, Text(f"Unchanged: {same}.", "dim"), 2)


def _cited(events: "Sequence[Evidence]") -> Text:
    """Name the events: place in the log, who did it, and when it was recorded if that was later."""
    return Text("").join(Text(f"  {_event(event)}", "dim") for event in events)


def _event(cited: "Evidence") -> str:
    event = cited.event
    recorded = ""
    if event.recorded_at > event.effective_at:
        recorded = f", recorded {words.instant(event.recorded_at)}"
    return f"#{cited.position} by {event.actor}{recorded}"


def _numbers(events: "Sequence[Evidence]") -> Text:
    said = " ".join(f"#{cited.position}" for cited in events)
    return Text(f"  {said}" if said else "", "dim")

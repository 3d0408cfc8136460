"""How an explanation looks on the terminal: answer, lines and what they rest on, bridge, reply."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk import words

if TYPE_CHECKING:
    from desk.explaining.told import Item, Told, ToldLine
    from replay.explain.explanation import Evidence

MAX_WIDTH = 112
_GAP = 2
# beside a name that is no longer there is always room
_SHORT = 16


def show_explanation(console: Console, told: "Told") -> None:
    """Print an explanation."""
    console.print(Text(told.title, "bold cyan"), soft_wrap=False)
    _say(console, Text(told.answer, "bold"), 0)
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
    """Print something; sentences get no wider than can be read, tables may."""
    width = min(console.width, MAX_WIDTH) if isinstance(what, Text) else console.width
    console.print(Padding(what, (0, 0, 0, indent)), soft_wrap=False, width=width)


def _show_line(console: Console, line: "ToldLine") -> None:
    _say(console, Text(line.formula, "bold"), 2)
    _terms(console, line.about, 4)
    for group in line.groups:
        _say(console, Text(group.title), 4)
        if group.items:
            _people(console, group.items, 6)
        if group.rest:
            _say(console, Text(group.rest, "dim"), 6)
    console.print()


def _terms(console: Console, items: "Iterable[Item]", indent: int) -> None:
    """Print what a line rests on, the events behind it on the same line, or below where they do not fit."""
    rows = [(item.what, item.why, "\n".join(map(_event, item.events))) for item in items]
    label = max(cell_len(what) for what, _, _ in rows)
    grid = _grid("dim", label)
    for what, why, events in rows:
        fits = indent + label + _GAP + cell_len(why) + _GAP + _longest(events) <= console.width
        between = " " * _GAP if fits and "\n" not in events else "\n"
        grid.add_row(Text(what), Text.assemble(why, (f"{between}{events}" if events else "", "dim")))
    _say(console, grid, indent)


def _people(console: Console, items: "Iterable[Item]", indent: int) -> None:
    """Print who counted in three columns, or, where these do not fit, with the events below."""
    rows = [(item.what, item.why, "\n".join(map(_event, item.events))) for item in items]
    room = console.width - indent
    widths = [max(_longest(row[place]) for row in rows) for place in range(3)]
    if sum(widths) + 2 * _GAP <= room:
        grid = _grid("", *widths)
        for row in rows:
            grid.add_row(*map(Text, row))
        _say(console, grid, indent)
    elif widths[0] + _GAP + max(widths[1:]) <= room or widths[0] <= _SHORT:
        grid = _grid("", widths[0])
        for what, why, events in rows:
            grid.add_row(Text(what), Text.assemble(why, (f"\n{events}" if events else "", "dim")))
        _say(console, grid, indent)
    else:
        for what, why, events in rows:
            _say(console, Text(what), indent)
            _say(console, Text.assemble(why, (f"\n{events}" if events else "", "dim")), indent + _GAP)


def _grid(style: str, first: int, *others: int) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(style=style, no_wrap=True, min_width=first)
    grid.add_column(overflow="fold", min_width=others[0] if others else None)
    if others:
        grid.add_column(style="dim", no_wrap=True)
    return grid


def _longest(text: str) -> int:
    return max(cell_len(line) for line in text.split("\n"))


def _show_bridge(console: Console, told: "Told") -> None:
    _heading(console, "What changed")
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(told.before, "dim"), Text("the invoice before", "dim"), told.before_total)
    for step in told.steps:
        table.add_row(step.factor, Text.assemble(step.says, _numbers(step.events)), step.amount)
    table.add_row(told.day, f"this one, {told.difference}", Text(told.total, "bold"))
    _say(console, table, 2)
    same = "; ".join(told.unchanged)
    if same:
        _say(console, Text(f"Unchanged: {same}.", "dim"), 2)


def _event(cited: "Evidence") -> str:
    """Name an event: place in the log, who did it, and when it was recorded if that was later."""
    event = cited.event
    recorded = ""
    if event.recorded_at > event.effective_at:
        recorded = f", recorded {words.instant(event.recorded_at)}"
    return f"#{cited.position} by {event.actor}{recorded}"


def _numbers(events: "Sequence[Evidence]") -> Text:
    said = " ".join(f"#{cited.position}" for cited in events)
    return Text(f"  {said}" if said else "", "dim")

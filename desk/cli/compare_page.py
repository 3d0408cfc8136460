"""How a comparison looks on the terminal: counts, then licence by licence what differs and what did it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli.paired_lines import pair_in_words, paired_table
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.compare.comparing import Comparison, LicenseDifference, Moment
    from replay.compare.events import EventBetween
    from replay.compare.issued import IssuedComparison
    from replay.compare.rows import FieldChange, RowDifference

_MOST_ROWS = 12
_MOST_EVENTS = 10
_INDENT = 2
_SEATS = ("SeatTaken", "SeatReleased")


def show_comparison(console: Console, found: "Comparison", *, everything: bool) -> None:
    """Print a comparison; without `everything` only the first rows and events of each licence."""
    console.print(Text.assemble(("Compare ", "bold"), _looks(found.before, found.after)), soft_wrap=False)
    console.print(_counts(found))
    for one in found.licenses:
        _show_license(console, one, everything=everything)
    left = found.differing - len(found.licenses)
    if left:
        many = words.count(left, "more licence differs", "more licences differ")
        console.print(Text(f"\n{many}: --all shows them, --license one of them.", "dim"))
    elif not found.differing:
        console.print("\nNothing differs.")


def _looks(before: "Moment", after: "Moment") -> str:
    if before.as_of == after.as_of:
        known = [words.instant(one.known_at) for one in (before, after)]
        return f"{words.instant(before.as_of)} UTC, as known at {known[0]} and at {known[1]} UTC."
    return " with ".join(
        f"{words.instant(one.as_of)} UTC"
        + ("" if one.known_at == one.as_of else f" (as known at {words.instant(one.known_at)} UTC)")
        for one in (before, after)
    )


def _counts(found: "Comparison") -> Table:
    table = new_table()
    for name in ("", "rows before", "after", "changed", "added", "gone"):
        table.add_column(f"\n{name}", justify="right" if name else "left", no_wrap=True)
    for name, counts in found.counts.items():
        table.add_row(name, *(_number(value) for value in counts.as_dict().values()))
    return table


def _number(value: int) -> Text:
    return Text(words.number(value), "" if value else "dim")


def _show_license(console: Console, one: "LicenseDifference", *, everything: bool) -> None:
    console.print()
    console.print(Text(one.license_id, "bold cyan"))
    rows = one.rows if everything else one.rows[:_MOST_ROWS]
    currency = next((_currency(row) for row in rows if row.question == "invoices"), "")
    grid = Table.grid(padding=(0, _INDENT, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    said = ""
    for row in rows:
        grid.add_row(row.question if row.question != said else "", _row(row, currency))
        said = row.question
    console.print(Padding(grid, (0, 0, 0, _INDENT)))
    if len(rows) < len(one.rows):
        console.print(Text(f"  … {words.count(len(one.rows) - len(rows), 'more row')}", "dim"))
    show_events(console, one.events, None if everything else _MOST_EVENTS)


def _currency(row: "RowDifference") -> str:
    return str((row.before or row.after or {})["currency"])


def _row(row: "RowDifference", currency: str) -> Text:
    what = _NAMES[row.question](row)
    how = {"added": ("added", "green"), "gone": ("gone", "red"), "changed": ("", "")}[row.change]
    text = Text.assemble(what, "  " if what and how[0] else "", how)
    if row.question == "invoices":
        _add_totals(text, row, currency)
    elif row.change == "changed":
        fields = ", ".join(map(_change, row.fields))
        text.append(f"{'  ' if what else ''}{fields}")
    else:
        text.append(f", {_told(row)}")
    return text


def _told(row: "RowDifference") -> str:
    """Say what a row that only one of the two has says."""
    told = row.after or row.before or {}
    if row.question == "notices":
        return str(told["state"])
    return ", ".join(f"{_field(name)} {value}" for name, value in told.items() if name != "license_id")


def _add_totals(text: Text, row: "RowDifference", currency: str) -> None:
    totals = [
        None if side is None else words.money(side["total"], currency) for side in (row.before, row.after)
    ]
    if row.change == "changed":
        others = [one for one in row.fields if one.name != "total"]
        text.append(f"  {totals[0]}" + (f" → {totals[1]}" if totals[0] != totals[1] else ""))
        for one in others:
            text.append(f"\n  {_change(one)}")
        for pair in row.lines:
            text.append(f"\n  {pair_in_words(pair, currency)}")
    else:
        text.append(f", {totals[0] or totals[1]}")


def _change(one: "FieldChange") -> str:
    return f"{_field(one.name)} {_said(one.before)} → {_said(one.after)}"


def _field(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else words.MODELS.get(str(value), str(value))


def _day(text: str) -> str:
    return words.day(date.fromisoformat(text))


_NAMES: Mapping[str, Callable[["RowDifference"], str]] = {
    "seats": lambda row: "",
    "invoices": lambda row: _day(row.key[1]),
    "notices": lambda row: f"{row.key[2]}, {row.key[3].replace('_', '-')}, charge of {_day(row.key[1])}",
}


def show_events(console: Console, events: Sequence["EventBetween"], most: int | None) -> None:
    """Print events with position, both times, who and what; at most so many."""
    if not events:
        console.print(Text("  No event in between: time went by.", "dim"))
        return
    table = new_table()
    table.add_column("position", justify="right", no_wrap=True)
    table.add_column("effective, recorded (UTC)", no_wrap=True)
    table.add_column("what, by whom", overflow="fold")
    for event in _chosen(events, most):
        is_late = event.recorded_at > event.effective_at
        recorded = (f"\nrecorded {words.instant(event.recorded_at)}", "yellow" if is_late else "dim")
        table.add_row(
            str(event.position),
            Text.assemble(words.instant(event.effective_at), recorded),
            Text.assemble(event.what, (f"\nby {event.who}", "dim")),
        )
    console.print(Padding(table, (0, 0, 0, _INDENT)))
    if most is not None and len(events) > most:
        console.print(Text(f"  … {words.count(len(events) - most, 'more event')}", "dim"))


def _chosen(events: Sequence["EventBetween"], most: int | None) -> list["EventBetween"]:
    """Return at most so many events in their order, and of seats, which are many, only if there is room."""
    by_worth = sorted(events, key=lambda event: event.type in _SEATS)
    return sorted(by_worth[:most], key=lambda event: event.position)


def show_issued(console: Console, found: "IssuedComparison") -> None:
    """Print an issued invoice beside what it would be now, with the late facts and the corrections."""
    event, currency = found.issued.event, found.currency
    console.print(
        Text.assemble(
            ("Invoice ", "bold"),
            (event.number, "bold cyan"),
            f" of {event.license_id} for {words.day(event.billing_date)}",
        )
    )
    console.print(
        Text(
            f"  Issued {words.instant(event.recorded_at)} UTC; it knew the log up to position "
            f"{found.known_through}. Compared with what is known at {found.known_at:%Y-%m-%d %H:%M:%S} UTC."
        ),
        soft_wrap=False,
    )
    console.print()
    console.print(
        paired_table(
            found.row.all_lines,
            (found.row.before, found.row.after),
            currency,
            ("as issued", "as known now"),
        )
    )
    console.print()
    console.print(Text(_verdict(found)), soft_wrap=False)
    for one in found.corrections:
        where = f"invoice {one.number}" if one.number else "not issued yet"
        sum_ = words.money(one.amount_minor, currency)
        console.print(f"  {_day(one.billing_date)}, {where}: {sum_}", soft_wrap=True)
    if found.late:
        console.print(Text("\nRecorded after it, and true before its date:", "bold"))
        show_events(console, found.late, None)


def _verdict(found: "IssuedComparison") -> str:
    own, currency = found.own_difference_minor, found.currency
    if own == 0 and not found.corrections:
        return "What came to be known since changes nothing on its own lines."
    way = "more" if own >= 0 else "less"
    left = own - found.corrected_minor
    rest = (
        f"{words.money(left, currency)} of it is still to be corrected" if left else "all of it is corrected"
    )
    return f"Its own lines would come to {words.money(abs(own), currency)} {way}; {rest}."

"""How a replayed cutover looks on the terminal: its story, each licence, what an auditor asks, the sum."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli.answers import Row
from desk.cli.notices import CHANNELS, in_words
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.cutover import CutoverReplay

MAX_WIDTH = 112
_LEGEND = (
    "Compared: switched licences with an invoice before and one after. Difference: of those two invoices.",
    "Saves: how much more the first periods would cost without the cutover; less than 0, they cost more.",
)


def show_replay(console: Console, replay: "CutoverReplay", limit: int) -> None:
    """Print a replay, with at most `limit` licences and as many of each exception; 0 is no limit."""
    rows = replay.rows
    _show_story(console, replay)
    shown = rows[:limit] if limit else rows
    if rows:
        console.print(_licenses(shown), soft_wrap=False)
        _show_rest(console, len(rows) - len(shown), "licence")
    _show_exceptions(console, rows, list(replay.exceptions), limit)
    _show_totals(console, replay.totals.to_dicts())
    console.print(Text.assemble(("Digest ", "bold"), replay.digest))


def _show_story(console: Console, replay: "CutoverReplay") -> None:
    heading = replay.heading()
    outcomes = ", ".join(
        f"{words.number(many)} {words.OUTCOMES[name]}" for name, many in replay.outcomes.items()
    )
    in_scope = words.count(sum(replay.outcomes.values()), "licence")
    asked = f"as of {words.instant(heading['as_of'])} UTC"
    if heading["known_at"] != heading["as_of"]:
        asked += f", as known at {words.instant(heading['known_at'])} UTC"
    console.print(Text.assemble(("Cutover ", "bold"), (heading["cutover_id"], "bold cyan")))
    for line in (
        words.cutover_in_words(heading),
        f"Announced on {words.instant(heading['announced_at'])} UTC. Replayed {asked}.",
        f"{in_scope} in scope: {outcomes}." if outcomes else "No licence is in scope.",
    ):
        console.print(Padding(Text(line), (0, 0, 0, 2)), soft_wrap=False)
    console.print()


def _licenses(rows: Sequence[Row]) -> Table:
    table = new_table()
    table.add_column("licence", overflow="fold")
    table.add_column("last before", justify="right", no_wrap=True)
    table.add_column("first after", justify="right", no_wrap=True)
    table.add_column("difference", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            _story(row),
            _invoice(row["before"], row["currency"]),
            _invoice(row["after"], row["currency"]),
            _difference(row["difference"], row["currency"]),
        )
    return table


def _story(row: Row) -> Group:
    name = Text(row["license_id"], "bold")
    if row["exceptions"]:
        name.append(" !", "bold yellow")
    return Group(name, Padding(Text("\n").join(_story_lines(row)), (0, 0, 0, 2)))


def _story_lines(row: Row) -> Iterator[Text]:
    yield _models(row)
    for (charge_date, due_at), notices in groupby(row["notices"], lambda n: (n["charge_date"], n["due_at"])):
        moved = "" if charge_date == row["charge_date"] else f" for {_day(charge_date)}"
        yield Text.assemble(f"notices{moved} due {_day(due_at[:10])}: ", _states(list(notices)))
    if row["saves"] is not None:
        yield _saves(row["saves"], row["currency"])


def _models(row: Row) -> Text:
    before, after, on = row["pricing_model_before"], row["pricing_model_after"], _day(row["charge_date"])
    if after is None:
        return Text(f"not switched: cancelled before {on}")
    if row["outcome"] == "created":
        return Text.assemble((after, "bold"), f" from its first period, {on}")
    if row["outcome"] == "not_switched":
        return Text(f"not switched: {after} on {on}" + (", as before" if before == after else ""))
    return Text.assemble(f"{before} → ", (after, "bold"), f" on {on}")


def _states(notices: list[Row]) -> Text:
    """Say where the notices stand, those that stand alike together: in-app, e-mail sent; banner ended."""
    notices.sort(key=lambda notice: CHANNELS.index(notice["channel"]))
    alike = groupby(notices, lambda notice: (notice["state"], notice["late"]))
    return Text("; ").join(in_words(*group) for _, group in alike)


def _saves(saves: Row, currency: str) -> Text:
    total, of_bots = saves["total"], saves["chatbot_seats"]
    if total > 0:
        said = Text(f"saves {words.money(total, currency)}", "green")
    elif total < 0:
        said = Text(f"costs {words.money(-total, currency)} more", "red")
    else:
        said = Text("costs the same")
    if of_bots:
        change = "less" if of_bots > 0 else "more"
        said.append(f" ({words.money(abs(of_bots), currency)} {change} for ChatBots)", "default")
    return said


def _invoice(invoice: Row | None, currency: str) -> Text:
    if invoice is None:
        return Text("–", "dim")
    number = f"\n{invoice['number']}" if invoice["number"] else ""
    return Text.assemble(
        words.money(invoice["total"], currency), (f"\n{_day(invoice['billing_date'])}{number}", "dim")
    )


def _difference(difference: Row | None, currency: str) -> Text:
    if difference is None:
        return Text("–", "dim")
    lines = [Text(_signed(difference["total"], currency), "bold")]
    parts = {name: difference[name] for name in words.DIFFERENCE_PARTS if difference[name]}
    lines += [
        Text(f"{words.DIFFERENCE_PARTS[name]} {_signed(amount, currency):>10}", "dim")
        for name, amount in parts.items()
    ]
    return Text("\n").join(lines)


def _signed(amount_minor: int, currency: str) -> str:
    said = words.money(amount_minor, currency)
    return f"+{said}" if amount_minor > 0 else said


def _show_exceptions(console: Console, rows: Sequence[Row], codes: Sequence[str], limit: int) -> None:
    found: dict[str, dict[str, list[str]]] = {code: {} for code in codes}
    for row in rows:
        for exception in row["exceptions"]:
            found[exception["code"]].setdefault(row["license_id"], []).append(exception["words"])
    console.print()
    if not found:
        console.print(Text("Nothing for an auditor to look into.", "green"))
        return
    console.print(Text.assemble(("For the auditor", "bold"), " (licences marked !)"))
    for code, cases in found.items():
        console.print(Text.assemble("  ", (code, "yellow"), f": {words.count(len(cases), 'licence')}"))
        table = Table.grid(padding=(0, 2))
        table.add_column(overflow="fold", max_width=30)
        table.add_column(overflow="fold")
        for license_id, said in list(cases.items())[: limit or None]:
            table.add_row(Text(license_id), Text("\n".join(said)))
        console.print(Padding(table, (0, 0, 0, 4)), soft_wrap=False)
        _show_rest(console, len(cases) - (limit or len(cases)), "licence")


def _show_rest(console: Console, left_out: int, what: str) -> None:
    if left_out > 0:
        console.print(Text(f"  … and {words.count(left_out, what)} more: --limit 0 shows all.", "dim"))


def _show_totals(console: Console, totals: Sequence[Row]) -> None:
    shown = [row for row in totals if row["compared"] or row["saves"]["total"]]
    if not shown:
        return
    console.print()
    console.print(Text("Totals", "bold"))
    table = new_table()
    table.add_column("")
    for name in ("compared", "before", "after", "difference", "of ChatBots", "saves"):
        table.add_column(name, justify="right")
    for row in shown:
        currency, difference = row["currency"], row["difference"]
        if not row["compared"]:
            table.add_row(
                currency, "0 licences", "–", "–", "–", "–", words.money(row["saves"]["total"], currency)
            )
            continue
        table.add_row(
            currency,
            words.count(row["compared"], "licence"),
            words.money(row["before"], currency),
            words.money(row["after"], currency),
            Text(_signed(difference["total"], currency), "bold"),
            _signed(difference["chatbot_seats"], currency),
            words.money(row["saves"]["total"], currency),
        )
    console.print(Padding(table, (0, 0, 0, 2)), soft_wrap=False)
    for line in _LEGEND:
        console.print(Padding(Text(line, "dim"), (0, 0, 0, 2)), soft_wrap=False)
    console.print()


def _day(value: Any) -> str:
    return words.day(date.fromisoformat(value))

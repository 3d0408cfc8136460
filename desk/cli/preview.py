"""The command that previews a licence's next invoices, with changes that nobody records."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import lazy
from desk.cli.answers import Row, show_faults, write_csv, write_json_lines
from desk.cli.dated import Dated, dated, read_dated
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import as_lines
from desk.cli.options import ASK, AsOf, Format, FormatOption, LicenseArg, day_option
from desk.cli.preview_page import show_preview
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.values import whole_number
from ledger.rules.words import SYSTEM_ACTOR, BillingCycle, PricingModel

if TYPE_CHECKING:
    from replay.preview.answer import Preview
    from replay.preview.changes import Change

app = typer.Typer()

_COLUMNS = ("license_id", "billing_date", "kind", "day", "currency", "now", "what_if", "difference")
_MOST_ACCOUNTS = 1000


def _supposed(metavar: str, help_text: str, read: Callable[[str | Dated], Dated] = read_dated) -> Any:
    return typer.Option(metavar=f"{metavar}[@TIME]", parser=read, show_default=False, help=help_text)


def _one_of(words: type[PricingModel] | type[BillingCycle]) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return words(text)
        except ValueError as error:
            known = ", ".join(word.value for word in words)
            raise typer.BadParameter(f"{text!r} is not one of {known}.") from error

    return read


_By = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who would make the changes: an agent's id, or system.")
]
_number = dated(whole_number(1, _MOST_ACCOUNTS))
_Suspend = Annotated[list[Dated] | None, _supposed("AGENT", "An agent suspended.")]
_Delete = Annotated[list[Dated] | None, _supposed("AGENT", "An agent deleted.")]
_Activate = Annotated[list[Dated] | None, _supposed("AGENT", "A suspended agent activated.")]
_AddAgents = Annotated[list[Dated] | None, _supposed("N", "So many more active agents.", _number)]
_AddBots = Annotated[list[Dated] | None, _supposed("N", "So many more ChatBots.", _number)]
_RemoveBots = Annotated[
    list[Dated] | None, _supposed("N", "So many ChatBots fewer, the last added first.", _number)
]
_Model = Annotated[
    list[Dated] | None,
    _supposed("pps|ppa|ppu", "Switched to another pricing model.", dated(_one_of(PricingModel))),
]
_Plan = Annotated[list[Dated] | None, _supposed("PLAN", "Another plan, from the next period on.")]
_Cycle = Annotated[
    list[Dated] | None,
    _supposed("monthly|annual", "Another cycle, from the next period on.", dated(_one_of(BillingCycle))),
]


@app.command(
    "preview",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples(
        "preview northwind",
        "preview northwind --suspend tom@northwind.example --add-agents 2@2024-08-01",
    ),
)
def preview(
    ctx: typer.Context,
    *,
    license_id: LicenseArg,
    suspend: _Suspend = None,
    delete: _Delete = None,
    activate: _Activate = None,
    add_agents: _AddAgents = None,
    add_chatbots: _AddBots = None,
    remove_chatbots: _RemoveBots = None,
    pricing_model: _Model = None,
    plan: _Plan = None,
    cycle: _Cycle = None,
    until: Annotated[date | None, day_option("All invoices ahead up to this day.", "the next charge")] = None,
    billing_date: Annotated[date | None, day_option("The invoice of this day alone.")] = None,
    as_of: AsOf = None,
    by: _By = SYSTEM_ACTOR,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show the next invoice as it stands, and as it would be if something changed. Nothing is recorded.

    A change may be given several times. Behind an @ it carries its time: a day, from its first instant where
    the licence is, or an instant; without one it is made at the moment asked about. What could not be
    recorded is refused. If a cutover will switch the licence, its first charge is shown under both models.
    """
    if until is not None and billing_date is not None:
        raise typer.BadParameter("give --until or --billing-date, not both.", param_hint="'--until'")
    changes = _changes(
        add_agents=add_agents,
        activate=activate,
        suspend=suspend,
        delete=delete,
        add_chatbots=add_chatbots,
        remove_chatbots=remove_chatbots,
        pricing_model=pricing_model,
        plan=plan,
        cycle=cycle,
    )
    with open_to_ask(ctx) as ledger:
        found = lazy.preview(
            ledger, license_id, changes, as_of, until=until, billing_date=billing_date, actor=by
        )
    match form:
        case Format.TABLE:
            show_preview(out_console(), found)
        case Format.JSON:
            write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
        case Format.JSONL:
            write_json_lines(as_lines(found.as_dict()["invoices"]), form)
        case Format.CSV:
            write_csv(_flat(found), _COLUMNS)
    show_faults(found.faults)


def _changes(**given: list[Dated] | None) -> list["Change"]:
    """Return the changes by kind, each kind's in the order in which they were typed."""
    found = []
    for kind, values in given.items():
        for one in values or ():
            value = int(one.value) if kind in ("add_agents", "add_chatbots", "remove_chatbots") else one.value
            found.append(lazy.Change(lazy.ChangeKind(kind), value, one.at))
    return found


def _flat(found: "Preview") -> Iterator[Row]:
    """Yield one row a line, and one for each total."""
    for invoice in found.as_dict()["invoices"]:
        shared = {
            "license_id": found.license_id,
            "billing_date": invoice["billing_date"],
            "currency": found.currency,
        }
        yield from (shared | line for line in invoice["lines"])
        totals = {side: invoice[side] and invoice[side]["total"] for side in ("now", "what_if")}
        yield shared | {"kind": "total", **totals, "difference": invoice["difference"]}

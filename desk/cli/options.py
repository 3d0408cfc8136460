"""The arguments and options that several commands share, each said once."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.cli.values import read_day, read_instant
from ledger.rules.words import BillingCycle, PricingModel

RECORD = "Record"
ASK = "Ask"
MONEY = "Money"
MOVE = "Move data"
BILL = "Bill"
OPERATE = "Operate"
LEARN = "Learn"

LicenseArg = Annotated[str, typer.Argument(metavar="LICENSE", help="The licence's id.", show_default=False)]
AgentArg = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.", show_default=False)]
ChatBotArg = Annotated[str, typer.Argument(metavar="CHATBOT", help="The ChatBot's id.", show_default=False)]
PartnerArg = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.", show_default=False)]
CutoverArg = Annotated[str, typer.Argument(metavar="CUTOVER", help="The cutover's id.", show_default=False)]
PlanArg = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's name.", show_default=False)]
CycleArg = Annotated[
    BillingCycle,
    typer.Argument(metavar="monthly|annual", help="How long a period lasts.", show_default=False),
]
ModelArg = Annotated[
    PricingModel,
    typer.Argument(
        metavar="pps|ppa|ppu", help="What is charged for: seats, accounts or users.", show_default=False
    ),
]

At = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="When it became true, or will, like 2024-08-11T07:00:00Z.",
    ),
]
Actor = Annotated[str, typer.Option(metavar="WHO", help="Who does it: an agent's id, or system.")]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        show_default=False,
        help="Idempotency key: the same command with the same key changes nothing the second time.",
    ),
]

AsOf = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="The moment that is asked about, like 2024-08-11T00:00:00Z.",
    ),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="as of",
        help="Leave out what was recorded after this moment.",
    ),
]
Licenses = Annotated[
    list[str] | None,
    typer.Option("--license", metavar="ID", show_default=False, help="This licence only; may be repeated."),
]
Strict = Annotated[bool, typer.Option("--strict", help="End with exit code 1 if there are data faults.")]
Digest = Annotated[bool, typer.Option("--digest", help="Say the answer's SHA-256 on stderr.")]


class Format(StrEnum):
    """How an answer is written: for people, or for programs."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


FormatOption = Annotated[
    Format, typer.Option("--format", help="A table for people; json, jsonl or csv for programs.")
]


def day_option(help_text: str, default: str | bool = False) -> Any:
    """Return an option that takes a date."""
    return typer.Option(metavar="DATE", parser=read_day, show_default=default, help=help_text)

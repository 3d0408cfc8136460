"""Build the sample programme's history file and the table that explains it.

Run `uv run python -m examples.build_sample_programme` after changing a scenario; it writes
`replay/sample/programme.jsonl` and `examples/README.md`.
"""

import inspect
from pathlib import Path

from examples.scenarios import GROUPS, Scenario, license_id_of, write_all

ROOT = Path(__file__).resolve().parent.parent
HISTORY = ROOT / "replay" / "sample" / "programme.jsonl"
TABLE = ROOT / "examples" / "README.md"

INTRODUCTION = """\
# Examples

The sample programme: seven partners, four cutovers and {count} licences, each of which shows one rule of
[`docs/rules.md`](../docs/rules.md). `license-ledger demo` replays it. Three resellers carry the story of
the two cutovers of 2024: Acme (20 % discount), Borealis (12.5 %, from November 25 %) and Cobalt (33.3 %).

Prices for one unit and one period, in USD: starter 24.00 a month or 240.00 a year, team 49.00 or 492.00,
business 69.00 (from October 2024 72.00) or 708.00; EUR and JPY have prices of their own
(`scenarios/market.py`).

The tables are made of the docstrings of `scenarios/`, where the expected amounts stand beside the facts;
the tests hold them against a second reading of the rules. After a change, make this page and
`replay/sample/programme.jsonl` again with `uv run python -m examples.build_sample_programme`.
"""


def build_history() -> bytes:
    """Give the history file's bytes."""
    return write_all().as_bytes()


def build_table() -> str:
    """Give the page that explains every licence."""
    parts = [INTRODUCTION.format(count=sum(len(scenarios) for scenarios in GROUPS.values()))]
    for title, scenarios in GROUPS.items():
        rows = "\n".join(_row(scenario) for scenario in scenarios)
        parts.append(f"## {title}\n\n| licence | shows | by hand |\n| --- | --- | --- |\n{rows}\n")
    return "\n".join(parts)


def _row(scenario: Scenario) -> str:
    shows, _, arithmetic = (inspect.getdoc(scenario) or "").partition("\n\n")
    by_hand = " ".join(arithmetic.split())
    if by_hand.startswith("- "):
        by_hand = by_hand[2:].replace(" - ", "<br>")
    return f"| `{license_id_of(scenario)}` | {' '.join(shows.split())} | {by_hand} |"


def main() -> None:
    """Write both files."""
    HISTORY.write_bytes(build_history())
    TABLE.write_text(build_table(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Measure everything and write docs/performance.md; takes about half an hour on two quiet cores."""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    billing,
    commands,
    explaining,
    importing,
    listing,
    one_licence,
    programme,
    rebuilding,
    rival_rates,
)
from benchmarks.measuring import Table, machine

MEASURES: tuple[Callable[[], Iterable[Table]], ...] = (
    lambda: [commands.measure()],
    lambda: [importing.measure()],
    lambda: [billing.measure()],
    lambda: [one_licence.measure()],
    lambda: [listing.measure()],
    lambda: [explaining.measure()],
    lambda: [programme.measure()],
    lambda: rebuilding.measure([1, 10]),
    lambda: [rival_rates.measure()],
)
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
INTRODUCTION = """# Performance

Speed is measured as ratios within one run, against named rivals, by the programs in
[`benchmarks/`](../benchmarks/README.md); each says there what exactly it compares. This page is what
`uv run python -m benchmarks.all` wrote on {day}; run it again on a quiet machine to repeat it, or one of its
parts, `uv run python -m benchmarks.commands` for example.

{machine}

"""


def main() -> None:
    """Measure part after part, each shown when it is done."""
    tables = []
    for measure in MEASURES:
        for table in measure():
            tables.append(table.markdown())
            sys.stdout.write(tables[-1] + "\n")
            sys.stdout.flush()
    day = datetime.now(UTC).date().isoformat()  # the page says when; nothing is computed from it
    PAGE.write_text(INTRODUCTION.format(day=day, machine=machine()) + "\n".join(tables), encoding="utf-8")


if __name__ == "__main__":
    main()

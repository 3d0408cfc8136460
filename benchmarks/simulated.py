"""The simulated programme that benchmarks work on, made anew for each run."""

from datetime import date
from io import BytesIO
from pathlib import Path

from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.application.simulation import simulate

UNTIL = date(2025, 12, 31)
SEED = 1


def simulated_lines(licenses: int) -> list[bytes]:
    """Return the history of a programme of so many licences."""
    out = BytesIO()
    simulate(licenses, SEED, UNTIL, out)
    return out.getvalue().splitlines()


def write_simulated(licenses: int, path: Path) -> int:
    """Write such a history to a file; returns the number of its lines."""
    with path.open("wb") as out:
        return simulate(licenses, SEED, UNTIL, out)


def import_file(url: str, path: Path) -> None:
    """Import a history file into a new store."""
    with Ledger.open(url, create=True) as ledger, path.open("rb") as source:
        import_history(ledger, source)

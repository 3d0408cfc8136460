"""Give books to the tools that read them: beancount's loader and its bean-check."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from beancount import loader
from beancount.core.data import Directive, Transaction


def written(folder: Path, lines: Iterable[str], name: str = "books.beancount") -> Path:
    """Write a file of books."""
    file = folder / name
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def bean_check(file: Path) -> tuple[int, str]:
    """Run the real bean-check; gives its exit code and all that it says."""
    program = Path(sys.executable).with_name("bean-check")
    # a cache beside the file would be taken for a new reading
    ran = subprocess.run([program, "--no-cache", file], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def loaded(file: Path) -> list[Directive]:
    """Load a file with beancount; there must be nothing that it complains of."""
    entries, errors, _ = loader.load_file(str(file))
    assert errors == []
    return list(entries)


def balances(entries: Iterable[Directive], under: str) -> Counter[tuple[str, str]]:
    """Add up the postings to the accounts under a name, by account and currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                if posting.account.startswith(under) and posting.units is not None:
                    number = posting.units.number
                    assert isinstance(number, Decimal)
                    sums[posting.account, posting.units.currency] += number  # type: ignore[assignment]  # a counter of decimals
    return sums

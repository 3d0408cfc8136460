"""The command that makes the read models anew, or says whether they are what they should be."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.archive import ArchiveUrl
from desk.cli.failures import VERIFICATION_FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import OPERATE
from desk.cli.screen import err_console, out_console
from desk.cli.settings import open_to_ask, store_url
from desk.cli.tables import new_table
from desk.words import count, number

if TYPE_CHECKING:
    from desk.cli.progress import Turns
    from replay.rebuild.checking import Checked
    from replay.rebuild.rebuilding import Computing, Indexed, Loaded, Planned, Report

app = typer.Typer()

_SHOWN = 50
_MIB = 1024 * 1024


class Projection(StrEnum):
    """What can be rebuilt alone."""

    SEATS = "seats"
    INVOICES = "invoices"
    NOTICES = "notices"
    LICENSES = "licenses"


class Origin(StrEnum):
    """Where events are read from."""

    ARCHIVE = "archive"
    STORE = "store"


_Projections = Annotated[
    list[Projection] | None,
    typer.Argument(
        metavar="[seats|invoices|notices|licenses]…", help="What to rebuild; all, if none is named."
    ),
]
_Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", show_default="one a processor", help="How many processes compute."),
]
_Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        show_default=False,
        help="Compute on a Dask cluster, like tcp://host:8786; it must see archive and staging.",
    ),
]
_From = Annotated[
    Origin | None,
    typer.Option(
        "--from",
        show_default="the archive, if there is one",
        help="Read the archive and what was recorded since, or the store alone.",
    ),
]
_Staging = Annotated[
    str | None,
    typer.Option(
        "--staging",
        metavar="URL",
        envvar="LEDGER_STAGING",
        show_envvar=True,
        show_default="beside the archive or the store",
        help="Where results wait until they are loaded: a folder or a URL.",
    ),
]
_Check = Annotated[
    bool, typer.Option("--check", help="Compare only; ends with exit code 5 if the live tables differ.")
]
_Rollback = Annotated[
    bool, typer.Option("--rollback", help="Let the version from before the live one answer again.")
]


@app.command(
    "rebuild",
    cls=LedgerCommand,
    rich_help_panel=OPERATE,
    epilog=examples("rebuild", "rebuild seats --from store --workers 2", "rebuild --check"),
)
def rebuild(
    ctx: typer.Context,
    projections: _Projections = None,
    *,
    workers: _Workers = None,
    cluster: _Cluster = None,
    origin: _From = None,
    archive: ArchiveUrl = None,
    staging: _Staging = None,
    check: _Check = False,
    rollback: _Rollback = False,
) -> None:
    """Compute the read models anew from the events, and switch to them at once when they are whole.

    The tables that are there answer until the end. Run it again if it was cut off: it goes on with what is
    left.
    """
    if rollback and (check or projections or workers or cluster or origin):
        undoing = "It undoes the last switch and takes nothing else."
        raise typer.BadParameter(undoing, param_hint="'--rollback'")
    if workers and cluster:
        raise typer.BadParameter("The cluster has its own workers.", param_hint="'--workers'")
    with open_to_ask(ctx) as ledger:
        if rollback:
            _say_versions(lazy.roll_back(ledger), lazy.of_other_releases(ledger))
            return
        order = lazy.new_order(
            store_url(ctx),
            projections=[each.value for each in projections or ()],
            archive_url=archive,
            from_archive=None if origin is None else origin is Origin.ARCHIVE,
            staging_url=staging,
            workers=workers or os.cpu_count() or 1,
            cluster=cluster,
        )
        with lazy.Turns() as turns:
            if not check:
                rebuilt = lazy.rebuild(ledger, order, _Watch(turns))
                turns.end()
                _say_rebuilt(rebuilt)
                return
            checked = lazy.check(ledger, order, _Watch(turns))
    _say_checked(checked)
    if checked.differences:
        raise typer.Exit(VERIFICATION_FAILED)


class _Watch:
    """What is told of the work while it goes on: what takes its turn, and what was found on the way."""

    def __init__(self, turns: "Turns") -> None:
        self._turns = turns
        self._events = 0
        self._loaded_before: int | None = None
        self._done: frozenset[int] = frozenset()
        self._total = 0

    def __call__(self, happening: "Computing | Loaded | Indexed") -> None:
        if isinstance(happening, lazy.Read):
            self._show("Reading the log", happening.of, "events", happening.events)
        elif isinstance(happening, lazy.Planned):
            self._begin(happening)
        elif isinstance(happening, lazy.Mended):
            self._turns.end()
            for name in happening.files:
                err_console().print(
                    f"{name} of the archive was damaged and is written anew from the log.", soft_wrap=True
                )
        elif isinstance(happening, lazy.Loaded):
            # most rows were loaded while others were computed
            before = self._loaded_before = (
                happening.rows if self._loaded_before is None else self._loaded_before
            )
            self._show("Loading", happening.of - before, "rows", happening.rows - before)
        elif isinstance(happening, lazy.Indexed):
            self._show("Indexing", happening.of, "steps", happening.steps)
        elif happening.number not in self._done:
            self._events += happening.rows_read
            self._show("Computing", self._total, "events", self._events)

    def _begin(self, planned: "Planned") -> None:
        self._events, self._total, self._done = 0, planned.events, planned.done
        archived = f"the archive at {planned.archive} and the log since"
        err_console().print(f"From {archived if planned.archive else 'the log alone'}.", soft_wrap=True)
        for name in planned.damaged:
            err_console().print(
                f"{name} in the staging is not as it was written; it is computed again.", soft_wrap=True
            )
        if planned.done:
            again = f"Going on: {len(planned.done)} of {count(planned.tasks, 'task')} are done already."
            err_console().print(again)
        self._show("Computing", planned.events, "events", 0)

    def _show(self, what: str, total: int, things: str, done: int) -> None:
        if total:
            self._turns.show(what, total, things, done, lines=True)


def _say_rebuilt(report: "Report") -> None:
    rows = ", ".join(f"{table} {number(rows)}" for table, rows in report.rows.items())
    console = out_console()
    console.print(
        Text(f"Version {report.version} answers now, up to position {number(report.position)}.", "green"),
        soft_wrap=True,
    )
    console.print(f"Rows from {count(report.events, 'event')}: {rows}.", soft_wrap=True)
    console.print(f"Digest {report.digest}", soft_wrap=True)
    for one in report.parked:
        said = f"position {number(one.position)}, {one.reason}"
        err_console().print(
            Text.assemble((f"Licence {one.license_id} is parked: ", "yellow"), said), soft_wrap=True
        )
    err_console().print(f"Most memory of a worker: {number(report.peak_bytes // _MIB)} MiB.")


def _say_checked(found: "Checked") -> None:
    console = out_console()
    at = f"{count(found.events, 'event')}, up to position {number(max(found.positions.values()))}"
    if not found.differences:
        console.print(Text(f"The live tables are what a rebuild makes ({at}).", "green"), soft_wrap=True)
        for version, digest in found.digests.items():
            console.print(f"Digest of version {version} {digest}", soft_wrap=True)
        return
    licenses = {each.license_id for each in found.differences}
    console.print(
        Text(f"The live tables differ for {count(len(licenses), 'licence')} ({at}).", "bold red"),
        soft_wrap=True,
    )
    table = new_table()
    for heading in ("licence", "table"):
        table.add_column(heading, overflow="fold")
    for heading in ("rows too many", "rows missing"):
        table.add_column(heading, justify="right")
    for each in found.differences[:_SHOWN]:
        table.add_row(each.license_id, each.table, number(each.too_many), number(each.missing))
    console.print(table)
    if len(found.differences) > _SHOWN:
        console.print(f"And {number(len(found.differences) - _SHOWN)} more.")


def _say_versions(versions: dict[str, int], stale: list[str]) -> None:
    said = ", ".join(f"{table} {version}" for table, version in sorted(versions.items()))
    out_console().print(Text(f"These versions answer now: {said}.", "green"), soft_wrap=True)
    if stale:
        said = (
            f"Another release made {', '.join(stale)}: reports that read the tables see its columns, "
            "questions go to the log, and a follower of this release makes them anew."
        )
        err_console().print(Text(said, "yellow"), soft_wrap=True)

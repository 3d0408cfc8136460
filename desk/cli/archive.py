"""The command that keeps the log in files of columns."""

from typing import Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.failures import VERIFICATION_FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import OPERATE
from desk.cli.screen import err_console, out_console
from desk.cli.settings import open_to_ask, store_url
from desk.words import count, number

app = typer.Typer()

ArchiveUrl = Annotated[
    str | None,
    typer.Option(
        "--archive",
        metavar="URL",
        envvar="LEDGER_ARCHIVE",
        show_envvar=True,
        show_default="beside the store's file",
        help="Where the archive is: a folder, or a URL such as s3://bucket/archive.",
    ),
]
_Partitions = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        show_default="64, more for a log of over 16 million events",
        help="Into how many files a segment is split, by licence: a power of two, fixed when it is made.",
    ),
]
_Verify = Annotated[
    bool,
    typer.Option("--verify", help="Check every file's SHA-256 too; ends with exit code 5 if one was wrong."),
]


@app.command(
    "archive", cls=LedgerCommand, rich_help_panel=OPERATE, epilog=examples("archive", "archive --verify")
)
def archive(
    ctx: typer.Context, archive: ArchiveUrl = None, partitions: _Partitions = None, verify: _Verify = False
) -> None:
    """Keep the log in Parquet files too, extended from where the last run ended."""
    url = lazy.default_archive(store_url(ctx), archive)
    with open_to_ask(ctx) as ledger:
        total = lazy.events_to_seal(ledger, url)
        with lazy.Turns() as turns:
            report = lazy.archive_log(
                ledger,
                url,
                partitions=partitions,
                verify=verify,
                progress=lambda sealed: turns.show("Archiving", total, "events", sealed),
                checking=lambda done, of: turns.show("Checking", of, "files", done, lines=verify),
            )
    for damage in report.damages:
        was = "it was missing;" if damage.is_missing else f"{damage.reason}; put into quarantine/ and"
        said = f"{damage.name}: {was} written anew from the log."
        err_console().print(Text(said, "yellow"), soft_wrap=True)
    said = (
        f"Sealed {count(report.sealed, 'event')}; {report.url} holds {count(report.rows, 'event')} "
        f"in {count(report.segments, 'segment')}, up to position {number(report.until_position)}."
    )
    out_console().print(Text(said, "green"), soft_wrap=True)
    if verify and report.damages:
        raise typer.Exit(VERIFICATION_FAILED)

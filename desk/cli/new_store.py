"""A store that is made by what is recorded in it first: it comes whole, or nothing is left behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from desk.cli import lazy
from desk.cli.settings import open_to_record, store_url
from ledger.rules.errors import Conflict

if TYPE_CHECKING:
    from ledger.application.ledger import Ledger


class MadeMeanwhile(Conflict):
    """Raised when somebody else made the store while this command was at work on its own."""

    code = "made_meanwhile"
    template = "Another made {url} in the meantime; nothing was recorded in it."
    hint = "Run the command again: it will then add to that store."


@contextmanager
def open_whole(ctx: typer.Context) -> Iterator["Ledger"]:
    """Open the store that was named; a file that is not there yet appears only if all went well.

    It is made under another name beside its place: what is taken back there, nobody else can have seen.
    Raises MadeMeanwhile.
    """
    file = next(iter(lazy.files_of(store_url(ctx))), None)
    if file is None or file.exists() or not os.access(file.parent, os.W_OK):
        with open_to_record(ctx, create=True) as ledger:
            yield ledger
        return
    with TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        made = Path(folder) / file.name
        with open_to_record(ctx, create=True, url=f"sqlite:///{made}") as ledger:
            yield ledger
        try:
            _put(made, file)
        except FileExistsError as error:
            raise MadeMeanwhile(stream=file.name, url=store_url(ctx)) from error


def _put(made: Path, file: Path) -> None:
    """Give a file its place; raises FileExistsError for one that is taken."""
    try:
        # unlike a new name this gives way to a file that is there
        os.link(made, file)
    except FileExistsError:
        raise
    except OSError:
        # a file system without links, such as a memory stick's: as good as it gets there
        if file.exists():
            raise FileExistsError(file) from None
        made.rename(file)

"""The file that a command reads, or standard input in its place."""

from pathlib import Path

import typer

STDIN = Path("-")


def refuse_no_file(file: Path) -> None:
    """Refuse a name that is no file's; `-` is standard input."""
    if file == STDIN:
        return
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; name the file in it.", param_hint="'FILE'")
    if not file.exists():
        raise typer.BadParameter(f"There is no file {file}.", param_hint="'FILE'")

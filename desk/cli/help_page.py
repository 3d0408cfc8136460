"""How --help looks: usage, what the command does, its options, and examples that can be copied."""

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk.cli.screen import out_console

PROGRAM = "license-ledger"
# the library puts words in parentheses that stand for a default
_DEFAULT = re.compile(r"default: \((.*)\)\]")
EVERYWHERE = "--store and -v go with every command; see license-ledger --help."


def examples(*lines: str) -> str:
    """Return the end of a command's help page: what to type, one command a line."""
    return "\n".join(f"{PROGRAM} {line}" for line in lines)


def render(command: Any, ctx: Any) -> str:
    """Return the help page of a command or of the whole program, with colours if stdout takes them.

    Both arguments are the command line library's own: what it hands to `format_help`.
    """
    console = out_console(piped_width=80)
    console.soft_wrap = False
    subcommands = getattr(command, "commands", None)
    with console.capture() as capture:
        _say(console, _usage(command, ctx))
        _say(console, Padding(Text(_unwrapped(command.help or "")), (1, 0, 0, 2)))
        rows = [(param, param.get_help_record(ctx)) for param in command.get_params(ctx)]
        arguments = [row for param, row in rows if row and param.param_type_name == "argument"]
        options = [row for param, row in rows if row and param.param_type_name == "option"]
        names = [row[0] for row in (*arguments, *options)] + list(subcommands or ())
        width = min(max(map(len, names)), 34)
        _section(console, "Arguments", arguments, width)
        _section(console, "Options", options, width)
        for panel, commands in _by_panel((subcommands or {}).values()).items():
            _section(console, panel, [(each.name, each.get_short_help_str(200)) for each in commands], width)
        if command.epilog:
            lines = command.epilog.splitlines()
            _say(console, Text("\nExamples" if len(lines) > 1 else "\nExample", "bold"))
            _say(console, Group(*(Padding(Text(f"$ {line}", "green"), (0, 0, 0, 2)) for line in lines)))
        if subcommands is None:
            _say(console, Text(f"\n{EVERYWHERE}", "dim"))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _unwrapped(text: str) -> str:
    """Return paragraphs as one line each."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _say(console: Console, what: RenderableType) -> None:
    console.print(what)


def _usage(command: Any, ctx: Any) -> Text:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    return Text.assemble(("Usage: ", "bold"), ctx.command_path, " ", pieces)


def _section(console: Console, title: str, rows: list[tuple[str, str]], width: int) -> None:
    if not rows:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", width=width, overflow="fold")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(Text(name), Text(_DEFAULT.sub(r"default: \1]", text)))
    _say(console, Text(f"\n{title}", "bold"))
    _say(console, Padding(table, (0, 0, 0, 2)))


def _by_panel(commands: Iterable[Any]) -> dict[str, list[Any]]:
    panels: dict[str, list[Any]] = {}
    for command in commands:
        if not command.hidden:
            panels.setdefault(command.rich_help_panel or "Commands", []).append(command)
    return panels

"""What every command shares: global options anywhere on the line, help pages, refusals and exit codes."""

import sys
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from desk.cli import help_page
from desk.cli.failures import FAILED, INTERRUPTED, show_refusal, show_unexpected
from desk.cli.screen import err_console
from desk.cli.settings import Settings
from ledger.rules.errors import LedgerError

_FLAGS = frozenset({"-v", "--verbose"})
_WITH_VALUE = "--store"


def hoisted(args: Sequence[str]) -> list[str]:
    """Return the arguments with the global options first, wherever they stood before a `--`."""
    end = args.index("--") if "--" in args else len(args)
    first: list[str] = []
    others: list[str] = []
    waiting = False
    for arg in args[:end]:
        is_global = waiting or arg in _FLAGS or arg == _WITH_VALUE or arg.startswith(f"{_WITH_VALUE}=")
        (first if is_global else others).append(arg)
        waiting = arg == _WITH_VALUE and not waiting
    return [*first, *others, *args[end:]]


class LedgerCommand(TyperCommand):
    """A command whose help page ends with examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page.render(self, ctx))


class LedgerGroup(TyperGroup):
    """The whole program: where every failure ends as a message and an exit code."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page.render(self, ctx))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command line; never returns, but ends with one of the promised exit codes."""
        settings = Settings()
        given = hoisted(sys.argv[1:] if args is None else args)
        try:
            return super().main(given, *rest, obj=settings, **extra)
        except SystemExit as end:
            if end.code == INTERRUPTED:
                err_console().print("Interrupted.", style="bold red")
            raise
        except LedgerError as error:
            show_refusal(err_console(), error)
            sys.exit(error.exit_code)
        except Exception as error:
            show_unexpected(err_console(), error, verbose=settings.verbose)
            sys.exit(FAILED)

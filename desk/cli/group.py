"""What every command shares: global options anywhere on the line, help pages, refusals and exit codes."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from desk.cli import help_page
from desk.cli.failures import (
    FAILED,
    INTERRUPTED,
    NOBODY_READS,
    show_io_error,
    show_refusal,
    show_unexpected,
)
from desk.cli.screen import STDOUT, err_console, err_stream, flush_out, give_up, refused
from desk.cli.settings import Settings
from desk.cli.writing import CannotWrite
from ledger.rules.errors import LedgerError

_FLAGS = frozenset({"-v", "--verbose"})
_WITH_VALUE = ("--store", "--config")


def hoisted(args: Sequence[str]) -> list[str]:
    """Return the arguments with the global options first, wherever they stood before a `--`."""
    end = args.index("--") if "--" in args else len(args)
    first: list[str] = []
    others: list[str] = []
    waiting = False
    for arg in args[:end]:
        is_global = waiting or arg in _FLAGS or arg.split("=", 1)[0] in _WITH_VALUE
        (first if is_global else others).append(arg)
        waiting = arg in _WITH_VALUE and not waiting
    return [*first, *others, *args[end:]]


class LedgerCommand(TyperCommand):
    """A command whose help page ends with examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page.render(self, ctx))

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the arguments; --help answers here."""
        with _answering():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless what was typed is no text."""
        _refuse_what_is_no_text(ctx)
        return super().invoke(ctx)


class LedgerGroup(TyperGroup):
    """The whole program: where every failure ends as a message and an exit code."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page.render(self, ctx))

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the arguments; --help and --version answer here."""
        with _told_apart(), _answering():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with _told_apart():
            _refuse_what_is_no_text(ctx)
            answer = super().invoke(ctx)
            flush_out()
            return answer

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command line; never returns, but ends with one of the promised exit codes."""
        settings = Settings()
        given = hoisted(sys.argv[1:] if args is None else args)
        run: Any = super().main
        try:
            _need_stdout()
            code = run(given, *rest, obj=settings, standalone_mode=False, **extra)
            flush_out()
        except Exception as error:
            code = _shown(error, settings)
        if code == INTERRUPTED:
            err_console().print("Interrupted.", style="bold red")
        sys.exit(code if isinstance(code, int) else 0)


class _ReaderGone(Exception):
    """Raised when nobody reads stdout any more; the library would end with 1 for the error that it is."""


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderGone from error


@contextmanager
def _answering() -> Iterator[None]:
    """Tell what the library cannot write, which it does to stdout alone."""
    try:
        yield
    except OSError as error:
        raise refused(error) from error


def _need_stdout() -> None:
    """Refuse to do anything whose answer could not be shown."""
    if sys.stdout is None:
        error = CannotWrite(what=STDOUT, reason="it is closed")
        error.hint = "Nothing was done. Run the command with its output open, or into a file."
        raise error


def _shown(error: Exception, settings: Settings) -> int:
    """Say what went wrong and return the exit code for it."""
    code = FAILED
    if isinstance(error, _ReaderGone | BrokenPipeError):
        code = NOBODY_READS
    elif isinstance(error, LedgerError):
        show_refusal(err_console(), error)
        code = error.exit_code
    elif hasattr(error, "show") and hasattr(error, "exit_code"):
        # the library's own: what was typed is not a command, or not the value of an option
        error.show(file=err_stream())
        code = error.exit_code
    elif isinstance(error, OSError):
        show_io_error(err_console(), error, verbose=settings.verbose)
    elif not isinstance(error, typer.Abort):
        show_unexpected(err_console(), error, verbose=settings.verbose)
    if sys.stdout is not None and (code == NOBODY_READS or isinstance(error, CannotWrite | OSError)):
        give_up(sys.stdout)
    return code


def _refuse_what_is_no_text(ctx: Any) -> None:
    """Refuse arguments with bytes that are not UTF-8; Python hands them on as lone surrogates."""
    for name, value in ctx.params.items():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str) and not text.isascii() and _has_lone_surrogate(text):
                shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                param = next(param for param in ctx.command.params if param.name == name)
                hint = param.get_error_hint()
                raise typer.BadParameter(f"'{shown}' is not UTF-8 text.", param_hint=hint)


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False

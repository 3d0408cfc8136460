"""What people see when something does not work: a headline, the reason, the clashing event, the way out."""

import traceback

from rich.console import Console
from rich.text import Text

from ledger.rules.errors import InvalidValue, LedgerError, NotFound

FAILED = 1
VERIFICATION_FAILED = 5
INTERRUPTED = 130
# what a shell reports of a program that SIGPIPE ended
NOBODY_READS = 141
_SAID = {
    "store_unreachable": "Failed",
    "not_a_ledger": "Failed",
    "cannot_write": "Failed",
    "store_read_only": "Failed",
    "store_cannot_be_opened": "Failed",
    "store_disk_full": "Failed",
    "store_damaged": "Failed",
    "store_locked": "Locked",
    "already_under_way": "Locked",
}
_CLASHING = ("clash_type", "clashes_with", "clash_effective_at")


def show_refusal(console: Console, error: LedgerError) -> None:
    """Print a refusal and what to do about it."""
    console.print(
        Text.assemble((f"{_headline(error)} ({error.code}):", "bold red"), " ", _reason(error)),
        soft_wrap=True,
    )
    if _names_a_clash(error):
        kind, event_id, instant = (str(error.fields[name]) for name in _CLASHING)
        _detail(console, "clashes with", f"{kind} {event_id} at {instant}")
    if error.hint:
        _detail(console, "way out", error.hint)


def show_unexpected(console: Console, error: BaseException, *, verbose: bool) -> None:
    """Print what went wrong that nobody foresaw, with the traceback for those who ask for it."""
    if verbose:
        console.print("".join(traceback.format_exception(error)), style="dim", soft_wrap=True)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    console.print(Text.assemble(("Failed (unexpected):", "bold red"), " ", said), soft_wrap=True)
    if not verbose:
        _detail(console, "way out", "Run it again with -v to see where it happened, and report that.")


def show_io_error(console: Console, error: OSError, *, verbose: bool) -> None:
    """Print what the system refused, with the file's name if it said one."""
    if verbose:
        console.print("".join(traceback.format_exception(error)), style="dim", soft_wrap=True)
    what = f"{error.filename}: " if error.filename is not None else ""
    said = (error.strerror or str(error)).lower()
    console.print(Text.assemble(("Failed (io_error):", "bold red"), f" {what}{said}."), soft_wrap=True)


def _headline(error: LedgerError) -> str:
    error = _cause(error)
    if isinstance(error, NotFound):
        return "Not found"
    if isinstance(error, InvalidValue):
        return "Not valid"
    return _SAID.get(error.code, "Refused")


def _cause(error: LedgerError) -> LedgerError:
    """Return what is wrong with a line, if the error is about one, else the error."""
    return getattr(error, "cause", error)


def _names_a_clash(error: LedgerError) -> bool:
    return all(name in error.fields for name in _CLASHING)


def _reason(error: LedgerError) -> str:
    """Return the reason in words; the clashing event gets a line of its own."""
    fields = error.fields
    if _names_a_clash(error) and {"event_type", "subject", "effective_at", "reason"} <= fields.keys():
        what = f"{fields['event_type']} of {fields['subject']} at {fields['effective_at']}"
        line = f"Line {fields['line']}: " if "line" in fields else ""
        return f"{line}{what}: {fields['reason']}."
    return str(error)


def _detail(console: Console, name: str, text: str) -> None:
    console.print(Text.assemble((f"  {name:<13}", "dim"), text), soft_wrap=True)

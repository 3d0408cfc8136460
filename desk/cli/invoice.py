"""The command that writes an invoice for the one who pays it: as text, HTML or PDF, one or all of them."""

import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, AsOf, KnownAt, day_option
from desk.cli.screen import data_out, err_console, out_console
from desk.cli.settings import configuration, open_to_ask, settings_of, store_url
from desk.cli.writing import in_words, refuse_overwriting, written
from desk.documents.form import Form
from desk.words import count

if TYPE_CHECKING:
    from desk.configuration import Configuration

app = typer.Typer()

_STDOUT = Path("-")


_ENDINGS = {".txt": Form.TEXT, ".html": Form.HTML, ".htm": Form.HTML, ".pdf": Form.PDF}
_Number = Annotated[
    str | None,
    typer.Argument(metavar="NUMBER", help="The number of an issued invoice.", show_default=False),
]
_License = Annotated[
    str | None,
    typer.Option(
        "--license", metavar="ID", show_default=False, help="With --billing-date, instead of a number."
    ),
]
_Form = Annotated[
    Form | None,
    typer.Option("--format", show_default="as --out ends, or else text", help="What it is written as."),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|-",
        show_default="stdout",
        help="Where to write, replaced when whole; with --all a folder.",
    ),
]


@app.command(
    "invoice",
    cls=LedgerCommand,
    rich_help_panel=ASK,
    epilog=examples("invoice --all --format html --out invoices"),
)
def invoice(
    ctx: typer.Context,
    *,
    number: _Number = None,
    form: _Form = None,
    out: _Out = None,
    license_id: _License = None,
    billing_date: Annotated[
        date | None, day_option("The invoice of this date; a draft if it is not issued.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    every: Annotated[bool, typer.Option("--all", help="All issued invoices, a file each.")] = False,
) -> None:
    """Write an invoice as its payer gets it: as text, HTML or PDF, one or all that were issued.

    `invoice INV-2024-000001 --out invoice.pdf` writes an issued one. `invoice --license northwind
    --billing-date 2024-06-15` shows a draft of one that is not issued, also of a day that is still to come.

    Seller, payer, language and paper are those of the configuration file (docs/configuration.md).
    """
    _refuse_other_questions(number, license_id, billing_date, every=every)
    _refuse_times_without_a_draft(license_id, as_of, known_at)
    known = configuration(ctx)
    if every:
        _write_all(ctx, known, form or Form.PDF, out)
        return
    form = form or _form_by_name(out)
    _refuse_a_terminal(form, out)
    with open_to_ask(ctx) as ledger:
        if number is not None:
            document = lazy.invoice_document(ledger, number)
        else:
            document = lazy.draft_document(ledger, str(license_id), _given(billing_date), as_of, known_at)
    _write(ctx, lazy.in_form(document, known, form), form, out)


def _refuse_other_questions(
    number: str | None, license_id: str | None, billing_date: date | None, *, every: bool
) -> None:
    """Refuse anything but a number, a licence with a date, or all."""
    by_date = license_id is not None or billing_date is not None
    if (number is not None) + by_date + every != 1:
        raise typer.BadParameter(
            "name one: a number, --license with --billing-date, or --all.", param_hint="'NUMBER'"
        )
    if by_date and (license_id is None or billing_date is None):
        missing = "--license" if license_id is None else "--billing-date"
        raise typer.BadParameter(
            "a draft needs both --license and --billing-date.", param_hint=f"'{missing}'"
        )


def _refuse_times_without_a_draft(
    license_id: str | None, as_of: datetime | None, known_at: datetime | None
) -> None:
    """Refuse times for what was issued: it is what it was."""
    for option, value in (("--as-of", as_of), ("--known-at", known_at)):
        if value is not None and license_id is None:
            raise typer.BadParameter(
                "an issued invoice stays as it was issued; this goes with --license only.",
                param_hint=f"'{option}'",
            )


def _form_by_name(out: Path | None) -> Form:
    """Return what the file's name says; refuse an ending of something else, which no program would open."""
    ending = out.suffix.lower() if out else ""
    if ending and ending not in _ENDINGS:
        raise typer.BadParameter(
            f"{out}: an invoice is no {ending}. End it with .txt, .html or .pdf, or say --format.",
            param_hint="'--out'",
        )
    return _ENDINGS.get(ending, Form.TEXT)


def _refuse_a_terminal(form: Form, out: Path | None) -> None:
    if out is None and form is not Form.TEXT and sys.stdout.isatty():
        raise typer.BadParameter(
            f"{form} is nothing to read on a terminal; name a file.", param_hint="'--out'"
        )


def _given(billing_date: date | None) -> date:
    if billing_date is None:
        raise typer.BadParameter("is missing.", param_hint="'--billing-date'")
    return billing_date


def _write(ctx: typer.Context, data: bytes, form: Form, out: Path | None) -> None:
    if out is None and form is Form.TEXT:
        out_console().print(Text(data.decode()), end="", soft_wrap=True)
    elif out is None or out == _STDOUT:
        data_out().write(data)
        data_out().flush()
    else:
        _write_file(ctx, data, out)
        err_console().print(f"Wrote {out}.", soft_wrap=True)


def _write_file(ctx: typer.Context, data: bytes, out: Path) -> None:
    config = settings_of(ctx).config
    kept = (
        ("the store itself", lazy.files_of(store_url(ctx))),
        ("the configuration", () if config is None else (config,)),
    )
    refuse_overwriting(out, kept, "--out")
    with written(out, "--out") as file:
        file.write(data)


def _write_all(ctx: typer.Context, known: "Configuration", form: Form, out: Path | None) -> None:
    """Write each issued invoice to a file that has its number for a name."""
    if out is None or out == _STDOUT:
        raise typer.BadParameter("--all needs a folder to write to.", param_hint="'--out'")
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file, not a folder.", param_hint="'--out'")
    names: Counter[str] = Counter()
    with open_to_ask(ctx) as ledger:
        issued = list(lazy.issued_invoices(ledger))
        _make_folder(out)
        with lazy.progress_of_things("Writing", len(issued), "invoices") as so_far:
            for done, one in enumerate(issued, start=1):
                document = lazy.document_of_issued(ledger, one)
                data = lazy.in_form(document, known, form)
                _write_file(ctx, data, out / _file_name(one.event.number, form, names))
                so_far(done)
    err_console().print(f"Wrote {count(len(issued), 'invoice')} to {out}.", soft_wrap=True)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{out}: {in_words(error)}.", param_hint="'--out'") from error


def _file_name(number: str, form: Form, names: Counter[str]) -> str:
    """Return a file's name for a number: one without slashes, and another for a number used twice."""
    name = quote(number, safe=" ")
    names[name] += 1
    again = f" ({names[name]})" if names[name] > 1 else ""
    return f"{name}{again}.{'txt' if form is Form.TEXT else form}"

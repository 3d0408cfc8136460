"""The command that sends the notices that are due."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, show_faults, write_csv, write_json_lines
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import BILL, Format, FormatOption, Strict
from desk.cli.screen import out_console
from desk.cli.settings import configuration, open_to_record
from desk.cli.tables import new_table
from desk.cli.values import read_instant
from ledger.rules.instants import format_instant

if TYPE_CHECKING:
    from ledger.application.notice_outcomes import Outcome

app = typer.Typer()

_COLUMNS = (
    "license_id", "cutover_id", "charge_date", "channel", "kind", "result", "attempt", "late", "recipients",
    "subject", "reason", "next_at",
)  # fmt: skip
_CHANNELS = {"in_app": "in-app", "email": "e-mail"}
_RESULTS = {
    "sent": ("sent", "green"),
    "recovered": ("sent before, recorded now", "green"),
    "would_send": ("would be sent", "cyan"),
    "failed": ("failed", "bold red"),
    "given_up": ("given up", "bold red"),
    "waiting": ("waits", "yellow"),
    "no_recipient": ("nobody to send it to", "yellow"),
    "missed": ("missed", "dim"),
}
# Missed ones stay missed for ever: the table names the newest.
_MISSED_NAMED = 5

_Until = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="Send what is due by then; with --dry-run it may be still to come.",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send and record nothing.")]
_Preview = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--preview",
        metavar="LICENSE CUTOVER",
        show_default=False,
        help="Print what the notice of one licence says, as text; send and record nothing.",
    ),
]


@app.command(
    "notify",
    cls=LedgerCommand,
    rich_help_panel=BILL,
    epilog=examples("notify --dry-run", "notify --dry-run --until 2024-08-31T00:00:00Z --format jsonl"),
)
def notify(
    ctx: typer.Context,
    *,
    until: _Until = None,
    dry_run: _DryRun = False,
    preview: _Preview = None,
    form: FormatOption = Format.TABLE,
    strict: Strict = False,
) -> None:
    """Send the notices of cutovers that are due, in the product and by e-mail, each once.

    What the mail server does not take is tried again by a later run, after growing pauses. If a change that
    was announced no longer applies, its readers are told once. Ends with exit code 1 if a message failed.
    """
    settings = configuration(ctx)
    with open_to_record(ctx) as ledger:
        if preview is not None:
            letter = lazy.preview_notice(ledger, *preview, at=until or ledger.now())
            wording = lazy.wording_of(letter, settings)
            text = f"Subject: {wording.subject}\n\n{lazy.as_text(wording, settings.seller)}"
            out_console().print(Text(text.rstrip("\n")), soft_wrap=True)
            return
        with lazy.SmtpMailer(settings) as mailer, lazy.progress_of_things("Sending", None, "notices") as bar:
            post = lazy.Post(mailer, lambda payer: settings.payer(payer).email, settings.mail.attempts)
            run = lazy.run_notices(
                ledger, post, until=until, dry_run=dry_run, progress=lambda done, _: bar(done)
            )
    subjects = [lazy.wording_of(one.letter, settings).subject if one.letter else None for one in run.outcomes]
    rows = [_row(one, subject) for one, subject in zip(run.outcomes, subjects, strict=True)]
    if form is Format.TABLE:
        _table(rows)
    elif form is Format.CSV:
        write_csv((row | {"recipients": " ".join(row["recipients"])} for row in rows), _COLUMNS)
    else:
        write_json_lines([json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows], form)
    show_faults(run.faults)
    if run.went_wrong or (strict and run.faults):
        raise typer.Exit(FAILED)


def _row(outcome: "Outcome", subject: str | None) -> Row:
    about = outcome.subject
    return {
        "license_id": about.license_id,
        "cutover_id": about.cutover_id,
        "charge_date": about.charge_date.isoformat(),
        "channel": about.channel.value,
        "kind": about.kind.value,
        "result": outcome.result.value,
        "attempt": outcome.attempt,
        "late": outcome.is_late,
        "recipients": list(outcome.recipients),
        "subject": subject,
        "reason": outcome.reason,
        "next_at": format_instant(outcome.next_at) if outcome.next_at else None,
    }


def _table(rows: list[Row]) -> None:
    console = out_console()
    missed = sorted((row for row in rows if row["result"] == "missed"), key=lambda row: row["charge_date"])
    others = [row for row in rows if row["result"] != "missed"]
    if others:
        table = new_table()
        table.add_column("licence, cutover", overflow="fold")
        table.add_column("charge", no_wrap=True)
        table.add_column("message", overflow="fold")
        table.add_column("how it went", overflow="fold")
        for row in others:
            table.add_row(
                Text.assemble((row["license_id"], "bold"), f"\n  {row['cutover_id']}"),
                words.day(date.fromisoformat(row["charge_date"])),
                _message(row),
                Text("\n").join(_how(row)),
            )
        console.print(table)
    else:
        console.print("No notice was due.")
    if missed:
        named = ", ".join(dict.fromkeys(row["license_id"] for row in missed[: -_MISSED_NAMED - 1 : -1]))
        console.print(
            Text(
                f"{words.count(len(missed), 'notice')} missed: their charge came before they were sent "
                f"(the latest of {named}).",
                "dim",
            )
        )
    if others:
        console.print(Text(_summary(others), "dim"))


def _message(row: Row) -> Text:
    what = _CHANNELS[row["channel"]]
    if row["kind"] == "retraction":
        what += " taking it back"
    lines = [f"to {', '.join(row['recipients'])}"] if row["recipients"] else []
    if row["result"] == "would_send" and row["subject"]:
        lines.append(row["subject"])
    return Text.assemble(what, ("".join(f"\n  {line}" for line in lines), "dim"))


def _how(row: Row) -> Iterator[Text]:
    said, style = _RESULTS[row["result"]]
    if row["result"] in ("sent", "would_send") and row["late"]:
        said, style = f"{said} late", "yellow"
    attempt = row["attempt"]
    yield Text.assemble((said, style), f", attempt {attempt}" if attempt and attempt > 1 else "")
    if row["reason"]:
        yield Text(f"  {row['reason']}", "dim")
    if row["next_at"]:
        yield Text(f"  again from {words.instant(row['next_at'])} UTC", "dim")


def _summary(rows: list[Row]) -> str:
    counts = {said: sum(row["result"] == result for row in rows) for result, (said, _) in _RESULTS.items()}
    return f"{', '.join(f'{count} {said}' for said, count in counts.items() if count)}."

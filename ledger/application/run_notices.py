"""Send the notices that are due: in-app by recording them, e-mail through a mail server, each once."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime

from ledger.application.ask import DataFault, Question, ask_notices
from ledger.application.ledger import Ledger
from ledger.application.notice_contents import ContentsRead, NoticeContent, read_contents
from ledger.application.notice_envelopes import envelope_of
from ledger.application.notice_outcomes import NoticesRun, Outcome, Result, Subject
from ledger.application.notice_posting import Envelope, Post, Posting
from ledger.application.notice_retractions import Standing, retract
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import format_instant, parse_instant
from ledger.rules.words import Channel

WORK = "notify"


class UntilIsToCome(InvalidValue):
    """Raised for notices that are to be sent before they are due."""

    code = "until_is_to_come"
    template = "--until {until} is still to come; notices are sent when they are due, not before."
    hint = "Leave it out, or add --dry-run to see what will be sent by then."


@dataclass(frozen=True)
class _Due:
    """A row of the answer to `notices`, read."""

    subject: Subject
    state: str
    due_at: datetime

    @property
    def key(self) -> tuple[str, str, date]:
        """Return what tells its content from others."""
        return self.subject.license_id, self.subject.cutover_id, self.subject.charge_date


def run_notices(
    ledger: Ledger,
    post: Post,
    *,
    until: datetime | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> NoticesRun:
    """Send every notice that is due by `until` (default: now) and take back what no longer applies.

    What is known now counts, whatever `until` is. A notice whose charge has come is not sent but reported as
    missed. With `dry_run` nothing is sent or recorded, and `until`, also one to come, is the moment that is
    looked at. Raises AlreadyUnderWay if another run is at work on this ledger, UntilIsToCome.
    """
    now = ledger.now()
    if until is not None and dry_run:
        now = until
    elif until is not None and until > now:
        raise UntilIsToCome(until=format_instant(until))
    with nullcontext() if dry_run else ledger.store.alone(WORK):
        known_at = ledger.all_known(now)
        rows = list(_rows(ask_notices(ledger, Question(now, known_at)).lines))
        owed = [row for row in rows if row.due_at <= (until or now)]
        due = [row for row in owed if row.state == "due"]
        run = NoticesRun(next_due_at=_next_due_at(rows))
        posting = Posting(ledger, post, run, moment=now, dry_run=dry_run)
        # what must wait is seen first: what a notice says costs more than all the rest
        by_email = [row for row in due if row.subject.channel is Channel.EMAIL]
        envelopes = {row.subject: envelope_of(posting, row.subject) for row in by_email}
        sending = [row for row in due if envelopes.get(row.subject, row) is not None]
        read = read_contents(ledger, [row.subject.license_id for row in sending], now, known_at)
        run.faults += _faults(read)
        _send(posting, sending, envelopes, read.contents, progress)
        retract(posting, _standings(rows))
        run.outcomes += [Outcome(row.subject, Result.MISSED) for row in owed if row.state == "missed"]
    run.outcomes.sort(key=_place)
    return run


def _rows(lines: Iterable[str]) -> Iterable[_Due]:
    for line in lines:
        row = json.loads(line)
        subject = Subject(
            row["license_id"],
            row["cutover_id"],
            date.fromisoformat(row["charge_date"]),
            Channel(row["channel"]),
        )
        yield _Due(subject, row["state"], parse_instant(row["due_at"]))


def _next_due_at(rows: Iterable[_Due]) -> datetime | None:
    return min((row.due_at for row in rows if row.state == "scheduled"), default=None)


def _standings(rows: Iterable[_Due]) -> dict[tuple[str, str], Standing]:
    """Return the present notice of each licence and cutover: a banner is never shown for a date of old."""
    return {
        row.key[:2]: Standing(row.subject.charge_date, has_come=row.state == "ended")
        for row in rows
        if row.subject.channel is Channel.BANNER
    }


def _send(
    posting: Posting,
    sending: list[_Due],
    envelopes: Mapping[Subject, Envelope | None],
    contents: list[NoticeContent],
    progress: Callable[[int, int], None] | None,
) -> None:
    by_key = {(one.license_id, one.cutover_id, one.charge_date): one for one in contents}
    # in-app notices cannot fail: they are there at once, whatever the mail server does
    for done, row in enumerate(sorted(sending, key=lambda row: row.subject.channel is Channel.EMAIL)):
        content, envelope = by_key.get(row.key), envelopes.get(row.subject)
        # what was cancelled or moved since the question is seen to by the next run
        if content is not None and posting.now() < content.charge_at:
            if envelope is not None:
                posting.send(envelope, content)
            else:
                _show(posting, row.subject, content)
        if progress is not None:
            progress(done + 1, len(sending))


def _show(posting: Posting, subject: Subject, content: NoticeContent) -> None:
    """Let an in-app notice be there: by its event."""
    if not posting.dry_run:
        posting.record_sent(subject, 1)
    result = Result.WOULD_SEND if posting.dry_run else Result.SENT
    posting.done(Outcome(subject, result, attempt=1, is_late=content.is_late))


def _faults(read: ContentsRead) -> list[DataFault]:
    unread = [
        DataFault(
            "license_unreadable",
            f"licence {name}: what its notice says cannot be made: {reason}",
            "see what its log says (log), and use a release that can read it",
        )
        for name, reason in read.failed
    ]
    return read.faults + unread


def _place(outcome: Outcome) -> tuple[str, date, str, str, str]:
    subject = outcome.subject
    return subject.license_id, subject.charge_date, subject.cutover_id, subject.kind, subject.channel

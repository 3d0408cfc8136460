"""What a letter says in words: one wording for mail, pages and the preview, from the same values."""

from dataclasses import dataclass

from desk.documents.language import Language
from desk.mail.announcement import Announcement
from desk.mail.parts import AccountRow, Figure, Section
from ledger.application.mailing import LetterContent, Withdrawal
from ledger.application.notice_contents import NoticeContent


@dataclass(frozen=True)
class Wording:
    """A letter or an in-app notice; the parts that do not apply are empty."""

    subject: str
    title: str
    figures: tuple[Figure, ...]
    late: str
    sections: tuple[Section, ...]
    accounts: tuple[AccountRow, ...]
    closing: str


def worded(content: LetterContent, language: Language) -> Wording:
    """Say what a letter says: the numbers first, then why, then what can be done."""
    return _withdrawn(content, language) if isinstance(content, Withdrawal) else _announced(content, language)


def _announced(content: NoticeContent, language: Language) -> Wording:
    said = Announcement(content, language)
    return Wording(
        subject=f"{content.license_id}: {said.model_after} from {said.day}",
        title=f"{content.license_id} moves to {said.model_after} on {said.day}",
        figures=tuple(said.figures()),
        late=said.lateness() if content.is_late else "",
        sections=(
            Section("What changes", tuple(said.changes())),
            Section("How the invoice comes about", tuple(said.arithmetic())),
            Section("What you can do before", (said.deadline(),), tuple(said.ways())),
        ),
        accounts=tuple(said.rows()),
        closing="If all of this is as you want it, you need not do anything.",
    )


def _withdrawn(content: Withdrawal, language: Language) -> Wording:
    day = language.day(content.charge_date)
    title = f"{content.license_id}: the change on {day} does not apply"
    told = f"We wrote to you that {content.license_id} would be charged in another way from {day} on."
    if content.moved_to is None:
        now = "That does not apply any more: the change will not come on that date."
    else:
        now = (
            "That date does not apply any more. As things stand, the change comes on "
            f"{language.day(content.moved_to)}. You will get a notice of its own before, with new amounts."
        )
    return Wording(
        subject=title,
        title=title,
        figures=(),
        late="",
        sections=(Section("Please disregard our notice", (told, now)),),
        accounts=(),
        closing="You need not do anything. We are sorry for the trouble.",
    )

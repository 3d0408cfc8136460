"""The shape in which a page or another program gets an in-app notice or a banner: plain objects, worded."""

from dataclasses import asdict
from typing import Any

from desk.configuration import Configuration
from desk.documents.language import Language
from desk.mail.wording import worded
from ledger.application.in_app_notices import Banner, InAppNotice
from ledger.application.mailing import Withdrawal
from ledger.application.notice_contents import NoticeContent
from ledger.rules.instants import format_instant


def in_app_shape(notice: InAppNotice, configuration: Configuration) -> dict[str, Any]:
    """Return a notice as JSON can hold it; `amounts` is null once the notice applies no more."""
    content = notice.content or Withdrawal(notice.license_id, notice.cutover_id, notice.charge_date, None)
    return {
        "id": notice.notice_id,
        "license_id": notice.license_id,
        "cutover_id": notice.cutover_id,
        **_worded(content, configuration, notice.license_id),
        "amounts": _amounts(notice.content) if notice.content else None,
        "charge_date": notice.charge_date.isoformat(),
        "due_at": format_instant(notice.due_at),
        "sent_at": format_instant(notice.sent_at),
        "late": notice.late,
        "applies": notice.applies,
    }


def banner_shape(banner: Banner, configuration: Configuration) -> dict[str, Any]:
    """Return a banner as JSON can hold it."""
    return {
        "license_id": banner.license_id,
        "cutover_id": banner.cutover_id,
        **_worded(banner.content, configuration, banner.license_id),
        "amounts": _amounts(banner.content),
        "charge_date": banner.charge_date.isoformat(),
        "shows_from": format_instant(banner.shows_from),
        "shows_until": format_instant(banner.shows_until),
        "is_showing": banner.is_showing,
    }


def _worded(
    content: NoticeContent | Withdrawal, configuration: Configuration, license_id: str
) -> dict[str, Any]:
    payer_id = content.payer_id if isinstance(content, NoticeContent) else license_id
    wording = worded(content, Language(configuration.payer(payer_id).language))
    return {
        "title": wording.title,
        "figures": [asdict(figure) for figure in wording.figures],
        "sections": [asdict(section) for section in wording.sections],
        "accounts": [asdict(account) for account in wording.accounts],
    }


def _amounts(content: NoticeContent) -> dict[str, Any]:
    """Return the amounts in minor units; null where nobody can say."""
    return {
        "currency": content.currency,
        "last": content.last.total_minor if content.last else None,
        "expected": content.expected.total_minor if content.expected else None,
        "under_old_model": content.under_old_model.total_minor if content.under_old_model else None,
        "chatbot_savings": content.chatbot_savings_minor,
        "saves_by_suspending": content.savings.suspending_one,
        "saves_by_deleting": content.savings.deleting_one,
        "saves_by_suspending_redundant": content.savings.suspending_redundant,
    }

"""What the notice of one licence about one cutover says, without sending it."""

from datetime import datetime

from ledger.application.ledger import Ledger
from ledger.application.mailing import Letter
from ledger.application.notice_contents import read_contents
from ledger.rules.errors import NotFound


class NoticeNotFound(NotFound):
    """Raised where a cutover switches a licence not at all, so that there is no notice."""

    code = "notice_not_found"
    template = "There is no notice for licence {name!r}: cutover {cutover_id!r} does not switch it."
    hint = "notices --license shows which cutovers switch a licence, and when."


def preview_notice(ledger: Ledger, license_id: str, cutover_id: str, at: datetime) -> Letter:
    """Return the letter as it would be written at an instant, from what is known now; to nobody yet.

    Raises LicenseNotFound, NoticeNotFound.
    """
    read = read_contents(ledger, [license_id], at, ledger.all_known(at))
    for _, error in read.failed:
        raise error
    for content in read.contents:
        if content.cutover_id == cutover_id:
            return Letter("", "", content.payer_id, (), at, content)
    raise NoticeNotFound(what="notice", name=license_id, cutover_id=cutover_id)

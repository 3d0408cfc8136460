"""The in-app notices that somebody sees, the latest first: read, unread, and what each says today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ledger.application.accounts.accounts import Accounts, Visitor
from ledger.application.accounts.read_notices import mark_all_read, mark_read, read_marks
from ledger.application.apart import compute_apart
from ledger.application.in_app_notices import InAppNotice, in_app_notices, standing
from ledger.application.ledger import Ledger
from ledger.application.notice_trail import NoticeTrail, SentNotice
from ledger.rules.errors import NotFound

# so many are looked at for the bell; it says "more" beyond them
_MOST_COUNTED = 10
# a notice that a cutover does not call for any more is passed over; after so many pages of them one gives up
_MOST_PAGES = 5


class NoticeNotFound(NotFound):
    """Raised for a notice that is not there, or not for this visitor's eyes."""

    code = "notice_not_found"
    template = "There is no notice {name!r}."
    hint = "Look at the list of notices: it may have been taken back."


@dataclass(frozen=True)
class FeedNotice:
    """A notice, and whether the visitor has read it."""

    notice: InAppNotice
    position: int
    partner_id: str | None
    is_read: bool


@dataclass(frozen=True)
class FeedPage:
    """Some notices, the latest first; `next_before` is where the next page begins, None at the end."""

    notices: tuple[FeedNotice, ...]
    next_before: int | None


@dataclass(frozen=True)
class Feed:
    """A visitor's notices: a partner's are those of its own licences."""

    ledger: Ledger
    accounts: Accounts
    trail: NoticeTrail
    visitor: Visitor

    def page(self, *, unread_only: bool, before: int | None, at_most: int, at: datetime) -> FeedPage:
        """Return a page of notices as they read at an instant; those taken back are left out.

        A licence that cannot be understood has none until it is mended.
        """
        marks = read_marks(self.accounts, self.visitor.name)
        candidates = iter(
            one
            for one in self._visible()
            if (before is None or one.position < before) and not (unread_only and marks.cover(one))
        )
        found: list[FeedNotice] = []
        some: list[SentNotice] = []
        for _ in range(_MOST_PAGES):
            some = list(islice(candidates, at_most))
            said = self._say(some, at)
            found += [
                FeedNotice(said[one.key], one.position, one.partner_id, marks.cover(one))
                for one in some
                if one.key in said
            ]
            if len(some) < at_most:
                return FeedPage(tuple(found), None)
            if len(found) >= at_most:
                break
        more = next(candidates, None) is not None
        return FeedPage(tuple(found), some[-1].position if more else None)

    def count_unread(self, at: datetime) -> tuple[int, bool]:
        """Return how many notices are unread, and whether there are more than were counted."""
        marks = read_marks(self.accounts, self.visitor.name)
        candidates = iter(one for one in self._visible() if not marks.cover(one))
        some = list(islice(candidates, _MOST_COUNTED))
        standing_ids: set[str] = set()

        def look(license_ids: Sequence[str]) -> None:
            chosen = [one for one in some if one.key.license_id in license_ids]
            standing_ids.update(one.notice_id for one in standing(self.ledger, chosen, at))

        compute_apart(sorted({one.key.license_id for one in some}), look)
        return len(standing_ids), next(candidates, None) is not None

    def mark(self, notice_ids: Sequence[str]) -> None:
        """Take down that these were read; raises NoticeNotFound for one that the visitor cannot see."""
        wanted = set(notice_ids)
        found = [one for one in self._visible() if one.notice_id in wanted]
        missing = wanted - {one.notice_id for one in found}
        if missing:
            raise NoticeNotFound(what="notice", name=min(missing))
        mark_read(self.accounts, self.visitor.name, found)

    def mark_all(self) -> None:
        """Take down that all there are by now were read."""
        mark_all_read(self.accounts, self.visitor.name, self.trail.look(self.ledger).position)

    def _visible(self) -> tuple[SentNotice, ...]:
        return self.trail.look(self.ledger).visible_to(self.visitor.narrowed_to)

    def _say(self, some: Sequence[SentNotice], at: datetime) -> dict[tuple[object, ...], InAppNotice]:
        said: dict[tuple[object, ...], InAppNotice] = {}
        wanted = {one.key for one in some}

        def say(license_ids: Sequence[str]) -> None:
            for notice in in_app_notices(self.ledger, license_ids, at):
                if notice.key in wanted:
                    said[notice.key] = notice

        compute_apart(sorted({one.key.license_id for one in some}), say)
        return said

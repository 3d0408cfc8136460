"""Places at which a worker can be cut off, before or behind what it does there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from desk.mail.smtp import SmtpMailer
from ledger.application.invoice_drafts import Drafting
from ledger.application.notice_posting import Posting
from ledger.stores.bulk import WritingSession
from ledger.stores.deliveries import Deliveries
from replay.follow import Follower
from replay.working.billing import BillingJob
from replay.working.notifying import NotifyingJob
from tests.notices.world import PowerCut

OF_BILLING: list[tuple[type, str]] = [
    (Drafting, "draft"),
    (WritingSession, "commit"),
    (BillingJob, "run"),
    (Follower, "advance"),
]
OF_MAIL: list[tuple[type, str]] = [
    (Posting, "record_sent"),
    (Deliveries, "begin"),
    (SmtpMailer, "send"),
    (Deliveries, "accepted"),
    (NotifyingJob, "run"),
]


class Crash:
    """A cut at the nth passage of a place, before or behind it."""

    def __init__(self, place: tuple[type, str], passage: int, *, behind: bool) -> None:
        self._of, self._name = place
        self._left = passage
        self._behind = behind

    def __str__(self) -> str:
        return f"{'behind' if self._behind else 'before'} {self._of.__name__}.{self._name}"

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Cut once while the block lasts."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self._of, self._name, self._cutting(getattr(self._of, self._name)))
            yield

    def _cutting(self, does: Callable[..., Any]) -> Callable[..., Any]:
        def cut(*args: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._behind:
                raise PowerCut
            done = does(*args, **named)
            if self._left == 0:
                raise PowerCut
            return done

        return cut

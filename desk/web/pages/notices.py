"""In-app notices: what somebody should know about coming charges, unread until they say they read it."""

from datetime import date
from typing import Annotated

from fastapi import Body, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from desk.web.access import TheVisitor, may
from desk.web.desk import Desk, TheDesk
from desk.web.routing import Pages, View
from desk.web.times import Instant
from desk.web.told import ToldView, told
from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import Right
from ledger.application.notice_feed import Feed, FeedNotice

pages = Pages()

_A_PAGE = 20
_LAST_POSITION = 2**62
_SEE_OTHER = 303
_MOST_AT_ONCE = 100


class NoticeView(View):
    """A notice that went out in the product; `says` is null once it does not apply any more."""

    notice_id: str
    license_id: str
    partner_id: str | None
    cutover_id: str
    charge_date: date
    sent_at: Instant
    late: bool
    is_read: bool
    says: ToldView | None


class NoticesView(View):
    """Notices, the latest first; `next_before` is the `before` of the next page, null at the end."""

    unread: int
    has_more_unread: bool
    unread_only: bool
    before: int | None
    notices: list[NoticeView]
    next_before: int | None


class ReadAsked(View):
    """Notices to mark as read: those named, or with `all` whatever there is by now."""

    notice_ids: list[str] = Field(default=[], max_length=_MOST_AT_ONCE)
    all: bool = False


class ReadDone(View):
    """How many are unread now; `has_more` says that there are more than were counted."""

    unread: int
    has_more: bool


@pages.read("/notices", "notices.html", may(Right.READ_LICENSES), summary="List in-app notices")
def notices(
    desk: TheDesk,
    visitor: TheVisitor,
    unread: Annotated[bool, Query(description="Only those that you did not read.")] = False,
    before: Annotated[
        int | None, Query(ge=1, le=_LAST_POSITION, description="Only notices before this position.")
    ] = None,
) -> NoticesView:
    """Return a page of notices as they read now: a partner's are those of its own licences."""
    feed, now = feed_of(desk, visitor), desk.now()
    found = feed.page(unread_only=unread, before=before, at_most=_A_PAGE, at=now)
    number, has_more = feed.count_unread(now)
    return NoticesView(
        unread=number,
        has_more_unread=has_more,
        unread_only=unread,
        before=before,
        notices=[_view(one) for one in found.notices],
        next_before=found.next_before,
    )


@pages.form("/notices/read", may(Right.READ_LICENSES), name="do_read_notices")
def do_read_notices(
    *,
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    notice_id: Annotated[str, Form()] = "",
    unread: Annotated[bool, Form()] = False,
) -> Response:
    """Mark a notice as read, without one all of them, and show the list again."""
    _mark(desk, visitor, ReadAsked(notice_ids=[notice_id] if notice_id else [], all=not notice_id))
    address = request.app.url_path_for("notices")
    return RedirectResponse(f"{address}?unread=1" if unread else address, _SEE_OTHER)


@pages.data(
    "/notices/read",
    may(Right.READ_LICENSES),
    summary="Mark notices as read",
    name="api_do_read_notices",
    method="POST",
)
def api_do_read_notices(desk: TheDesk, visitor: TheVisitor, asked: Annotated[ReadAsked, Body()]) -> ReadDone:
    """Mark notices as read for the user who asks; from a session it needs the header X-CSRF-Token."""
    return _mark(desk, visitor, asked)


def feed_of(desk: Desk, visitor: Visitor) -> Feed:
    """Return a visitor's notices."""
    return Feed(desk.ledger, desk.accounts, desk.trail, visitor)


def _mark(desk: Desk, visitor: Visitor, asked: ReadAsked) -> ReadDone:
    feed = feed_of(desk, visitor)
    if asked.all:
        feed.mark_all()
    else:
        feed.mark(asked.notice_ids)
    number, has_more = feed.count_unread(desk.now())
    return ReadDone(unread=number, has_more=has_more)


def _view(one: FeedNotice) -> NoticeView:
    notice = one.notice
    return NoticeView(
        notice_id=notice.notice_id,
        license_id=notice.license_id,
        partner_id=one.partner_id,
        cutover_id=notice.cutover_id,
        charge_date=notice.charge_date,
        sent_at=notice.sent_at,
        late=notice.late,
        is_read=one.is_read,
        says=None if notice.content is None else told(notice.content),
    )

"""Who counted and who did not, each with the reason in words."""

from collections.abc import Sequence
from datetime import datetime

from desk import words
from desk.explaining.phrases import day_and_time, local_day
from desk.explaining.told import Group, Item
from ledger.events.license import AgentActivated
from replay.explain.explanation import Member, Peak

# who left before the month that is charged need not be read one by one
_GONE = ("deleted", "removed")
_REASONS = {
    "active": "active since {day}",
    "suspended": "suspended on {day}",
    "chatbot": "a ChatBot, there since {day}",
    "deleted": "deleted on {day}",
    "removed": "removed on {day}",
    "complimentary": "the partner's own account",
    "seat": "in a seat",
    "no_seat": "in no seat",
    "not_yet": "there since {day} only",
}
_FREE = {
    "chatbot": "a ChatBot, free under pay-per-user",
    "complimentary": "the partner's own account, free under pay-per-seat",
}


def counted_groups(
    members: Sequence[Member], time_zone: str, gone_before: datetime | None, *, at: str
) -> tuple[Group, ...]:
    """Return those who counted and those who did not; who was known to be gone before is only counted."""
    counted = [member for member in members if member.counted]
    others = [member for member in members if not member.counted]
    old = [
        member
        for member in others
        if gone_before is not None
        and member.why in _GONE
        and max(member.made_so.event.effective_at, member.made_so.event.recorded_at) <= gone_before
    ]
    rest = f"{words.count(len(old), 'other')} deleted or removed before that" if old else ""
    shown = [member for member in others if member not in old]
    groups = [
        Group(f"Counted {at}: {words.number(len(counted))}", _items(counted, time_zone)),
        Group("Not counted", _items(shown, time_zone), rest),
    ]
    return tuple(group for group in groups if group.items or group.rest)


def item_of(member: Member, time_zone: str) -> Item:
    """Return a member with why it counts, or does not, and the events behind that."""
    sits = member.seat is not None and member.why == "seat"
    events = (member.seat or member.made_so,) if sits else (member.made_so,)
    return Item(member.name, _why(member, time_zone), events)


def peak_in_words(peak: Peak) -> str:
    """Say when the most seats were in use at one time."""
    since = day_and_time(peak.at)
    if peak.at == peak.month_from:
        all_month = "all month long" if peak.until is None else f"until {day_and_time(peak.until)}"
        return all_month if peak.until is None else f"from its beginning on, {all_month}"
    if peak.until is None:
        return f"first reached on {since}, and still so at the end of the month"
    until = day_and_time(peak.until)
    if peak.until.date() == peak.at.date():
        until = until.split(", ")[1]
    return f"first reached on {since}, until {until}"


def _items(members: Sequence[Member], time_zone: str) -> tuple[Item, ...]:
    return tuple(item_of(member, time_zone) for member in members)


def _why(member: Member, time_zone: str) -> str:
    day = local_day(member.made_so.event.effective_at, time_zone)
    if not member.counted and member.why in _FREE:
        return _FREE[member.why]
    if member.seat is not None and member.why == "seat":
        return f"in a seat from {day_and_time(member.seat.event.effective_at)}"
    if member.why == "active" and isinstance(member.made_so.event, AgentActivated):
        return f"active again since {day}"
    if member.why == "suspended" and member.counted:
        return f"suspended since {day}, still an account"
    return _REASONS[member.why].format(day=day)

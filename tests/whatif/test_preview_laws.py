"""A preview is what the ledger will say, once random changes of random histories are recorded in a copy."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.rules.errors import LedgerError
from replay.preview.answer import Preview
from replay.preview.changes import Change, ChangeKind, TooFewChatBots
from replay.preview.previewing import preview
from tests.projections.drawn import FEWER_EXAMPLES
from tests.second_opinion.days import first_instant
from tests.second_opinion.histories import History
from tests.second_opinion.licences import Licence, licences_in
from tests.second_opinion.recipes import CYCLES, MODELS, PLANS
from tests.second_opinion.words import log_of
from tests.whatif.world import accounts, few_licences, invoices_ahead, known_by, ledger_of, record_changes

EACH = settings(
    max_examples=max(6, FEWER_EXAMPLES // 2), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Done = TypeVar("Done")
_COUNTED = (ChangeKind.ADD_AGENTS, ChangeKind.ADD_CHATBOTS, ChangeKind.REMOVE_CHATBOTS)


@st.composite
def moments(draw: st.DrawFn, lines: History) -> tuple[datetime, Licence]:
    """Draw an instant at which a licence is known, and the licence."""
    log = log_of(lines)
    licence = draw(st.sampled_from(licences_in(log, len(lines))))
    first = log.events[licence.position].recorded_at
    last = log.events[-1].recorded_at
    seconds = int((last - first).total_seconds())
    at = first + timedelta(seconds=draw(st.integers(0, max(seconds, 0))))
    nearest = min(max((at.year - licence.anchor.year) * 12 + at.month - licence.anchor.month, 0), 1000)
    # billing instants are where things go wrong
    return draw(st.sampled_from([at, max(first, licence.instant(nearest))])), licence


@st.composite
def changes(draw: st.DrawFn, lines: History, license_id: str, at: datetime) -> list[Change]:
    """Draw one to three changes, most of which can be recorded."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(ChangeKind))
        values: st.SearchStrategy[str | int]
        if kind in _COUNTED:
            values = st.integers(1, 3)
        elif kind is ChangeKind.PRICING_MODEL:
            values = st.sampled_from(MODELS)
        elif kind is ChangeKind.PLAN:
            values = st.sampled_from(PLANS)
        elif kind is ChangeKind.CYCLE:
            values = st.sampled_from(CYCLES)
        else:
            values = st.sampled_from(accounts(known_by(lines, at), license_id, "agent_id"))
        days = draw(st.sampled_from([None, -40, 0, 3, 17, 33, 70, 200]))
        when: date | datetime | None = None if days is None else at + timedelta(days=days)
        if isinstance(when, datetime) and draw(st.booleans()):
            when = when.date()
        found.append(Change(kind, draw(values), when))
    return found


def previewed(found: Preview, *, changed: bool) -> dict[str, object]:
    rows = {one.billing_date: one.after if changed else one.before for one in found.invoices}
    return {day: row for day, row in rows.items() if row is not None}


def attempted(act: Callable[[], Done]) -> Done | LedgerError:
    """Give what came of it, or why it was refused."""
    try:
        return act()
    except LedgerError as refusal:
        return refusal


def is_same_refusal(found: LedgerError, refusal: LedgerError | None) -> bool:
    """Tell whether both say the same; events that are only supposed have other ids, and no command counts."""
    if isinstance(found, TooFewChatBots):
        return True
    if refusal is None or refusal.code != found.code:
        return False
    named_anew = "what if" in str(found) or "new agent" in str(found) or "new ChatBot" in str(found)
    return named_anew or str(refusal) == str(found)


class TestAPreview:
    @EACH
    @given(st.data())
    def test_without_changes_is_what_the_ledger_expects(self, tmp_path: Path, data: st.DataObject) -> None:
        lines = data.draw(few_licences())
        at, licence = data.draw(moments(lines))
        until = (at + timedelta(days=data.draw(st.integers(20, 500)))).date()
        with ledger_of(tmp_path, lines, at) as (ledger, _):
            ends = first_instant(until, licence.zone)
            expected = invoices_ahead(ledger, licence.license_id, at, ends, at)
            found = preview(ledger, licence.license_id, [], at, until=until)
            assert previewed(found, changed=False) == previewed(found, changed=True) == expected
            assert found.difference_minor == 0
            nearest = preview(ledger, licence.license_id, [], at)
            charged = [day for day, row in sorted(expected.items()) if row["period_start"]]
            if charged:
                assert [one.billing_date for one in nearest.invoices] == [
                    day for day in sorted(expected) if day <= charged[0]
                ]

    @EACH
    @given(st.data())
    def test_with_changes_is_what_it_will_say_once_they_are_recorded(
        self, tmp_path: Path, data: st.DataObject
    ) -> None:
        lines = data.draw(few_licences())
        at, licence = data.draw(moments(lines))
        until = (at + timedelta(days=data.draw(st.integers(250, 500)))).date()
        supposed = data.draw(changes(lines, licence.license_id, at))
        with ledger_of(tmp_path, lines, at) as (ledger, _):
            found = attempted(lambda: preview(ledger, licence.license_id, supposed, at, until=until))
        with ledger_of(tmp_path, known_by(lines, at), at) as (copy, clock):
            timed = [(change, change.effective_at(at, licence.zone)) for change in supposed]
            refusal = attempted(lambda: record_changes(copy, clock, licence.license_id, timed))
            if isinstance(found, LedgerError):
                assert is_same_refusal(found, refusal)
                return
            assert refusal is None
            ends = first_instant(until, licence.zone)
            expected = invoices_ahead(copy, licence.license_id, at, ends, ends)
            # the invoice of the instant itself is shown where it changes
            come = {licence.date(n).isoformat() for n in range(600) if licence.instant(n) <= at}
            after = {day: row for day, row in previewed(found, changed=True).items() if day not in come}
            assert after == expected
        self._adds_up(found)

    def _adds_up(self, found: Preview) -> None:
        for invoice in found.invoices:
            assert sum(pair.difference_minor for pair in invoice.lines) == invoice.difference_minor
        assert sum(one.difference_minor for one in found.invoices) == found.difference_minor
        if len(found.changes) == 1:
            assert found.changes[0].alone_minor == found.difference_minor

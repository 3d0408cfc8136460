"""Lines that are read many at a time say what they say alone; whatever is odd is left to be read alone."""

import json
from itertools import repeat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.events.base import LedgerEvent
from ledger.events.catalogue import CATALOGUE, encode, parse_line
from ledger.events.license import AgentCreated
from ledger.events.plain_lines import PlainLines, events_of
from ledger.rules.instants import to_us
from tests.events.lines import line, values
from tests.events.odd_lines import odd_lines

AT = "2024-08-11T00:00:00.000000Z"
PLAIN = {
    "AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted", "ChatBotAdded", "ChatBotRemoved",
    "PricingModelSwitched", "PlanChanged", "BillingCycleChanged", "LicenseCancelled",
    "SeatTaken", "SeatReleased",
}  # fmt: skip


def good(event_type: str, **changed: object) -> bytes:
    """Return a plain line in compact JSON."""
    fields = values(event_type, **{"effective_at": AT, "recorded_at": AT, **changed})
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


Read = tuple[LedgerEvent, bytes] | None


def read_together(lines: list[bytes], reader: PlainLines | None = None) -> list[Read]:
    """Return the event and the canonical line of each line that is plain."""
    read: list[Read] = [None] * len(lines)
    for alike in (reader or PlainLines()).read(lines):
        events = events_of(alike)
        assert [event.subject for event in events] == [*(alike.subjects() or repeat(None, len(events)))]
        assert [int(event.fact) for event in events] == alike.facts(events)
        assert [to_us(event.effective_at) for event in events] == alike.effective_us
        assert [to_us(event.recorded_at) for event in events] == alike.recorded_us
        for place, event, state in zip(alike.places, events, alike.states, strict=True):
            assert read[place] is None
            read[place] = event, state
    return read


def agrees(lines: list[bytes], read: list[Read]) -> None:
    """Check what was read against the reader of one line."""
    for one, found in zip(lines, read, strict=True):
        if found is not None:
            event, state = found
            alone = parse_line(one)
            assert type(event) is type(alone)
            assert event == alone
            assert event.model_fields_set == alone.model_fields_set
            assert (event.stream_id, event.subject, event.fact) == (
                alone.stream_id,
                alone.subject,
                alone.fact,
            )
            assert state == encode(alone)


class TestPlainLines:
    def test_reads_the_types_of_plain_fields(self) -> None:
        lines = [good(name, id=f"{name}-{turn}") for turn in range(3) for name in CATALOGUE]
        read = read_together(lines)
        agrees(lines, read)
        assert {found[0].type for found in read if found is not None} == PLAIN

    @pytest.mark.parametrize("name", sorted(PLAIN))
    def test_keeps_a_canonical_line_as_it_is(self, name: str) -> None:
        canonical = encode(parse_line(good(name)))
        read = read_together([canonical + b"\r\n", canonical])
        assert [found and found[1] for found in read] == [canonical, canonical]

    @pytest.mark.parametrize("name", sorted(PLAIN))
    def test_reads_lines_with_spaces(self, name: str) -> None:
        spaced = line(name, effective_at=AT, recorded_at=AT)
        assert b'", "' in spaced
        read = read_together([spaced])
        agrees([spaced], read)
        assert read[0] is not None

    def test_tells_both_times_apart(self) -> None:
        late = good("SeatTaken", effective_at="2024-07-31T23:59:59.999999Z")
        lines = [late, good("SeatTaken"), late]
        agrees(lines, read := read_together(lines))
        assert [found is not None for found in read] == [True] * 3

    @pytest.mark.parametrize("name", sorted(PLAIN))
    def test_takes_the_spaces_out_of_a_line_in_canonical_order(self, name: str) -> None:
        canonical = encode(parse_line(good(name)))
        spaced = json.dumps(json.loads(canonical)).encode()
        read = read_together([spaced])
        assert [found and found[1] for found in read] == [canonical]

    def test_writes_out_what_is_left_to_its_default(self) -> None:
        lines = [good("AgentCreated", complimentary=given) for given in (True, False, ...)]
        read = read_together(lines)
        agrees(lines, read)
        free = [found[0].complimentary for found in read if found and isinstance(found[0], AgentCreated)]
        assert free == [True, False, False]

    def test_leaves_out_only_the_odd_lines_between(self) -> None:
        lines = [good("SeatTaken", id=f"e{number}") for number in range(40)]
        odd = {
            7: lines[7].replace(b'"lic"', b'"l\\u0069c"'),
            11: lines[11].replace(b"}", b',"id":"again"}'),
            13: b"\n",
            19: lines[19].replace(b"{", b"{ "),
            23: lines[23] + b"",
        }
        lines = [odd.get(place, one) for place, one in enumerate(lines)]
        read = read_together(lines)
        agrees(lines, read)
        assert [place for place, found in enumerate(read) if found is None] == [7, 11, 13, 19]

    def test_says_nothing_where_one_value_is_not_good(self) -> None:
        for bad in ({"actor": " "}, {"agent_id": "x" * 201}, {"recorded_at": "2024-08-11T24:00:00.000000Z"}):
            assert read_together([good("SeatTaken"), good("SeatTaken", **bad)]) == [None, None]

    def test_learns_also_behind_many_lines_that_are_not_plain(self) -> None:
        lines = [good("PricePublished", id=f"p{number}") for number in range(40)]
        lines += [good("SeatTaken", id=f"e{number}") for number in range(40)]
        assert [found is not None for found in read_together(lines)] == [False] * 40 + [True] * 40

    def test_does_not_learn_for_ever(self) -> None:
        reader = PlainLines()
        for number in range(40):
            fields = values("SeatTaken", effective_at=AT, recorded_at=AT)
            names = [*fields][number % 8 :] + [*fields][: number % 8]
            shuffled = {name: fields[name] for name in (names[::-1] if number % 16 > 7 else names)}
            separators = (",", ":") if number % 32 > 15 else (", ", ": ")
            reader.read([json.dumps(shuffled, separators=separators).encode()])
        assert len(reader._looks) == 16

    @given(st.lists(st.lists(odd_lines(), max_size=12), max_size=3))
    @example([[good("SeatTaken"), b"x" + good("SeatTaken"), good("SeatTaken")[:-1]]])
    @example([[good("SeatTaken"), b"[]\n", b"\n"], [b"\n", good("SeatTaken"), b"\r\n", b"\n"]])
    @example([[good("SeatTaken"), good("AgentActivated").replace(b",", b", ").replace(b":", b": "), b"\n"]])
    def test_agrees_with_the_reader_of_one_line(self, batches: list[list[bytes]]) -> None:
        reader = PlainLines()
        for lines in batches:
            agrees(lines, read_together(lines, reader))

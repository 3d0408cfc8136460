"""The way of an event into a store and back, by the library's own event store."""

from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import JSONTranscoder

from ledger.events.catalogue import encode, propose
from ledger.events.entry import Entry
from ledger.events.facts import Fact
from ledger.rules.instants import from_us
from ledger.stores.log_row import restamped
from ledger.stores.mapper import LedgerMapper
from ledger.stores.store import Store

TAKEN_AT = datetime(2024, 8, 11, 9, 30, 0, 250, tzinfo=UTC)
RECORDED_AT = datetime(2024, 8, 11, 9, 31, tzinfo=UTC)


@pytest.fixture
def entry() -> Entry:
    event = propose(
        "SeatTaken",
        id="key",
        license_id="a/b",
        agent_id="żółw@example.com",
        actor="system",
        effective_at=TAKEN_AT,
        recorded_at=RECORDED_AT,
    )
    return Entry(event.stream_id, 1, event)


class TestLedgerMapper:
    def test_fills_the_columns_that_projections_read(self, entry: Entry) -> None:
        row = LedgerMapper(transcoder=JSONTranscoder()).to_stored_event(entry)
        assert row.originator_id == "license/a%2Fb/seats/%C5%BC%C3%B3%C5%82w@example.com/2024-08"
        assert (row.event_id, row.license_id, row.subject, row.fact, row.topic) == (
            "key",
            "a/b",
            "żółw@example.com",
            Fact.SEAT_TAKEN,
            "SeatTaken@1",
        )
        assert (from_us(row.effective_us), from_us(row.recorded_us)) == (TAKEN_AT, RECORDED_AT)
        assert row.state == encode(entry.event)

    def test_gives_back_what_it_was_given(self, entry: Entry, store: Store) -> None:
        (recording,) = store.event_store.put([entry])
        assert list(store.event_store.get(entry.originator_id)) == [entry]
        assert store.positions_of(["key"]) == {"key": recording.notification.id}

    def test_restamps_column_and_state_alike(self, entry: Entry) -> None:
        mapper = LedgerMapper()
        later = RECORDED_AT.replace(microsecond=7)
        row = mapper.to_stored_event(entry)
        stamped = restamped(row, row.recorded_us + 7)
        again = mapper.to_domain_event(stamped)
        assert again.event == entry.event.model_copy(update={"recorded_at": later})
        assert mapper.to_stored_event(again) == stamped

    def test_records_entries_only(self) -> None:
        with pytest.raises(TypeError, match="Entry"):
            LedgerMapper().to_stored_event(object())  # type: ignore[arg-type]  # that is the point

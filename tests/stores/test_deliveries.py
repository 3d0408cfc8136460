"""The bookkeeping of messages, on every kind of store."""

import pytest

from ledger.stores.deliveries import Delivery, DeliveryState, Message
from ledger.stores.locations import open_store
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, rows

KEY = "0" * 32


def message(key: str = KEY, kind: str = "notice", recipients: tuple[str, ...] = ("a@x.example",)) -> Message:
    return Message(
        key, kind, "it's 50% {off}", "c", "2024-08-24", "żółw", recipients, f"<{key}@ledger.example>"
    )


class TestDeliveries:
    def test_are_none_where_nothing_left(self, store: Store) -> None:
        assert store.deliveries.of([KEY]) == {}
        assert store.deliveries.of([]) == {}
        assert store.deliveries.in_state("notice", DeliveryState.ACCEPTED) == []

    def test_are_known_before_the_server_answers(self, store: Store) -> None:
        store.deliveries.begin(message(), NOON_US)
        trying = Delivery(message(), DeliveryState.TRYING, 1, NOON_US, None, None)
        assert store.deliveries.of([KEY, "other"]) == {KEY: trying}

    def test_keep_their_id_and_count_over_attempts(self, store: Store) -> None:
        store.deliveries.begin(message(), NOON_US)
        store.deliveries.failed(KEY, "451 later", for_good=False)
        assert store.deliveries.of([KEY])[KEY].state is DeliveryState.FAILED
        store.deliveries.begin(message(recipients=("b@x.example", "c@x.example")), NOON_US + 1)
        store.deliveries.accepted(KEY, NOON_US + 2)
        [again] = store.deliveries.in_state("notice", DeliveryState.ACCEPTED)
        assert (again.attempts, again.tried_us, again.accepted_us) == (2, NOON_US + 1, NOON_US + 2)
        assert again.message.recipients == ("b@x.example", "c@x.example")
        assert again.reason is None

    def test_noted_twice_for_one_instant_are_one_attempt(self, store: Store) -> None:
        for _ in range(2):
            store.deliveries.begin(message(), NOON_US)
        assert store.deliveries.of([KEY])[KEY].attempts == 1
        store.deliveries.failed(KEY, "451 later", for_good=False)
        store.deliveries.begin(message(), NOON_US)
        assert store.deliveries.of([KEY])[KEY].attempts == 2

    def test_tell_what_is_refused_for_good(self, store: Store) -> None:
        store.deliveries.begin(message(), NOON_US)
        store.deliveries.failed(KEY, "550 unknown", for_good=True)
        refused = store.deliveries.of([KEY])[KEY]
        assert (refused.state, refused.reason) == (DeliveryState.REFUSED, "550 unknown")

    def test_are_told_apart_by_kind_and_state(self, store: Store) -> None:
        for key, kind in (("b", "notice"), ("a", "notice"), ("c", "retraction")):
            store.deliveries.begin(message(key, kind), NOON_US)
            store.deliveries.accepted(key, NOON_US)
        store.deliveries.begin(message("d"), NOON_US)
        store.deliveries.settle("b")
        found = store.deliveries.in_state("notice", DeliveryState.ACCEPTED)
        assert [one.message.key for one in found] == ["a"]

    def test_stay_when_the_store_is_opened_again(self, store_url: str) -> None:
        with open_store(store_url, create=True) as store:
            store.deliveries.begin(message(), NOON_US)
        with open_store(store_url, create=False) as store:
            assert set(store.deliveries.of([KEY])) == {KEY}

    def test_leave_the_log_alone(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 2))
        last = store.last_recorded()
        store.deliveries.begin(message(), NOON_US)
        assert store.last_recorded() == last

    @pytest.mark.parametrize("times", [2])
    def test_can_be_begun_in_a_store_that_another_opened_before(self, store_url: str, times: int) -> None:
        with open_store(store_url, create=True) as first, open_store(store_url, create=False) as second:
            for number, store in enumerate((first, second) * times):
                store.deliveries.begin(message(), NOON_US + number)
            assert first.deliveries.of([KEY])[KEY].attempts == 2 * times

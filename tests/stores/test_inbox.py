"""One contract for the inbox of every store: nothing is lost, and one delivery of a fact is the first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.stores.errors import StoreNotFound
from ledger.stores.inbox.deliveries import OPEN, Arrival, Delivery, Outcome
from ledger.stores.inbox.locations import open_inbox
from ledger.stores.inbox.store import Inbox
from ledger.stores.locations import open_store
from ledger.stores.store import Store

MINUTE_US = 60_000_000


@pytest.fixture
def inbox(store: Store) -> Inbox:
    return open_inbox(store, create=True)


def arrival(received_us: int, fact: str = "f", **others: str | None) -> Arrival:
    said = {"organization_id": "org", "license_id": None, "action": "agent_suspended", "subject": "ann"}
    return Arrival(received_us=received_us, fact=fact, body="{}", **{**said, **others})  # type: ignore[arg-type]  # of two kinds of text


def settle(inbox: Inbox, delivery: Delivery, outcome: Outcome, license_id: str | None = None) -> None:
    inbox.settle(delivery, outcome, settled_us=1, license_id=license_id, position=7)


class TestTakeIn:
    def test_keeps_what_came(self, inbox: Inbox) -> None:
        taken = inbox.take_in(arrival(5, subject="Ola Żak 🚀"), MINUTE_US)
        assert (taken.first, taken.overtaken) == (None, False)
        kept = inbox.delivery(taken.delivery.delivery_id)
        assert kept == taken.delivery
        assert (kept.subject, kept.first_us, kept.outcome) == ("Ola Żak 🚀", 5, Outcome.RECEIVED)

    @pytest.mark.parametrize("later_us", [0, 1, MINUTE_US])
    def test_names_the_first_of_the_same_fact_within_the_span(self, inbox: Inbox, later_us: int) -> None:
        first = inbox.take_in(arrival(5), MINUTE_US).delivery
        again = inbox.take_in(arrival(5 + later_us), MINUTE_US)
        assert again.first == first
        assert again.delivery.first_us == 5
        third = inbox.take_in(arrival(5 + later_us), MINUTE_US)
        assert third.first == first

    def test_counts_the_span_from_the_first_and_not_from_its_retries(self, inbox: Inbox) -> None:
        inbox.take_in(arrival(0), MINUTE_US)
        inbox.take_in(arrival(MINUTE_US), MINUTE_US)
        assert inbox.take_in(arrival(MINUTE_US + 1), MINUTE_US).first is None

    def test_takes_a_first_that_another_clock_dates_a_little_later(self, inbox: Inbox) -> None:
        first = inbox.take_in(arrival(1_000), MINUTE_US).delivery
        assert inbox.take_in(arrival(0), MINUTE_US).first == first

    def test_tells_other_facts_apart(self, inbox: Inbox) -> None:
        inbox.take_in(arrival(5), MINUTE_US)
        assert inbox.take_in(arrival(5, fact="g"), MINUTE_US).first is None

    def test_tells_that_something_else_of_the_subject_came_between(self, inbox: Inbox) -> None:
        inbox.take_in(arrival(5), MINUTE_US)
        inbox.take_in(arrival(6, fact="h", subject="bob"), MINUTE_US)
        assert not inbox.take_in(arrival(7), MINUTE_US).overtaken
        inbox.take_in(arrival(8, fact="g"), MINUTE_US)
        assert inbox.take_in(arrival(9), MINUTE_US).overtaken

    def test_tells_so_of_a_licence_that_has_two_names(self, inbox: Inbox) -> None:
        inbox.take_in(arrival(5, license_id="acme"), MINUTE_US)
        inbox.take_in(arrival(6, fact="g", organization_id="1520", license_id="acme"), MINUTE_US)
        assert inbox.take_in(arrival(7, license_id="acme"), MINUTE_US).overtaken

    def test_has_one_first_however_many_take_in_at_once(self, store_url: str) -> None:
        open_store(store_url, create=True).close()
        stores = [open_store(store_url, create=False) for _ in range(3)]
        inboxes = [open_inbox(each, create=True) for each in stores]
        with ThreadPoolExecutor(6) as pool:
            taken = list(pool.map(lambda n: inboxes[n % 3].take_in(arrival(n), MINUTE_US), range(30)))
        assert len([one for one in taken if one.first is None]) == 1
        assert len({one.delivery.first_us for one in taken}) == 1
        assert len({one.delivery.delivery_id for one in taken}) == 30
        for each in stores:
            each.close()


class TestSettle:
    def test_writes_down_what_became_of_it(self, inbox: Inbox) -> None:
        taken = inbox.take_in(arrival(5), MINUTE_US).delivery
        settle(inbox, taken, Outcome.RECORDED, "acme")
        kept = inbox.delivery(taken.delivery_id)
        assert kept is not None
        assert (kept.outcome, kept.license_id, kept.position) == (Outcome.RECORDED, "acme", 7)

    def test_leaves_what_is_settled_as_it_is(self, inbox: Inbox) -> None:
        taken = inbox.take_in(arrival(5), MINUTE_US).delivery
        settle(inbox, taken, Outcome.RECORDED)
        settle(inbox, taken, Outcome.DISMISSED)
        assert [one.outcome for one in inbox.with_outcomes(tuple(Outcome))] == [Outcome.RECORDED]

    def test_settles_later_what_was_kept_aside(self, inbox: Inbox) -> None:
        taken = inbox.take_in(arrival(5), MINUTE_US).delivery
        settle(inbox, taken, Outcome.KEPT_ASIDE)
        assert [one.delivery_id for one in inbox.with_outcomes(OPEN)] == [taken.delivery_id]
        settle(inbox, taken, Outcome.RECORDED)
        assert inbox.with_outcomes(OPEN) == []
        assert inbox.counts() == {Outcome.RECORDED: 1}


class TestLastAbout:
    def test_is_the_last_before_it_that_had_its_effect(self, inbox: Inbox) -> None:
        asked = inbox.take_in(arrival(1, fact="a", action="agent_created"), MINUTE_US).delivery
        settle(inbox, asked, Outcome.AWAITING_APPROVAL, "acme")
        refused = inbox.take_in(arrival(2, fact="b"), MINUTE_US).delivery
        settle(inbox, refused, Outcome.KEPT_ASIDE)
        elsewhere = inbox.take_in(arrival(3, fact="c", organization_id="other"), MINUTE_US).delivery
        settle(inbox, elsewhere, Outcome.RECORDED, "globex")
        now = inbox.take_in(arrival(4, fact="d"), MINUTE_US).delivery
        found = inbox.last_about(now, "acme")
        assert found is not None
        assert found.delivery_id == asked.delivery_id
        # the sender's other name for the same licence
        other_name = inbox.take_in(arrival(5, fact="e", organization_id="1520"), MINUTE_US).delivery
        found = inbox.last_about(other_name, "acme")
        assert found is not None
        assert found.delivery_id == asked.delivery_id
        assert inbox.last_about(asked, "acme") is None


class TestOpening:
    def test_finds_nothing_where_nobody_made_one(self, store: Store) -> None:
        inbox = open_inbox(store, create=False)
        assert inbox.with_outcomes(tuple(Outcome)) == []
        assert inbox.delivery(1) is None

    def test_may_be_done_by_several_at_once_and_again(self, store: Store) -> None:
        with ThreadPoolExecutor(4) as pool:
            opened = list(pool.map(lambda _: open_inbox(store, create=True), range(4)))
        opened[0].take_in(arrival(5), MINUTE_US)
        assert len(open_inbox(store, create=True).with_outcomes(OPEN)) == 1

    def test_leaves_a_ledger_that_opens_as_before(self, store_url: str) -> None:
        with open_store(store_url, create=True) as store:
            open_inbox(store, create=True).take_in(arrival(5), MINUTE_US)
        with open_store(store_url, create=False) as store:
            assert len(open_inbox(store, create=False).with_outcomes(OPEN)) == 1

    def test_makes_no_ledger(self, store_url: str) -> None:
        with pytest.raises(StoreNotFound):
            open_store(store_url, create=False)

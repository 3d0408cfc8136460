"""What runs for ever outlives the loss of its database, and only that."""

import threading
from collections.abc import Callable

import pytest

from ledger.stores.errors import StoreDiskFull, StoreUnreachable
from replay.losing import Back, Lost, through_losses

LOST = StoreUnreachable(url="the-store", reason="no answer")


class TestThroughLosses:
    def test_begins_anew_and_tells_of_each_loss_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("replay.losing._FIRST_PAUSE_S", 0.001)
        told: list[Lost | Back] = []
        goes = iter("xx-x--")

        def act(went_well: Callable[[], None]) -> None:
            for each in goes:
                if each == "x":
                    raise LOST
                went_well()

        through_losses(act, told.append, threading.Event())
        assert told == [Lost(str(LOST)), Back()] * 2

    def test_ends_when_it_is_told_to_meanwhile(self) -> None:
        stop, told = threading.Event(), []

        def tell(happening: Lost | Back) -> None:
            told.append(happening)
            stop.set()

        def act(_: Callable[[], None]) -> None:
            raise LOST

        through_losses(act, tell, stop)
        assert told == [Lost(str(LOST))]

    def test_raises_what_waiting_does_not_mend(self) -> None:
        def act(_: Callable[[], None]) -> None:
            raise StoreDiskFull(url="the-store")

        with pytest.raises(StoreDiskFull):
            through_losses(act, lambda _: None, threading.Event())

"""The sample programme from May to December 2024, day by day, with the worker's own loop."""

import threading
from pathlib import Path

from ledger.application.ledger import Ledger
from tests.application.desk import HandClock
from tests.notices.servers import Manners, serving
from tests.work.world import BEGIN, Walk, worker
from tests.work.year import Year


def test_comes_out_as_the_projections_say(postgres_url: str, tmp_path: Path) -> None:
    clock, manners = HandClock(), Manners()
    clock.now = BEGIN
    with serving(manners) as port, Ledger.open(postgres_url, create=True, clock=clock) as ledger:
        worker(ledger, port).run(threading.Event(), Walk(ledger, clock))
        Year(ledger, f"sqlite:///{tmp_path / 'beside.db'}", manners.taken).assert_right()
    ids = [message["Message-ID"] for message in manners.taken]
    assert len(set(ids)) == len(ids) > 20

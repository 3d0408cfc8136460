"""A rebuild while others record: after catching up it is what a rebuild from nothing makes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ledger.application.ask import QUESTIONS, Question
from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from ledger.application.suspend_agent import suspend_agent
from ledger.rules.instants import from_us
from replay.follow import Follower
from replay.rebuild.checking import check
from replay.rebuild.rebuilding import Order, rebuild, tables_of
from replay.rebuild.running import in_this_process
from tests.rebuild.world import World

WRITERS = 4
LICENSES = ("acme-bakery-peak", "acme-hotel-annual", "signup-late-hire", "acme-created-9-june")


def write(url: str, license_id: str, stop: threading.Event) -> int:
    """Create and suspend agents until told to stop; return how many."""
    meta, written = CommandMeta(), 0
    with Ledger.open(url, create=False) as ledger:
        while not stop.is_set():
            agent_id = f"new-{written}@{license_id}.example"
            create_agent(ledger, license_id=license_id, agent_id=agent_id, meta=meta)
            suspend_agent(ledger, license_id=license_id, agent_id=agent_id, meta=meta)
            written += 1
    return written


@contextmanager
def writers(url: str) -> Iterator[list[int]]:
    """Let four others record meanwhile; afterwards the list says how much each did."""
    stop, written = threading.Event(), list[int]()
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, url, name, stop) for name in LICENSES]
        try:
            yield written
        finally:
            stop.set()
        written.extend(one.result() for one in running)


class TestRebuild:
    def test_while_four_others_record_is_one_from_nothing_once_it_has_caught_up(
        self, each_world: World
    ) -> None:
        world = each_world
        order = Order(tables_of(()), world.staging, world.archive, in_this_process)
        with writers(world.url) as written:
            report = rebuild(world.ledger, order, lambda _: None)
        assert all(written)
        assert report.position > report.events
        Follower(world.ledger, lambda _: None).run(threading.Event(), once=True)
        assert check(world.ledger, order, lambda _: None).differences == []
        last = world.ledger.store.last_recorded()
        assert last is not None
        question = Question(from_us(last.recorded_us))
        held = {name: ask(world.ledger, question) for name, ask in QUESTIONS.items()}
        again = rebuild(world.ledger, order, lambda _: None)
        assert again.position == last.position
        for name, ask in QUESTIONS.items():
            answer = ask(world.ledger, question)
            assert "read models" in answer.source
            assert "read models" in held[name].source
            assert answer.lines == held[name].lines

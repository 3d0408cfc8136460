"""A walk in a process of its own, to be killed: `python -m tests.work.walking URL MAIL_PORT INSTANT`.

It says to where the clock jumps, a line each, before it does what is due then.
"""

import sys
import threading
from datetime import datetime

from ledger.application.ledger import Ledger
from ledger.rules.instants import format_instant
from tests.application.desk import HandClock
from tests.work.world import Walk, worker


def main(url: str, port: str, begins_at: str) -> None:
    clock = HandClock()
    clock.now = datetime.fromisoformat(begins_at)
    with Ledger.open(url, create=True, clock=clock) as ledger:
        walk = Walk(ledger, clock)
        walk.came_to = lambda now: print(format_instant(now), flush=True)  # noqa: T201 - it is what it says
        worker(ledger, int(port)).run(threading.Event(), walk)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The same year by workers that are killed, or cut off, at twenty moments: the same result, nothing twice."""

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ledger.application.ledger import Ledger
from tests.application.desk import HandClock
from tests.notices.servers import Manners, serving
from tests.notices.world import PowerCut
from tests.work.crashes import OF_BILLING, OF_MAIL, Crash
from tests.work.world import BEGIN, Walk, worker
from tests.work.year import Year

MOMENTS, KILLED = 20, 4
PLACES = (OF_BILLING, OF_MAIL)
LONGEST_LIFE_S = 0.3


def crashes(rng: random.Random) -> list[Crash]:
    """Give cuts before and behind places, in a random order; those of mail when there is any."""
    billing, mail = ([(place, behind) for place in of for behind in (False, True)] for of in PLACES)
    chosen = rng.sample(billing, MOMENTS - KILLED - len(mail)) + rng.sample(mail, len(mail))
    return [Crash(place, rng.randint(1, 3), behind=behind) for place, behind in chosen]


def killed(url: str, port: int, begins_at: datetime, rng: random.Random) -> datetime:
    """Walk in a process, kill it somewhere, and return how far its clock was."""
    walking = [sys.executable, "-m", "tests.work.walking", url, str(port), begins_at.isoformat()]
    with subprocess.Popen(walking, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as life:
        assert life.stdout is not None
        said = [life.stdout.readline() for _ in range(rng.randint(1, 12))]
        with suppress(subprocess.TimeoutExpired):
            life.wait(rng.uniform(0, LONGEST_LIFE_S))
        life.kill()
        rest, error = life.communicate()
    whole = [line for line in [*said, *rest.splitlines(keepends=True)] if line.endswith("\n")]
    assert whole, error
    return datetime.fromisoformat(whole[-1].strip())


@contextmanager
def begun(url: str, clock: HandClock) -> Iterator[tuple[Ledger, Walk]]:
    with Ledger.open(url, create=True, clock=clock) as ledger:
        yield ledger, Walk(ledger, clock)


def test_comes_out_the_same(postgres_url: str, tmp_path: Path) -> None:
    rng = random.Random(os.environ.get("HYPOTHESIS_SEED"))
    clock, manners = HandClock(), Manners()
    clock.now = BEGIN
    cut_off = []
    with serving(manners) as port:
        for _ in range(KILLED):
            clock.now = killed(postgres_url, port, clock.now, rng)
            cut_off.append("killed")
        for crash in crashes(rng):
            with begun(postgres_url, clock) as (ledger, walk), crash.armed(), suppress(PowerCut):
                worker(ledger, port).run(threading.Event(), walk)
                raise AssertionError(f"nobody was cut off {crash}")
            cut_off.append(str(crash))
        assert len(cut_off) == MOMENTS
        with begun(postgres_url, clock) as (ledger, walk):
            worker(ledger, port).run(threading.Event(), walk)
            Year(ledger, f"sqlite:///{tmp_path / 'beside.db'}", manners.taken).assert_right()
    # a mail may come twice where nobody could note that the server had taken it, and has the same id then
    twice = sum(Counter(message["Message-ID"] for message in manners.taken).values()) - len(
        {message["Message-ID"] for message in manners.taken}
    )
    assert twice == sum(cut in ("behind SmtpMailer.send", "before Deliveries.accepted") for cut in cut_off)

"""Followers that are killed in the middle, while others record: nothing is lost and nothing counts twice."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

from ledger.application.ask import Question
from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.rules.clock import system_clock
from replay.sample import sample_history
from tests.application.desk import a_license, imported, meta
from tests.replay.following import assert_following_changes_no_answer

FAR = datetime(2090, 1, 1, tzinfo=UTC)
WRITERS = 4
FOLLOW = "from desk.cli.main import main; main()"


def record(url: str, writer: int, failures: list[BaseException]) -> None:
    try:
        with Ledger.open(url, create=False) as ledger:
            for number in range(3):
                name = f"licence-{writer}-{number}"
                a_license(ledger, name)
                create_agent(ledger, license_id=name, agent_id="bob", meta=meta())
    except BaseException as error:
        failures.append(error)


def test_a_killed_follower_loses_nothing(store_url: str) -> None:
    failures: list[BaseException] = []
    with Ledger.open(store_url, create=True) as ledger:
        imported(ledger, sample_history())
    writers = [
        threading.Thread(target=record, args=(store_url, writer, failures)) for writer in range(WRITERS)
    ]
    follower = subprocess.Popen(
        [sys.executable, "-c", FOLLOW, "--store", store_url, "follow"], stderr=subprocess.PIPE
    )
    for one in writers:
        one.start()
    assert follower.stderr is not None
    assert follower.stderr.readline().startswith(b"Version 1: ")
    follower.kill()
    follower.communicate()
    for one in writers:
        one.join()
    assert not failures
    # the dead one's leases run out
    with Ledger.open(store_url, create=False, clock=lambda: system_clock() + timedelta(minutes=2)) as ledger:
        a_license(ledger, "the-last")
        assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR))

"""A rebuild that is killed again and again, at random moments, comes to what it would have come to."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

from tests.rebuild.world import TASK_ROWS, World

KILLS = 20
# seconds; a run takes somewhat longer on a quiet machine
LONGEST = 2.0

RUN = """
import sys
from ledger.application.ledger import Ledger
from replay.rebuild.plan import prepare
from replay.rebuild.running import in_a_pool, run
if __name__ == "__main__":
    url, staging, archive, through_us, task_rows = sys.argv[1:]
    with Ledger.open(url, create=False) as ledger:
        plan = prepare(ledger, staging, archive, int(through_us), task_rows=int(task_rows))
        print(run(plan, in_a_pool(2)).digest)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "rebuilds.py"
    path.write_text(RUN)
    return path


def command(world: World, program: Path) -> list[str]:
    places = (world.url, world.staging, world.archive, str(world.through_us), str(TASK_ROWS))
    return [sys.executable, str(program), *places]


def started(world: World, program: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    return subprocess.Popen(
        command(world, program), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )


class TestRebuild:
    def test_killed_at_twenty_random_moments_comes_to_the_same(self, world: World, program: Path) -> None:
        rng, killed, digests = random.Random(os.environ.get("HYPOTHESIS_SEED")), 0, []
        while killed < KILLS:
            with started(world, program) as run:
                assert run.stdout is not None
                # a run that has said its digest is done, though it takes the system a while to end it
                if select([run.stdout], [], [], rng.uniform(0.1, LONGEST))[0]:
                    digests.append(run.communicate()[0].decode().strip())
                else:
                    run.send_signal(signal.SIGKILL)
                    # its workers have the other end of the pipe too: that it closes says that they ended
                    assert run.communicate(timeout=60)[0] == b""
                killed += 1
        with started(world, program) as run:
            digests.append(run.communicate()[0].decode().strip())
        assert set(digests) == {world.digest}

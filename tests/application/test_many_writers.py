"""Several writers at once: one wins a round, none loses what it recorded, and the log stays importable."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from ledger.aggregates.license import OutOfOrder
from ledger.application.activate_agent import activate_agent
from ledger.application.add_chatbot import add_chatbot
from ledger.application.announce_cutover import announce_cutover
from ledger.application.change_team import LastOwner, change_team
from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.register_partner import register_partner
from ledger.application.show_team import TeamChange
from ledger.application.suspend_agent import suspend_agent
from ledger.application.take_seat import take_seat
from ledger.rules.errors import Conflict
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, exported, imported, log_of, meta


def together(*jobs: Callable[[], None]) -> None:
    """Run the jobs in threads that start at once; raises what one of them raised."""
    start = threading.Barrier(len(jobs))

    def after_start(job: Callable[[], None]) -> None:
        start.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        for ended in [threads.submit(after_start, job) for job in jobs]:
            ended.result()


class TestManyWriters:
    ROUNDS = 20

    def test_leave_one_winner_a_round(self, store_url: str, clock: HandClock) -> None:
        outcomes: list[str] = []
        rounds = threading.Barrier(2)

        def writer() -> None:
            with Ledger.open(store_url, create=False, clock=clock) as ledger:
                for number in range(self.ROUNDS):
                    rounds.wait()
                    try:
                        add_chatbot(ledger, license_id="acme", bot_id=f"b{number}", meta=meta())
                        outcomes.append("won")
                    except OutOfOrder:
                        outcomes.append("lost")

        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            together(writer, writer)
            history = exported(ledger)
        assert outcomes.count("won") == outcomes.count("lost") == self.ROUNDS
        assert history.count(b"ChatBotAdded") == self.ROUNDS

    def test_share_a_ledger_and_its_memory(self, ledger: Ledger) -> None:
        a_license(ledger)

        def writer(name: str) -> Callable[[], None]:
            def job() -> None:
                for number in range(self.ROUNDS):
                    while not added(f"{name}{number}"):
                        pass

            return job

        def added(bot_id: str) -> bool:
            try:
                add_chatbot(ledger, license_id="acme", bot_id=bot_id, meta=meta())
            except OutOfOrder:
                raise
            except Conflict:
                return False
            return True

        together(writer("x"), writer("y"), writer("z"))
        assert exported(ledger).count(b"ChatBotAdded") == 3 * self.ROUNDS

    def test_leave_a_log_that_can_be_imported(self, store_url: str, tmp_path: Path, clock: HandClock) -> None:
        def writer() -> None:
            with Ledger.open(store_url, create=False, clock=clock) as ledger:
                for _ in range(self.ROUNDS):
                    for deed in (take_seat, suspend_agent, activate_agent):
                        with suppress(Conflict):
                            deed(ledger, license_id="acme", agent_id=ANN, meta=meta())

        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            together(writer, writer, writer)
            history = exported(ledger)
        with Ledger.open(f"sqlite:///{tmp_path / 'another.db'}", create=True) as another:
            imported(another, history)
            assert exported(another) == history

    def test_leave_an_owner_whoever_suspends_whom(self, store_url: str, clock: HandClock) -> None:
        rounds, change = threading.Barrier(2), TeamChange.SUSPEND
        kept: list[str] = []

        def suspending(agent_id: str) -> Callable[[], None]:
            def job() -> None:
                with Ledger.open(store_url, create=False, clock=clock) as ledger:
                    for _ in range(self.ROUNDS):
                        rounds.wait()
                        try:
                            change_team(
                                ledger, license_id="acme", agent_id=agent_id, change=change, user="kim"
                            )
                        except LastOwner:
                            kept.append(agent_id)
                        rounds.wait()
                        with suppress(OutOfOrder):
                            activate_agent(ledger, license_id="acme", agent_id=agent_id, meta=meta())

            return job

        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            create_agent(ledger, license_id="acme", agent_id="second", role="owner", meta=meta())
            together(suspending(OWNER), suspending("second"))
        assert len(kept) == self.ROUNDS

    def test_resolve_a_licence_by_the_cutovers_before_it_in_the_log(
        self, store_url: str, clock: HandClock
    ) -> None:
        def creator() -> None:
            with Ledger.open(store_url, create=False, clock=clock) as ledger:
                for number in range(self.ROUNDS):
                    create_license(
                        ledger,
                        license_id=f"l{number}",
                        source="signup",
                        plan="team",
                        billing_cycle="monthly",
                        meta=meta(),
                    )

        def announcer() -> None:
            with Ledger.open(store_url, create=False, clock=clock) as ledger:
                for number in range(self.ROUNDS):
                    announce_cutover(
                        ledger,
                        cutover_id=f"c{number}",
                        source="signup",
                        takes_effect="on_creation",
                        on=NOON.date(),
                        pricing_model=("ppa", "ppu", "pps")[number % 3],
                        meta=meta(),
                    )

        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            register_partner(ledger, partner_id="p", programme="solution", meta=meta())
            together(creator, announcer)
            in_force = "ppa"
            for line in log_of(ledger)[1:]:
                if line["type"] == "CutoverAnnounced":
                    in_force = line["pricing_model"]
                else:
                    assert line["pricing_model"] == in_force

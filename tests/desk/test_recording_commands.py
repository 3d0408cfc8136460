"""Commands that record say what they did, and what stands against it."""

from pathlib import Path

import pytest

from tests.desk.running import done, run

OWNER = "sue@northwind.example"
AT = "2024-05-01T08:00:00Z"


@pytest.fixture
def store(sqlite_url: str) -> str:
    """Return the URL of a store with one licence and its owner."""
    done("create-license", "northwind", "--plan", "team", "--at", AT, store=sqlite_url)
    done("create-agent", "northwind", OWNER, "--role", "owner", "--at", AT, store=sqlite_url)
    return sqlite_url


class TestRecording:
    def test_says_position_and_what_happened(self, store: str) -> None:
        at = "2024-05-02T09:30:00+02:00"
        said = done("create-agent", "northwind", "tom", "--at", at, "--key", "hire-tom", store=store)
        assert said == (
            "Recorded at position 3 on licence northwind: tom joined as an agent, "
            "effective 2024-05-02 07:30 UTC (id hire-tom).\n"
        )

    def test_tells_every_command_in_words(self, store: str) -> None:
        told = [
            done(*command.split(), store=store).partition(" at position ")[2].partition(", effective")[0]
            for command in (
                "publish-price team monthly 49.00",
                "publish-price team annual 68400 --currency JPY",
                "register-partner acme solution --discount-rate 0.125",
                "change-partner-terms acme --commission-rate 0.2",
                "announce-cutover c --programme solution --on 2024-08-11 --model ppu",
                f"take-seat northwind {OWNER} --at 2024-05-03T07:00:00Z",
                f"release-seat northwind {OWNER} --at 2024-05-03T09:00:00Z",
                "add-chatbot northwind bot",
                "remove-chatbot northwind bot",
                f"suspend-agent northwind {OWNER}",
                f"activate-agent northwind {OWNER}",
                f"delete-agent northwind {OWNER}",
                "switch-pricing-model northwind pps",
                "change-plan northwind business",
                "change-billing-cycle northwind annual",
                "cancel-license northwind",
            )
        ]
        assert told[:5] == [
            "3: team, monthly, costs $49.00 a unit",
            "4: team, annual, costs ¥68,400 a unit",
            "5: partner acme registered, solution programme, discount 12.5 %",
            "6: terms of partner acme changed, commission 20 %",
            "7: cutover c announced, pay-per-user from 11 Aug 2024",
        ]
        assert [line.partition(" on licence northwind: ")[0] for line in told[5:]] == [
            str(position) for position in range(8, 19)
        ]

    def test_changes_nothing_when_a_key_comes_twice(self, store: str) -> None:
        command = ("add-chatbot", "northwind", "bot", "--at", "2024-05-04T00:00:00Z", "--key", "k")
        first, second = done(*command, store=store), done(*command, store=store)
        assert second == first.replace("Recorded at", "Known already at")
        assert len(done("export", store=store).splitlines()) == 3

    def test_takes_global_options_anywhere(self, sqlite_url: str) -> None:
        done("create-license", "a", "--store", sqlite_url, "--plan", "team")
        done("create-license", "b", "--plan", "team", f"--store={sqlite_url}")
        assert done("--store", sqlite_url, "seats", "--format", "csv").count("\n") == 3

    def test_takes_the_store_from_the_environment(self, sqlite_url: str) -> None:
        assert run("create-license", "a", "--plan", "team", LEDGER_STORE=sqlite_url).exit_code == 0
        assert run("seats", LEDGER_STORE=sqlite_url).exit_code == 0

    def test_logs_to_stderr_for_those_who_want_it(self, store: str) -> None:
        command = ("add-chatbot", "northwind", "bot", "--at", AT)
        assert run(*command, store=store).err == ""
        ran = run("remove-chatbot", "northwind", "bot", "-v", store=store)
        assert "event=recorded type=ChatBotRemoved license_id=northwind" in ran.err
        assert ran.out.startswith("Recorded at position 4")


class TestRefusals:
    def test_name_the_clashing_event_and_the_way_out(self, store: str) -> None:
        done(
            "suspend-agent", "northwind", OWNER, "--at", "2024-05-03T08:00:00Z", "--key", "first", store=store
        )
        ran = run("suspend-agent", "northwind", OWNER, "--at", "2024-05-04T08:00:00Z", store=store)
        assert ran.exit_code == 4
        assert ran.out == ""
        assert ran.err == (
            f"Refused (out_of_order): AgentSuspended of {OWNER} at 2024-05-04T08:00:00.000000Z: "
            "the agent is suspended at that time.\n"
            "  clashes with AgentSuspended first at 2024-05-03T08:00:00.000000Z\n"
            "  way out      Look at both times of the event that it names; the log command lists them.\n"
        )

    def test_tell_who_may(self, store: str) -> None:
        ran = run("delete-agent", "northwind", OWNER, "--actor", "mallory", store=store)
        assert ran.exit_code == 1
        assert ran.err.startswith("Refused (actor_not_allowed): 'mallory' may not record AgentDeleted")

    def test_tell_a_key_that_stands_for_something_else(self, store: str) -> None:
        done("add-chatbot", "northwind", "bot", "--key", "k", store=store)
        ran = run("add-chatbot", "northwind", "tob", "--key", "k", store=store)
        assert ran.exit_code == 4
        assert "id_means_something_else" in ran.err

    def test_tell_what_is_not_there(self, store: str) -> None:
        ran = run("add-chatbot", "southwind", "bot", store=store)
        assert ran.exit_code == 3
        assert ran.err.startswith("Not found (license_not_found): There is no licence 'southwind'")

    def test_leave_no_store_behind_a_mistyped_url(self, tmp_path: Path) -> None:
        ran = run("add-chatbot", "northwind", "bot", store=f"sqlite:///{tmp_path / 'typo.db'}")
        assert ran.exit_code == 3
        assert "store_not_found" in ran.err
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "command",
        [
            "create-license a --plan team --partner nobody",
            "create-license a --plan team --time-zone Mars/Base",
            "publish-price team monthly 1 --at 2024-01-01T00:00:00Z --actor mallory\t",
        ],
    )
    def test_leave_no_store_behind_if_it_was_not_there(self, tmp_path: Path, command: str) -> None:
        ran = run(*command.split(" "), store=f"sqlite:///{tmp_path / 'new.db'}")
        assert ran.exit_code in {2, 3}
        assert list(tmp_path.iterdir()) == []

    def test_tell_a_url_that_names_no_store(self) -> None:
        ran = run("seats", store="mysql://there/db")
        assert ran.exit_code == 2
        assert ran.err.startswith("Not valid (bad_store_url)")

    def test_tell_a_store_that_holds_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "other.db").write_bytes(b"not a database, but long enough to be read as one" * 50)
        ran = run("seats", store=f"sqlite:///{tmp_path / 'other.db'}")
        assert ran.exit_code == 1
        assert ran.err.startswith("Failed (not_a_ledger)")


class TestUsage:
    @pytest.mark.parametrize(
        ("command", "reason"),
        [
            ("add-chatbot northwind bot --at 2024-05-04", "Write 2024-05-04T00:00:00Z"),
            ("add-chatbot northwind bot --at 2024-05-04T08:00:00", "with a zone"),
            ("publish-price team monthly 49.005", "more decimals than USD has: 2"),
            ("publish-price team monthly 49.50 --currency JPY", "more decimals than JPY has: 0"),
            ("publish-price team monthly 49,00", "Write it like 49.00"),
            ("publish-price team monthly 49.00 --currency usd", "not a currency code"),
            ("publish-price team weekly 49.00", "weekly"),
            ("announce-cutover c --on 2024-02-30 --model ppu --source signup", "no day 2024-02-30"),
            ("announce-cutover c --on 11.8.2024 --model ppu --source signup", "Write it like 2024-08-11"),
            ("announce-cutover c --on 2024-08-11 --model ppu", "exactly one of the two"),
            (
                "announce-cutover c --on 2024-08-11 --model ppu --source signup --notice-days 366",
                "366 is not a whole number from 0 to 365.",
            ),
            (
                "announce-cutover c --on 2024-08-11 --model ppu --source signup --notice-days two",
                "two is not a whole",
            ),
            ("publish-price team monthly 99999999999999999999", "a unit costs at most 10,000,000,000.00 USD"),
            ("publish-price team monthly 10000000000.01", "a unit costs at most 10,000,000,000.00 USD"),
            ("publish-price team monthly 1000000000001 --currency JPY", "at most 1,000,000,000,000 JPY"),
            (
                "register-partner acme solution --discount-rate 20",
                "'20' is not a rate. Write a decimal from 0 to 1",
            ),
            ("register-partner acme solution --discount-rate 20%", "such as 0.2 for 20 %"),
            ("change-partner-terms acme --commission-rate .2", "'.2' is not a rate"),
            ("add-chatbot northwind \udcff", r"'\xff' is not UTF-8 text"),
            ("add-chatbot northwind bot --key \udcff", r"'\xff' is not UTF-8 text"),
            ("seats --license \udcff", r"'\xff' is not UTF-8 text"),
            ("create-license n", "--plan"),
            ("crate-license n --plan team", "Did you mean 'create-license'"),
        ],
    )
    def test_is_explained(self, store: str, command: str, reason: str) -> None:
        ran = run(*command.split(), store=store)
        assert ran.exit_code == 2
        assert reason in " ".join(ran.err.split())
        assert ran.out == ""

    def test_names_a_wrong_log_level(self, store: str) -> None:
        ran = run("add-chatbot", "northwind", "bot", store=store, LEDGER_LOG="loud")
        assert ran.exit_code == 2
        assert "LEDGER_LOG" in ran.err

"""The three commands as people and programs meet them, on the sample programme."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from tests.desk.running import done, run

GOLDEN = Path(__file__).parent / "golden"
LAW_FIRM = "acme-law-firm-suspends"
BEFORE = "2024-07-21T00:00:00Z"
SCREENS = {
    "preview": ("preview", LAW_FIRM, "--as-of", BEFORE),
    "preview_changed": (
        "preview", LAW_FIRM, "--as-of", BEFORE, "--suspend", f"ida@{LAW_FIRM}.example", "--add-agents",
        "2@2024-07-30", "--add-chatbots", "1@2024-08-01T12:00:00Z",
    ),
    "preview_year": (
        "preview", LAW_FIRM, "--as-of", BEFORE, "--pricing-model", "pps@2024-09-01", "--until", "2024-12-31",
    ),
    "compare": (
        "compare", "--as-of", "2024-08-01T00:00:00Z", "--as-of", "2024-08-21T00:00:00Z", "--license",
        LAW_FIRM, "--license", "acme-late-shift",
    ),
    "compare_known": (
        "compare", "--as-of", "2024-06-12T00:00:00Z", "--known-at", "2024-05-12T01:00:00Z", "--known-at",
        "2024-08-12T00:00:00Z",
    ),
    "compare_invoice": ("compare", "--invoice", "2024-000002", "--known-at", "2024-12-20T00:00:00Z"),
    "review": ("review", "acme", "--as-of", "2024-08-05T00:00:00Z"),
    "review_plain": ("review", "gale", "--as-of", "2024-08-05T00:00:00Z", "--days", "60"),
}  # fmt: skip


@pytest.fixture(scope="module")
def store(sample_store: str) -> str:
    return sample_store


def kept(name: str, text: str) -> bool:
    """Tell whether a screen is the one in the file of that name."""
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


class TestScreens:
    @pytest.mark.parametrize("columns", [80, 140])
    @pytest.mark.parametrize("name", SCREENS)
    def test_look_like_this(self, store: str, name: str, columns: int) -> None:
        screen = done(*SCREENS[name], store=store, columns=columns)
        assert max(map(len, screen.splitlines())) <= columns
        assert kept(f"{name}_{columns}.txt", screen)


class TestPreview:
    def test_says_the_same_to_programs(self, store: str) -> None:
        args = SCREENS["preview_changed"]
        whole = json.loads(done(*args, "--format", "json", store=store))
        lines = done(*args, "--format", "jsonl", store=store).splitlines()
        assert [json.loads(line) for line in lines] == whole["invoices"]
        table = list(csv.DictReader(io.StringIO(done(*args, "--format", "csv", store=store))))
        totals = [row for row in table if row["kind"] == "total"]
        assert [int(row["difference"]) for row in totals] == [one["difference"] for one in whole["invoices"]]
        assert sum(int(row["difference"]) for row in totals) == whole["difference"]

    def test_says_what_each_change_is_worth(self, store: str) -> None:
        # 8 users from 20 August at 49.00 less 20 %: one fewer -39.20, two more +78.40; ChatBots are free
        whole = json.loads(done(*SCREENS["preview_changed"], "--format", "json", store=store))
        assert {one["kind"]: one["alone"] for one in whole["changes"]} == {
            "suspend": -3920,
            "add_agents": 7840,
            "add_chatbots": 0,
        }
        assert whole["difference"] == 3920
        # had the model stayed, the ChatBot would be the one seat
        sides = [one for one in whole["cutovers"] if one["with_changes"]]
        assert [one["under_old_model"]["total"] for one in sides] == [3920]

    def test_records_nothing(self, store: str) -> None:
        before = done("log", LAW_FIRM, store=store)
        done(*SCREENS["preview_changed"], store=store)
        assert done("log", LAW_FIRM, store=store) == before

    def test_makes_a_change_after_another_of_the_same_agent(self, store: str) -> None:
        agent = f"ida@{LAW_FIRM}.example"
        args = ("--suspend", agent, "--activate", f"{agent}@2024-07-25", "--format", "json")
        whole = json.loads(done("preview", LAW_FIRM, "--as-of", BEFORE, *args, store=store))
        assert whole["difference"] == 0
        activated, suspended = whole["changes"]
        assert (activated["kind"], activated["alone"]) == ("activate", None)
        assert "the agent is active at that time" in activated["refusal"]
        assert suspended["alone"] == -3920

    def test_reports_a_price_that_nobody_published(self, store: str) -> None:
        ran = run("preview", LAW_FIRM, "--as-of", BEFORE, "--plan", "huge", store=store)
        assert ran.exit_code == 0
        assert "No price is known" in ran.out
        assert "Data fault (missing_price): licence acme-law-firm-suspends" in ran.err

    @pytest.mark.parametrize(
        ("args", "exit_code", "said"),
        [
            (("--suspend", "nobody@x.example"), 3, "There is no agent 'nobody@x.example'"),
            (("--activate", f"ida@{LAW_FIRM}.example"), 4, "the agent is active at that time"),
            (("--remove-chatbots", "2"), 4, "has 0 ChatBots by then"),
            (("--cycle", "annual@2024-07-01"), 1, "never changed for the past"),
            (("--cycle", "yearly"), 2, "'yearly' is not one of monthly, annual"),
            (("--pricing-model", "ppx@2024-08-01"), 2, "'ppx' is not one of pps, ppa, ppu"),
            (("--add-agents", "0"), 2, "0 is not a whole number from 1 to 1,000"),
            (("--add-agents", "two"), 2, "two is not a whole number"),
            (("--suspend", "@2024-08-01"), 2, "names nothing before the time"),
            (("--suspend", "ida@2024-02-30"), 2, "There is no day 2024-02-30"),
            (("--suspend", "ida@2024-8-1"), 2, "'2024-8-1' is not a date"),
            (("--suspend", "ida@2024-08-01T10:00"), 2, "is not an instant"),
            (("--billing-date", "2024-08-21"), 3, "will have no invoice on 2024-08-21"),
            (("--billing-date", "2024-07-20"), 3, "will have no invoice on 2024-07-20"),
            (("--until", "2044-01-01"), 2, "more than 10 years ahead"),
            (("--until", "2024-09-01", "--billing-date", "2024-08-20"), 2, "not both"),
            (("--suspend", f"ida@{LAW_FIRM}.example", "--by", "mallory"), 1, "'mallory' may not record"),
        ],
    )
    def test_refuses(self, store: str, args: tuple[str, ...], exit_code: int, said: str) -> None:
        ran = run("preview", LAW_FIRM, "--as-of", BEFORE, *args, store=store, columns=200)
        assert (ran.exit_code, ran.out) == (exit_code, "")
        assert said in ran.err

    def test_refuses_a_licence_that_is_not_known(self, store: str) -> None:
        assert run("preview", "nobody", store=store).exit_code == 3
        early = run("preview", LAW_FIRM, "--as-of", "2020-01-01T00:00:00Z", store=store)
        assert early.exit_code == 3
        assert "was not known yet" in early.err

    def test_of_a_cancelled_licence_expects_nothing(self, store: str) -> None:
        rows = map(json.loads, done("seats", "--format", "jsonl", store=store).splitlines())
        cancelled = next(row["license_id"] for row in rows if row["agents_active"] and not row["ppa"])
        assert "No invoice is to be expected" in done("preview", cancelled, store=store)


class TestCompare:
    def test_says_the_same_to_programs(self, store: str) -> None:
        args = (*SCREENS["compare"], "--all")
        whole = json.loads(done(*args, "--format", "json", store=store))
        lines = [json.loads(line) for line in done(*args, "--format", "jsonl", store=store).splitlines()]
        assert sum(line["is"] == "difference" for line in lines) == sum(
            counts[change]
            for counts in whole["questions"].values()
            for change in ("changed", "added", "gone")
        )
        assert [line["position"] for line in lines if line["is"] == "event"] == [
            event["position"] for one in whole["licenses"] for event in one["events"]
        ]

    def test_shows_the_first_ten_licences_unless_all_are_asked_for(self, store: str) -> None:
        args = (*SCREENS["compare_known"], "--format", "json")
        first, whole = (json.loads(done(*args, *more, store=store)) for more in ((), ("--all",)))
        assert len(first["licenses"]) == 10
        assert len(whole["licenses"]) == whole["licenses_differing"] == first["licenses_differing"] > 10

    def test_asks_one_question_if_one_is_named(self, store: str) -> None:
        args = (*SCREENS["compare"], "--question", "seats", "--format", "json")
        assert set(json.loads(done(*args, store=store))["questions"]) == {"seats"}

    def test_says_that_nothing_differs(self, store: str) -> None:
        times = ("--as-of", BEFORE, "--as-of", BEFORE)
        assert done("compare", *times, store=store).endswith("Nothing differs.\n")

    def test_says_when_a_licence_came_to_be_known(self, store: str) -> None:
        times = ("--as-of", "2020-01-01T00:00:00Z", "--as-of", BEFORE)
        screen = done("compare", *times, "--license", LAW_FIRM, "--question", "seats", store=store)
        assert "added" in screen
        assert "Licence created" in screen

    def test_of_an_invoice_names_the_late_facts_and_the_correction(self, store: str) -> None:
        # one ChatBot seat of 49.00 less 20 % that was not there: 39.20, taken back in June
        whole = json.loads(done(*SCREENS["compare_invoice"], "--format", "json", store=store))
        assert (whole["own_difference"], whole["corrected"]) == (-3920, -3920)
        assert [one["what"] for one in whole["late"]] == ["ChatBot faq-bot was removed"]
        assert [(one["number"], one["amount"]) for one in whole["corrections"]] == [("2024-000003", -3920)]

    def test_of_an_invoice_is_as_known_then(self, store: str) -> None:
        args = ("compare", "--invoice", "2024-000002", "--known-at", "2024-05-19T00:00:00Z")
        whole = json.loads(done(*args, "--format", "json", store=store))
        assert (whole["own_difference"], whole["late"], whole["corrections"]) == (0, [], [])
        assert whole["invoice"]["before"] == whole["invoice"]["after"]

    @pytest.mark.parametrize(
        ("args", "exit_code", "said"),
        [
            ((), 2, "give two of it"),
            (("--as-of", BEFORE), 2, "give two of it"),
            (("--as-of", BEFORE) * 3, 2, "give two of it"),
            (("--as-of", BEFORE, "--known-at", BEFORE), 2, "give two of it"),
            (("--invoice", "2024-000002", "--as-of", BEFORE), 2, "the invoice says of whom and when"),
            (("--invoice", "no-such-number"), 3, "No invoice 'no-such-number' was issued"),
            (("--invoice", "2024-000002", "--known-at", "2024-05-01T00:00:00Z"), 3, "was not issued yet"),
            (("--as-of", BEFORE, "--as-of", BEFORE, "--license", "nobody"), 3, "no licence 'nobody'"),
            (("--as-of", BEFORE, "--as-of", BEFORE, "--question", "money"), 2, "'money' is not one of"),
            (("--as-of", "2024-08-01", "--as-of", BEFORE), 2, "is a day, not an instant"),
        ],
    )
    def test_refuses(self, store: str, args: tuple[str, ...], exit_code: int, said: str) -> None:
        ran = run("compare", *args, store=store, columns=200)
        assert (ran.exit_code, ran.out) == (exit_code, "")
        assert said in ran.err


class TestReview:
    def test_agrees_with_the_preview_of_each_licence(self, store: str) -> None:
        args = (*SCREENS["review"], "--format", "jsonl")
        for row in [json.loads(line) for line in done(*args, store=store).splitlines()][::4]:
            suspended = [part for agent in row["agents"] for part in ("--suspend", agent["agent_id"])]
            as_of = ("--as-of", "2024-08-05T00:00:00Z", "--format", "json")
            charge = row["next_charge"]
            day = ("--billing-date", charge["billing_date"])
            found = json.loads(done("preview", row["license_id"], *day, *suspended, *as_of, store=store))
            assert (found["now"], found["what_if"]) == (charge["expected"], charge["without"])
            cutovers = [one for one in found["cutovers"] if one["with_changes"]]
            if row["after_cutover"] is None:
                assert cutovers == []
            else:
                assert cutovers[0]["billing_date"] == row["after_cutover"]["billing_date"]
                assert cutovers[0]["under_new_model"]["total"] == row["after_cutover"]["without"]

    def test_agrees_with_the_accounts_that_are_redundant(self, store: str) -> None:
        args = (*SCREENS["review"], "--format", "jsonl")
        rows = [json.loads(line) for line in done(*args, store=store).splitlines()]
        row = next(row for row in rows if row["license_id"] == LAW_FIRM)
        as_of = ("--as-of", "2024-08-05T00:00:00Z", "--format", "json")
        found = json.loads(done("redundant", LAW_FIRM, *as_of, store=store))
        assert [(one["agent_id"], one["saves"]) for one in row["agents"]] == [
            (one["agent_id"], one["saves"]) for one in found["agents"]
        ]
        assert row["next_charge"]["saves"] == found["saves"]

    def test_shows_what_is_saved_only_after_the_cutover(self, store: str) -> None:
        args = (*SCREENS["review"], "--format", "jsonl")
        rows = [json.loads(line) for line in done(*args, store=store).splitlines()]
        row = next(row for row in rows if row["license_id"] == "acme-santiago-switched")
        assert (row["next_charge"]["saves"], row["after_cutover"]["saves"]) == (0, 3920)
        assert [(one["saves"], one["saves_after_cutover"]) for one in row["agents"]] == [(0, 3920)]

    def test_says_the_same_to_spreadsheets(self, store: str) -> None:
        whole = json.loads(done(*SCREENS["review"], "--format", "json", store=store))
        table = list(csv.DictReader(io.StringIO(done(*SCREENS["review"], "--format", "csv", store=store))))
        licences = [row for row in table if not row["agent_id"]]
        assert [row["license_id"] for row in licences] == [one["license_id"] for one in whole["licenses"]]
        assert sum(int(row["next_saves"]) for row in licences) == whole["totals"][0]["saves"]
        assert len(table) - len(licences) == whole["totals"][0]["redundant"]

    def test_refuses_a_partner_that_is_not_known(self, store: str) -> None:
        ran = run("review", "nobody", store=store)
        assert ran.exit_code == 3
        assert "There is no partner 'nobody'" in ran.err

    def test_of_a_partner_without_licences_says_so(self, store: str) -> None:
        screen = done("review", "acme", "--as-of", "2022-01-01T00:00:00Z", store=store)
        assert "no licence" in screen

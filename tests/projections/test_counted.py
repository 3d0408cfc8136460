"""What was counted over a span of time: both ends, the moment of a peak, many licences at once."""

import polars as pl

from ledger.projections.counted import counted
from ledger.rules.instants import to_us
from tests.projections.told import Told, nudged
from tests.second_opinion.story import at

FROM, TO = "2024-03-10", "2024-04-10"
LATER = "2024-06-01"


def ask(story: Told, *spans: tuple[str, str, str]) -> list[dict[str, object]]:
    rows = [
        {"license_id": name, "from_us": to_us(at(begin)), "to_us": to_us(at(end))}
        for name, begin, end in spans
    ]
    schema = {"license_id": pl.String, "from_us": pl.Int64, "to_us": pl.Int64}
    return counted(story.at(LATER).history, pl.DataFrame(rows, schema=schema)).to_dicts()


def peak(story: Told) -> tuple[object, object, object]:
    """Give the highest count over the month, its instant and its ChatBots."""
    (row,) = ask(story, ("l", FROM, TO))
    return row["peak_pps"], row["peak_us"], row["peak_chatbots"]


def us(instant: str) -> int:
    return to_us(at(instant))


def staffed() -> Told:
    story = Told().licence("pps", "2024-03-01")
    for agent in ("a", "b", "c"):
        story.agent(agent, "2024-03-02")
    return story


class TestPeaks:
    def test_are_told_with_their_first_moment(self) -> None:
        story = staffed().seat("a", "2024-03-12", "2024-03-20").seat("b", "2024-03-15", "2024-03-16")
        assert peak(story.seat("c", "2024-03-18", "2024-03-19")) == (2, us("2024-03-15"), 0)

    def test_count_chatbots_apart(self) -> None:
        story = staffed().fact("ChatBotAdded", "2024-03-05", bot_id="x").seat("a", "2024-03-12", "2024-03-13")
        assert peak(story) == (2, us("2024-03-12"), 1)

    def test_reach_back_to_what_stood_at_the_first_instant(self) -> None:
        story = staffed().seat("a", "2024-03-05", "2024-03-12")
        assert peak(story) == (1, us(FROM), 0)
        gone = staffed().seat("a", "2024-03-05", FROM)
        assert peak(gone) == (0, us(FROM), 0)

    def test_include_what_stands_at_the_last_instant_and_nothing_behind_it(self) -> None:
        assert peak(staffed().seat("a", TO)) == (1, us(TO), 0)
        assert peak(staffed().seat("a", nudged(TO, 1))) == (0, us(FROM), 0)


class TestCounts:
    def test_are_those_of_the_last_instant(self) -> None:
        story = staffed().fact("AgentSuspended", TO, agent_id="c").fact("ChatBotAdded", TO, bot_id="x")
        story.fact("ChatBotAdded", nudged(TO, 1), bot_id="y")
        (row,) = ask(story, ("l", FROM, TO))
        assert (row["agents_active"], row["agents_suspended"], row["chatbots"]) == (2, 1, 1)
        assert (row["ppu"], row["ppa"]) == (2, 4)

    def test_end_with_the_licence(self) -> None:
        story = staffed().seat("a", "2024-03-12").fact("LicenseCancelled", TO)
        (row,) = ask(story, ("l", FROM, TO))
        assert (row["ppu"], row["peak_pps"]) == (0, 1)


class TestSpans:
    def test_come_back_in_their_order_whatever_licences_they_are_of(self) -> None:
        story = (
            staffed().licence("pps", "2024-03-01", license_id="k").agent("d", "2024-03-02", license_id="k")
        )
        asked = [("l", FROM, TO), ("k", FROM, TO), ("l", "2024-04-10", "2024-05-10")]
        rows = ask(story, *asked)
        assert [(row["license_id"], row["from_us"]) for row in rows] == [
            (name, us(day)) for name, day, _ in asked
        ]
        assert [row["ppu"] for row in rows] == [3, 1, 3]

    def test_before_a_licence_was_created_are_left_out(self) -> None:
        assert ask(staffed(), ("l", "2023-01-10", "2023-02-10"), ("nobody", FROM, TO)) == []

    def test_of_nobody_give_nothing(self) -> None:
        assert ask(staffed()) == []

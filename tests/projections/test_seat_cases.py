"""Seat counts of small histories, worked out by hand."""

from tests.projections.told import Told, nudged

NAMES = ("agents_active", "agents_suspended", "chatbots", "seats_in_use", "ppa", "pps", "ppu")


def counts(story: Told, as_of: str, known_at: str | None = None) -> tuple[int, ...]:
    """Give the seven counts of the only licence."""
    row = story.seats(as_of, known_at)
    return tuple(row[name] for name in NAMES)


class TestSeats:
    def test_count_what_each_model_charges(self) -> None:
        story = Told().licence("ppu")
        for agent, free in (("a", False), ("b", False), ("c", False), ("partner", True)):
            story.agent(agent, "2024-03-11", complimentary=free).seat(agent, "2024-03-12")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot").fact(
            "ChatBotAdded", "2024-03-11", bot_id="bot 2"
        )
        story.fact("AgentSuspended", "2024-03-13", agent_id="c").fact(
            "ChatBotRemoved", "2024-03-13", bot_id="bot"
        )
        # a, b and the partner's own are active with seats (the partner's is free), c is suspended, there is
        # one ChatBot: ppa 3 + 1 + 1, pps 2 + 1, ppu 3
        assert counts(story, "2024-03-13") == (3, 1, 1, 2, 5, 3, 3)

    def test_count_events_at_the_instant_and_none_after_it(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").agent("b", nudged("2024-03-11", 1))
        assert [counts(story, nudged("2024-03-11", by))[0] for by in (-1, 0, 1)] == [0, 1, 2]

    def test_know_what_was_recorded_at_the_instant_and_nothing_after_it(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11", "2024-03-20")
        known = [counts(story, "2024-03-25", nudged("2024-03-20", by))[0] for by in (-1, 0, 1)]
        assert known == [0, 1, 1]

    def test_apply_events_of_one_instant_in_the_order_of_the_log(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11")
        for name in ("AgentSuspended", "AgentActivated", "AgentSuspended"):
            story.fact(name, "2024-03-12", agent_id="a")
        assert counts(story, "2024-03-12") == (0, 1, 0, 0, 1, 0, 0)

    def test_release_the_seat_with_the_agent(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.seat("a", "2024-03-12").seat("b", "2024-03-12")
        story.fact("AgentSuspended", "2024-03-13", agent_id="a").fact(
            "AgentActivated", "2024-03-14", agent_id="a"
        )
        story.fact("AgentDeleted", "2024-03-13", agent_id="b").agent("b", "2024-03-14")
        # both are back, neither holds the seat it had
        assert counts(story, "2024-03-12")[3] == 2
        assert counts(story, "2024-03-14") == (2, 0, 0, 0, 2, 0, 2)

    def test_make_a_new_agent_of_a_deleted_id(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11", complimentary=True).seat("a", "2024-03-12")
        story.fact("AgentDeleted", "2024-03-13", agent_id="a").agent("a", "2024-03-14").seat(
            "a", "2024-03-15"
        )
        # the first was the partner's own, the second is not
        assert [counts(story, day)[3] for day in ("2024-03-12", "2024-03-15")] == [0, 1]

    def test_tell_an_agent_and_a_chatbot_of_one_name_apart(self) -> None:
        story = Told().licence("ppu").agent("x", "2024-03-11").fact("ChatBotAdded", "2024-03-11", bot_id="x")
        story.seat("x", "2024-03-12").fact("ChatBotRemoved", "2024-03-13", bot_id="x")
        assert counts(story, "2024-03-12") == (1, 0, 1, 1, 2, 2, 1)
        assert counts(story, "2024-03-13") == (1, 0, 0, 1, 1, 1, 1)

    def test_keep_what_happened_at_the_instant_of_the_cancellation_before_it(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").agent("b", "2024-03-20")
        story.fact("LicenseCancelled", "2024-03-20")
        assert counts(story, "2024-03-20") == (2, 0, 0, 0, 0, 0, 0)

    def test_are_zero_from_the_instant_of_the_cancellation_on(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").seat("a", "2024-03-12")
        story.fact("LicenseCancelled", "2024-03-20")
        assert counts(story, nudged("2024-03-20", -1)) == (1, 0, 0, 1, 1, 1, 1)
        assert counts(story, "2024-03-20") == (1, 0, 0, 1, 0, 0, 0)

    def test_keep_licences_and_their_agents_of_one_name_apart(self) -> None:
        story = Told().licence("ppu").licence("ppu", license_id="k")
        story.agent("a", "2024-03-11").agent("a", "2024-03-11", license_id="k")
        story.fact("AgentSuspended", "2024-03-12", agent_id="a").agent("b", "2024-03-13", license_id="k")
        rows = story.ask("seats", "2024-03-13")
        assert [(row["license_id"], row["agents_active"]) for row in rows] == [("k", 2), ("l", 0)]


class TestClashingSeats:
    def test_are_named_and_have_no_effect_also_after_an_activation(self) -> None:
        story = Told().licence("pps").agent("a", "2024-03-11").seat("a", "2024-03-15")
        taken = story.last_id
        story.fact("AgentSuspended", "2024-03-14", "2024-03-16", agent_id="a")
        story.fact("AgentActivated", "2024-03-17", agent_id="a")
        assert counts(story, "2024-03-18") == (1, 0, 0, 0, 1, 0, 1)
        assert story.clashing_seats("2024-03-18") == [taken]
        # the suspension was not known yet, and on the 14th the seat was not taken yet
        assert story.clashing_seats("2024-03-15") == story.clashing_seats("2024-03-14") == []

    def test_are_those_taken_twice(self) -> None:
        story = Told().licence("pps").agent("a", "2024-03-11").seat("a", "2024-03-12")
        # recorded late, between the two: the later of the two seats is the one that clashes
        story.fact("SeatTaken", "2024-03-11T12:00:00Z", "2024-03-13", agent_id="a")
        assert story.clashing_seats("2024-03-13") == ["e2"]
        assert counts(story, "2024-03-13")[3] == 1

    def test_are_those_that_a_late_cancellation_overtook(self) -> None:
        story = Told().licence("pps").agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.seat("b", "2024-03-11").seat("a", "2024-03-15")
        taken = story.last_id
        story.fact("SeatReleased", "2024-03-15", agent_id="b").fact(
            "LicenseCancelled", "2024-03-14", "2024-03-16"
        )
        # what happened after the cancellation is no longer a fact: b keeps the seat of the 11th, a has none
        assert counts(story, "2024-03-16") == (2, 0, 0, 1, 0, 0, 0)
        assert story.clashing_seats("2024-03-16") == [taken]

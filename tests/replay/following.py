"""Follow a log in tests, and hold what the read models answer against what the log does."""

import threading

from ledger.application.ask import QUESTIONS, Answer, Question
from ledger.application.ledger import Ledger
from ledger.stores.read_models.catalogue import Checkpoint, State
from ledger.stores.read_models.store import ReadModelStore
from replay.follow import Follower, Happening

PARTITIONS = 4
FROM_LOG, FROM_READ_MODELS = "Answered from the log: ", "Answered from the read models, version "


def follow(ledger: Ledger) -> list[Happening]:
    """Follow once, and give what was told."""
    told: list[Happening] = []
    Follower(ledger, told.append, partitions=PARTITIONS).run(threading.Event(), once=True)
    return told


def answers(ledger: Ledger, *asked: Question) -> list[Answer]:
    """Give all answers to the questions."""
    return [ask(ledger, question) for question in asked for ask in QUESTIONS.values()]


def sources(of: list[Answer]) -> list[str]:
    """Give where the answers came from."""
    return [answer.source for answer in of]


def assert_following_changes_no_answer(ledger: Ledger, *asked: Question) -> list[Happening]:
    """Ask the log, which has something that the read models lack; follow; ask again."""
    of_log = answers(ledger, *asked)
    assert all(source.startswith(FROM_LOG) for source in sources(of_log)), sources(of_log)
    told = follow(ledger)
    held = answers(ledger, *asked)
    assert all(source.startswith(FROM_READ_MODELS) for source in sources(held)), sources(held)
    assert [(one.lines, one.faults) for one in held] == [(one.lines, one.faults) for one in of_log]
    return told


def models_of(ledger: Ledger) -> ReadModelStore:
    """Give the read models, which must be there."""
    models = ledger.read_models()
    assert models is not None
    return models


def live(ledger: Ledger) -> set[int]:
    """Give the versions of live tables."""
    return {one.version for one in models_of(ledger).table_versions() if one.state is State.LIVE}


def live_checkpoints(ledger: Ledger) -> list[Checkpoint]:
    """Give the checkpoints of the live versions."""
    versions = live(ledger)
    return [one for one in models_of(ledger).checkpoints() if one.version in versions]

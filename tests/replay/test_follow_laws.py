"""Laws of following, on random histories: the same answers whatever the batches, whichever is asked."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from ledger.application.ask import Question
from ledger.application.ledger import Ledger
from ledger.rules.instants import parse_instant
from tests.application.desk import HandClock, imported
from tests.projections.drawn import FEWER_EXAMPLES
from tests.replay.following import assert_following_changes_no_answer
from tests.second_opinion.histories import histories, questions
from tests.second_opinion.licences import licences_in
from tests.second_opinion.words import log_of

FAR = datetime(2090, 1, 1, tzinfo=UTC)


@contextmanager
def a_store(kind: str, server: str) -> Iterator[str]:
    """Give the URL of a store of its own for each example, and remove it behind it."""
    if kind == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="ledger-follow-"))
        try:
            yield f"sqlite:///{folder / 'ledger.db'}"
        finally:
            shutil.rmtree(folder)
        return
    schema = f"test_{uuid4().hex}"
    try:
        yield f"{server}{'&' if '?' in server else '?'}schema={schema}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


class TestFollowing:
    @settings(max_examples=FEWER_EXAMPLES, suppress_health_check=SLOW)
    @given(st.data())
    def test_answers_as_the_log_does_after_every_batch(self, data: st.DataObject) -> None:
        self._answers_as_the_log_does("sqlite", "", data)

    # what histories do does not hang on the database, and a schema for each example costs more than the rest
    @settings(max_examples=max(4, FEWER_EXAMPLES // 3), suppress_health_check=SLOW)
    @given(st.data())
    def test_answers_as_the_log_does_in_postgresql(self, postgres_server: str, data: st.DataObject) -> None:
        self._answers_as_the_log_does("postgresql", postgres_server, data)

    def _answers_as_the_log_does(self, kind: str, server: str, data: st.DataObject) -> None:
        lines = data.draw(histories())
        asked = [as_of for as_of, _ in data.draw(questions(lines, 2))]
        cuts = sorted(data.draw(st.lists(st.integers(1, len(lines)), max_size=2, unique=True)))
        clock = HandClock()
        clock.now = max([parse_instant(lines[-1]["recorded_at"]), *asked])
        with a_store(kind, server) as url, Ledger.open(url, create=True, clock=clock) as ledger:
            for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
                if end > start:
                    imported(ledger, b"".join(json.dumps(line).encode() + b"\n" for line in lines[start:end]))
                    known = licences_in(log_of(lines), end)
                    some = tuple(sorted(one.license_id for one in known)[:2])
                    assert_following_changes_no_answer(
                        ledger, *(Question(as_of, FAR) for as_of in asked), Question(clock.now, FAR, some)
                    )

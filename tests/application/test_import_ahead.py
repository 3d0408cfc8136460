"""A long history, its lines read by another process: nothing is different but the time it takes."""

import io
import multiprocessing
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from ledger.application import preparing_ahead
from ledger.application.history_lines import LINES_AT_ONCE, Batch
from ledger.application.import_history import LineRefused, import_history
from ledger.application.ledger import Ledger
from ledger.application.preparing import prepare, prepare_packed, unpacked
from ledger.application.preparing_ahead import BATCHES_ALONE, PreparingBroke
from ledger.events.catalogue import CATALOGUE
from ledger.events.plain_lines import PlainLines
from replay.sample import sample_history
from tests.application.desk import exported, history, imported, log_of
from tests.application.test_import_history import PRICE
from tests.events.lines import OWN_FIELDS, line

ENDLESS = 1_000_000


@pytest.fixture
def long_from_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take seven lines for a batch and two batches for a long history, and wait for the helpers."""
    monkeypatch.setattr("ledger.application.history_lines.LINES_AT_ONCE", 7)
    monkeypatch.setattr(preparing_ahead, "BATCHES_ALONE", 2)

    def wait(first_sign: Future[int]) -> bool:
        return first_sign.result() > 0

    monkeypatch.setattr(preparing_ahead, "_has_come", wait)


@pytest.mark.usefixtures("long_from_seven")
class TestImportWithTwoProcesses:
    def test_records_what_one_records(self, ledger: Ledger, tmp_path: Path) -> None:
        report = imported(ledger, sample_history(), processes=2)
        assert (report.recorded, report.already_known, report.refused) == (415, 1, 0)
        with Ledger.open(f"sqlite:///{tmp_path / 'alone.db'}", create=True) as alone:
            imported(alone, sample_history())
            assert exported(alone) == exported(ledger)
        assert imported(ledger, sample_history(), processes=2).already_known == 416

    @pytest.mark.parametrize(
        "bad",
        [
            b"not an event\n",
            b'{"id":\n',
            line("AgentSuspended", license_id="nobody's") + b"\n",
            line("PricePublished", recorded_at="1999-01-01T00:00:00Z") + b"\n",
            b"x" * (2**20 + 1) + b"\n",
            b"\xff\n",
        ],
    )
    def test_names_the_bad_line_in_the_middle(
        self, sqlite_ledger: Ledger, tmp_path: Path, bad: bytes
    ) -> None:
        lines = sample_history().splitlines(keepends=True)
        spoilt = b"".join([*lines[:200], bad, *lines[200:300], b"{}\n", *lines[300:]])
        with pytest.raises(LineRefused, match=r"^Line 201: ") as refused:
            imported(sqlite_ledger, spoilt, processes=2)
        assert log_of(sqlite_ledger) == []
        with (
            Ledger.open(f"sqlite:///{tmp_path / 'alone.db'}", create=True) as alone,
            pytest.raises(LineRefused) as told_alone,
        ):
            imported(alone, spoilt)
        assert refused.value.as_dict() == told_alone.value.as_dict()
        assert refused.value.hint == told_alone.value.hint

    def test_names_a_file_that_is_cut_off(self, sqlite_ledger: Ledger) -> None:
        with pytest.raises(LineRefused, match="Line 416: The file ends in the middle of this line"):
            imported(sqlite_ledger, sample_history().rstrip(b"\n")[:-20], processes=2)

    def test_leaves_out_the_same_lines(self, sqlite_ledger: Ledger, tmp_path: Path) -> None:
        lines = sample_history().splitlines(keepends=True)
        spoilt = b"".join(each for one in lines for each in (one, b"{}\n", b"  \n", one[:30] + b"\n"))
        told, told_alone = io.StringIO(), io.StringIO()
        report = imported(sqlite_ledger, spoilt, keep_going=True, refused=told, processes=2)
        with Ledger.open(f"sqlite:///{tmp_path / 'alone.db'}", create=True) as alone:
            assert imported(alone, spoilt, keep_going=True, refused=told_alone) == report
            assert exported(alone) == exported(sqlite_ledger)
        assert told.getvalue() == told_alone.getvalue()
        assert report.refused == 3 * len(lines)

    def test_leaves_nothing_and_nobody_behind_when_interrupted(self, ledger: Ledger) -> None:
        class Source(io.BytesIO):
            def readline(self, size: int | None = -1) -> bytes:
                got = super().readline(size)
                if not got:
                    raise KeyboardInterrupt
                return got

        with pytest.raises(KeyboardInterrupt):
            import_history(ledger, Source(sample_history()), processes=2)
        assert log_of(ledger) == []
        assert multiprocessing.active_children() == []
        imported(ledger, sample_history(), processes=2)


class TestAHelper:
    def test_is_not_called_for_a_short_history(
        self, sqlite_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(preparing_ahead, "_helpers")
        prices = [{**PRICE, "id": f"p{number}"} for number in range(BATCHES_ALONE * LINES_AT_ONCE - 1)]
        assert imported(sqlite_ledger, history(*prices), processes=2).recorded == len(prices)

    def test_that_dies_stops_the_import(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(preparing_ahead, "BATCHES_ALONE", 1)

        class Source(io.BytesIO):
            lines = (history({**PRICE, "id": f"p{number}"}) for number in range(ENDLESS))

            def readline(self, size: int | None = -1) -> bytes:
                for helper in multiprocessing.active_children():
                    helper.kill()
                return next(self.lines)

        with pytest.raises(PreparingBroke, match="has died") as broke:
            import_history(ledger, Source(), processes=2)
        assert broke.value.hint
        assert log_of(ledger) == []
        imported(ledger, history(PRICE))

    def test_ends_with_its_parent(self, tmp_path: Path) -> None:
        program = tmp_path / "endless.py"
        program.write_text(ENDLESS_IMPORT)
        running = subprocess.Popen(
            [sys.executable, program, f"sqlite:///{tmp_path / 'killed.db'}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert running.stdout is not None
        assert running.stdout.readline() == b"has begun\n"
        running.kill()
        # both write to the same pipe: it ends when the last of them does
        running.communicate(timeout=60)
        assert running.returncode < 0


ENDLESS_IMPORT = """
import io, json, sys
from ledger.application import preparing_ahead
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger

PRICE = {"type": "PricePublished", "plan": "team", "billing_cycle": "monthly", "currency": "USD",
         "unit_amount": 1, "actor": "system", "effective_at": "2024-01-01T00:00:00Z",
         "recorded_at": "2024-01-01T00:00:00Z"}


class Source(io.BytesIO):
    count = 0

    def readline(self, size=-1):
        self.count += 1
        return json.dumps({"id": f"p{self.count}", **PRICE}).encode() + b"\\n"


def has_come(first_sign):
    first_sign.result()
    print("has begun", flush=True)
    return True


if __name__ == "__main__":
    preparing_ahead.BATCHES_ALONE = 1
    preparing_ahead._has_come = has_come
    with Ledger.open(sys.argv[1], create=True) as ledger:
        import_history(ledger, Source(), processes=2)
"""


class TestPreparing:
    @pytest.fixture
    def batch(self) -> Batch:
        """Return a line of each kind of event, and two that are none."""
        at = "2024-08-11T00:00:00.000000Z"
        each = [line(name, id=f"e-{name}") + b"\n" for name in CATALOGUE]
        each += [line(name, id=f"c-{name}", effective_at=at, recorded_at=at) + b"\n" for name in CATALOGUE]
        late = line("SeatTaken", effective_at="2024-01-31T23:59:59.999999Z") + b"\n"
        return Batch(1, [*each, late, b"{}\n", b"nothing"], {})

    def test_goes_through_another_process_unchanged(self, batch: Batch) -> None:
        here, there = prepare(batch, PlainLines()), unpacked(prepare_packed(batch), batch)
        assert len(here) == len(there) == 2 * len(CATALOGUE) + 3
        for one, other in zip(here, there, strict=True):
            if isinstance(one, tuple):
                assert isinstance(other, tuple)
                assert type(one[0]) is type(other[0])
                assert one == other
                assert one[0].model_fields_set == other[0].model_fields_set
                assert one[0].stream_id == other[0].stream_id
            else:
                assert str(one) == str(other)
        assert not isinstance(there[-1], tuple)

    def test_knows_every_kind_of_event(self) -> None:
        assert set(OWN_FIELDS) == set(CATALOGUE)

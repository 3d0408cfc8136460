"""What a page shows of a cutover: counted, narrowed to a partner, row by row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest

from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from replay.cutover import replay_cutover
from replay.sample import sample_history
from replay.savings import savings
from replay.study import Chosen, CutoverStudy, list_cutovers, study_cutover

CUTOVER = "resellers-2024-08-11"
AT = datetime(2024, 8, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    file: Path = tmp_path_factory.mktemp("study") / "ledger.db"
    with Ledger.open(f"sqlite:///{file}", create=True) as opened:
        import_history(opened, BytesIO(sample_history()))
        yield opened


@pytest.fixture(scope="module")
def study(ledger: Ledger) -> CutoverStudy:
    return study_cutover(ledger, CUTOVER, AT)


class TestStudyCutover:
    def test_is_the_replay_and_the_savings_of_the_same_moment(
        self, ledger: Ledger, study: CutoverStudy
    ) -> None:
        assert study.replay.digest == replay_cutover(ledger, CUTOVER, AT).digest
        assert study.savings.digest == savings(ledger, CUTOVER, AT).digest

    def test_counts_notices_by_channel_those_sent_late_apart(self, study: CutoverStudy) -> None:
        # 28 licences are switched; the email of two was sent after its due day
        assert study.notices["email"] == {"due": 3, "late": 2, "missed": 9, "scheduled": 5, "sent": 9}
        assert study.notices["in_app"] == {"due": 4, "missed": 9, "scheduled": 5, "sent": 10}
        assert study.notices["banner"] == {"ended": 14, "scheduled": 5, "showing": 9}

    def test_counts_charge_dates_of_whom_it_switches(self, study: CutoverStudy) -> None:
        assert study.charge_dates[0] == (date(2024, 8, 11), "switched", 1)
        by_outcome = {
            outcome: sum(many for _, name, many in study.charge_dates if name == outcome)
            for outcome in ("switched", "upcoming", "not_switched")
        }
        assert by_outcome == {"switched": 14, "upcoming": 14, "not_switched": 0}

    def test_gives_rows_by_id_from_behind_one(self, study: CutoverStudy) -> None:
        whole = [row["license_id"] for row in study.rows(Chosen(), at_most=1_000)]
        assert whole == sorted(whole)
        first = study.rows(Chosen(), at_most=3)
        rest = study.rows(Chosen(), after=first[-1]["license_id"], at_most=1_000)
        assert [row["license_id"] for row in (*first, *rest)] == whole
        assert [row["license_id"] for row in study.rows(Chosen(text="NOTICE-L"), at_most=9)] == [
            "borealis-notice-late"
        ]
        cancelled = study.rows(Chosen("not_switched", "cancelled"), at_most=9)
        assert [row["license_id"] for row in cancelled] == ["cobalt-cancelled-before-charge"]

    def test_of_a_partner_is_as_if_there_were_only_its_licences(
        self, ledger: Ledger, study: CutoverStudy
    ) -> None:
        own = study_cutover(ledger, CUTOVER, AT, partner_id="acme")
        rows = {row["license_id"]: row for row in study.rows(Chosen(), at_most=1_000)}
        found = own.rows(Chosen(), at_most=1_000)
        assert [row["license_id"] for row in found] == [name for name in rows if name.startswith("acme-")]
        assert all(row == rows[row["license_id"]] for row in found)
        assert study_cutover(ledger, CUTOVER, AT, partner_id="nobody").replay.table.is_empty()


class TestListCutovers:
    def test_gives_those_that_were_known(self, ledger: Ledger) -> None:
        ids = [one.cutover_id for one in list_cutovers(ledger, datetime(2024, 6, 30, tzinfo=UTC))]
        assert ids == ["signups-2022-01-01", "partner-app-2024-06-10"]

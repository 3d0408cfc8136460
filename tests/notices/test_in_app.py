"""What a page gets: in-app notices that went out, and banners while they last."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from desk.configuration import Configuration
from desk.mail.in_app import banner_shape, in_app_shape
from ledger.aggregates.license import LicenseNotFound
from ledger.application.cancel_license import cancel_license
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.in_app_notices import banners, in_app_notices
from ledger.application.ledger import Ledger
from tests.application.desk import HandClock, meta
from tests.notices.world import DUE, Mailman, open_at, programme, run, with_licence

CHARGE = datetime(2024, 8, 24, tzinfo=UTC)


@pytest.fixture
def bakery(sqlite_ledger: Ledger, clock: HandClock) -> Ledger:
    open_at(sqlite_ledger, with_licence(programme()), clock)
    return sqlite_ledger


class TestInAppNotices:
    def test_are_there_once_they_went_out(self, bakery: Ledger, clock: HandClock) -> None:
        assert in_app_notices(bakery, ["bakery"], clock.now) == []
        clock.pass_by(days=1)
        run(bakery, Mailman())
        [notice] = in_app_notices(bakery, ["bakery"], clock.now)
        assert (notice.sent_at, notice.due_at, notice.late) == (clock.now, DUE, True)
        assert notice.applies
        assert notice.content is not None
        # three active agents at 49.00 less 20 %
        assert notice.content.expected is not None
        assert notice.content.expected.total_minor == 11760
        assert in_app_notices(bakery, ["bakery"], clock.now - timedelta(seconds=1)) == []
        assert in_app_notices(bakery, [], clock.now) == []

    def test_are_plain_objects_for_a_page(self, bakery: Ledger, clock: HandClock) -> None:
        run(bakery, Mailman())
        [notice] = in_app_notices(bakery, ["bakery"], clock.now)
        shape = in_app_shape(notice, Configuration())
        assert json.loads(json.dumps(shape))["title"] == "bakery moves to pay-per-user on Aug 24, 2024"
        assert shape["sections"][0]["heading"] == "What changes"
        assert shape["amounts"]["expected"] == 11760
        assert (shape["sent_at"], shape["late"], shape["applies"]) == (
            "2024-08-10T00:00:00.000000Z", False, True,
        )  # fmt: skip

    def test_of_a_date_that_moved_say_so(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        told = programme()
        told.lines[-1]["notice_days"] = 45
        open_at(sqlite_ledger, with_licence(told), clock, datetime(2024, 7, 21, tzinfo=UTC))
        run(sqlite_ledger, Mailman())
        change_billing_cycle(sqlite_ledger, license_id="bakery", billing_cycle="annual", meta=meta())
        [notice] = in_app_notices(sqlite_ledger, ["bakery"], clock.now)
        assert (notice.applies, notice.content) == (False, None)
        shape = in_app_shape(notice, Configuration())
        assert shape["amounts"] is None
        assert "does not apply" in shape["title"]

    def test_are_gone_with_the_change(self, bakery: Ledger, clock: HandClock) -> None:
        run(bakery, Mailman())
        clock.pass_by(days=1)
        cancel_license(bakery, license_id="bakery", meta=meta())
        assert in_app_notices(bakery, ["bakery"], clock.now) == []
        assert banners(bakery, ["bakery"], clock.now) == []

    def test_need_a_licence_that_is_known(self, bakery: Ledger, clock: HandClock) -> None:
        with pytest.raises(LicenseNotFound):
            in_app_notices(bakery, ["nobody"], clock.now)


class TestBanners:
    @pytest.mark.parametrize(
        ("at", "showing"),
        [
            (DUE - timedelta(microseconds=1), [False]),
            (DUE, [True]),
            (CHARGE - timedelta(microseconds=1), [True]),
            (CHARGE, []),
        ],
    )
    def test_show_from_the_due_instant_until_the_charge(
        self, bakery: Ledger, at: datetime, showing: list[bool]
    ) -> None:
        found = banners(bakery, ["bakery"], at)
        assert [banner.is_showing for banner in found] == showing
        assert all((one.shows_from, one.shows_until) == (DUE, CHARGE) for one in found)

    def test_are_plain_objects_for_a_page(self, bakery: Ledger) -> None:
        [banner] = banners(bakery, ["bakery"], DUE)
        shape = json.loads(json.dumps(banner_shape(banner, Configuration())))
        assert (shape["shows_until"], shape["is_showing"]) == ("2024-08-24T00:00:00.000000Z", True)
        assert shape["figures"][-1] == {"label": "Charged on", "value": "Aug 24, 2024"}

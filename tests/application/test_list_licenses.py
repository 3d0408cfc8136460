"""The list says the same from read models and from the log, finds what is sought and goes page by page."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import (
    LicenseFilter,
    ListedLicense,
    all_licenses,
    list_licenses,
)
from ledger.application.recording import CommandMeta
from replay.demo import run_demo
from replay.follow import Follower
from tests.application.desk import HandClock

AUGUST = datetime(2024, 8, 5, 12, tzinfo=UTC)
END = datetime(2024, 12, 20, tzinfo=UTC)
FILTERS = (
    LicenseFilter(),
    LicenseFilter(text="ACME"),
    LicenseFilter(text="%"),
    LicenseFilter(partner_id="acme"),
    LicenseFilter(pricing_model="ppu"),
    LicenseFilter(status="cancelled"),
    LicenseFilter(changing_soon=True),
    LicenseFilter(partner_id="acme", status="active", changing_soon=True),
)


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.now = END
    return clock


@pytest.fixture
def sample(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        run_demo(opened, END)
        yield opened


def followed(ledger: Ledger) -> None:
    Follower(ledger, lambda _: None).run(threading.Event(), once=True)


def listed(ledger: Ledger, as_of: datetime, only: LicenseFilter) -> list[ListedLicense]:
    return list(all_licenses(ledger, as_of=as_of, only=only))


class TestListLicenses:
    def test_says_the_same_from_read_models_and_from_the_log(self, sample: Ledger) -> None:
        from_log = [listed(sample, at, only) for at in (AUGUST, END) for only in FILTERS]
        followed(sample)
        assert sample.read_models() is not None
        from_models = [listed(sample, at, only) for at in (AUGUST, END) for only in FILTERS]
        assert from_models == from_log
        assert all(from_log[place] for place in (0, 1, 3, 4, 6, 7))

    @pytest.mark.parametrize("from_models", [False, True])
    def test_goes_page_by_page(self, sample: Ledger, *, from_models: bool) -> None:
        if from_models:
            followed(sample)
        whole = listed(sample, AUGUST, LicenseFilter())
        first = list_licenses(sample, as_of=AUGUST, at_most=2)
        assert list(first.licenses) == whole[:2]
        second = list_licenses(sample, as_of=AUGUST, at_most=2, after=first.next_after)
        assert list(second.licenses) == whole[2:4]
        last = list_licenses(sample, as_of=AUGUST, after=whole[-3].license_id, at_most=2)
        assert list(last.licenses) == whole[-2:]
        assert last.next_after is None

    @pytest.mark.parametrize("from_models", [False, True])
    def test_finds_letters_beyond_ascii_as_they_are(self, sample: Ledger, *, from_models: bool) -> None:
        create_license(
            sample,
            license_id="Ärzte-Straße",
            source="signup",
            plan="team",
            billing_cycle="monthly",
            meta=CommandMeta(),
        )
        if from_models:
            followed(sample)
        for text, is_found in (("Ärzte", True), ("ÄRZTE", True), ("straße", True), ("ärzte", False)):
            found = listed(sample, END, LicenseFilter(text=text))
            assert [row.license_id for row in found] == ["Ärzte-Straße"] * is_found

    def test_tells_what_a_licence_is_charged_now_and_next(self, sample: Ledger) -> None:
        rows = {row.license_id: row for row in listed(sample, AUGUST, LicenseFilter(changing_soon=True))}
        row = rows["acme-law-firm-suspends"]
        assert (row.pricing_model, row.next_pricing_model) == ("pps", "ppu")
        assert row.changes_at == datetime(2024, 8, 20, tzinfo=UTC)
        assert str(row.next_charge_date) == "2024-08-20"
        assert (row.charge, row.next_charge) == (11760, 11760)

    def test_says_how_much_of_the_log_it_knows(self, sample: Ledger, clock: HandClock) -> None:
        followed(sample)
        assert not list_licenses(sample, as_of=END).is_behind
        clock.pass_by(days=1)
        create_license(
            sample,
            license_id="aaa-new",
            source="signup",
            plan="team",
            billing_cycle="monthly",
            meta=CommandMeta(),
        )
        page = list_licenses(sample, as_of=clock.now)
        assert page.licenses[0].license_id == "aaa-new"
        assert page.licenses[0].status == "trial"
        assert page.known_through == clock.now

    def test_is_empty_without_events(self, store_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            page = list_licenses(ledger, as_of=END)
            assert (page.licenses, page.next_after, page.known_through) == ((), None, None)

"""The demonstration: the same digest wherever it runs, and however often."""

from io import BytesIO

import pytest

from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.stores.reading import export_pages
from replay.demo import DEMO_CUTOVERS, StoreHoldsOtherEvents, run_demo
from replay.sample import sample_history
from tests.replay.test_cutover import END, SAMPLE


def exported(ledger: Ledger) -> bytes:
    return b"".join(page.lines for page in export_pages(ledger.store))


class TestDemo:
    def test_gives_on_every_store_the_digests_of_the_bare_history(self, store_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            report = run_demo(ledger)
        expected = [SAMPLE.replay(cutover_id, END).digest for cutover_id in DEMO_CUTOVERS]
        assert [replay.digest for replay in report.replays] == expected

    def test_changes_nothing_the_second_time(self, store_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            first, log = run_demo(ledger), exported(ledger)
            second = run_demo(ledger)
            assert exported(ledger) == log
        assert (first.recorded, second.recorded) == (first.events, 0)
        assert first.digest == second.digest

    def test_refuses_a_store_that_holds_something_else(self, sqlite_url: str) -> None:
        some = b"\n".join(sample_history().splitlines()[:30])
        with Ledger.open(sqlite_url, create=True) as ledger:
            import_history(ledger, BytesIO(some))
            with pytest.raises(StoreHoldsOtherEvents, match="nothing was changed"):
                run_demo(ledger)

    def test_refuses_a_store_that_holds_more(self, sqlite_url: str) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            run_demo(ledger)
            more = sample_history().splitlines()[-1].replace(b"ida@", b"zoe@").replace(b"/03", b"/99")
            import_history(ledger, BytesIO(more))
            with pytest.raises(StoreHoldsOtherEvents):
                run_demo(ledger)

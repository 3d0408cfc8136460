"""A refusal is the same in the process that is told of it as in the one that made it."""

import pickle

import pytest

from ledger.application.ask import LicenseNotKnownYet
from ledger.application.history_lines import Line
from ledger.application.import_history import LineRefused
from ledger.events.catalogue import UnreadableEvent
from ledger.rules.errors import LedgerError
from ledger.rules.instants import from_us
from ledger.stores.archive.errors import BadArchive, DamagedFile

DAMAGED = DamagedFile(name="part-0001.parquet", reason="it is missing")


@pytest.mark.parametrize(
    "refused",
    [
        DAMAGED,
        UnreadableEvent(topic="MoonLanded@1", reason="nobody knows it"),
        LicenseNotKnownYet("acme", from_us(0), from_us(1)),
        LineRefused(Line(7, b"{"), DAMAGED),
        BadArchive(field="archive", value="x", reason=ValueError("no such protocol")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_refusals_travel_between_processes(refused: LedgerError) -> None:
    told = pickle.loads(pickle.dumps(refused))
    assert type(told) is type(refused)
    assert (str(told), told.code, told.hint) == (str(refused), refused.code, refused.hint)
    assert {name: str(value) for name, value in told.fields.items()} == {
        name: str(value) for name, value in refused.fields.items()
    }

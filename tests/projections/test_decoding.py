"""A stored event of which a needed field has another JSON type is none, whatever could be read into it."""

import json

import polars as pl
import pytest

from ledger.events.catalogue import CATALOGUE, TOPICS, UnreadableEvent
from ledger.projections import decoding
from ledger.projections.decoding import decode_terms
from tests.projections.frames import framed
from tests.projections.test_golden import sample_lines

ROWS = framed(sample_lines()).rows
EVENTS = ["LicenseCreated", "PlanChanged", "PricePublished", "CutoverAnnounced", "NoticeSent"]


def needed(event: str) -> list[str]:
    fields = CATALOGUE[event].model_fields
    names = [name for name in decoding._FIELDS.to_schema() if name in fields and fields[name].is_required()]
    assert names
    return names


class TestANeededField:
    @pytest.mark.parametrize("event", EVENTS)
    @pytest.mark.parametrize("value", [7, True, ["x"], {"x": "y"}, None])
    def test_of_another_type_is_as_one_that_lacks(self, event: str, value: object) -> None:
        row = ROWS.filter(pl.col("topic") == TOPICS[event]).head(1)
        assert decode_terms(row).height == 1
        state = json.loads(row["state"][0])
        for name in needed(event):
            if (name, type(value)) in {("unit_amount", int), ("applies_to", dict)}:
                continue
            altered = json.dumps({**state, name: value}, separators=(",", ":"))
            with pytest.raises((UnreadableEvent, pl.exceptions.ComputeError)):
                decode_terms(row.with_columns(state=pl.lit(altered).cast(ROWS.schema["state"])))

    @pytest.mark.parametrize("amount", ["1.5", "4900.0", "1e3"])
    def test_that_counts_is_a_whole_number(self, amount: str) -> None:
        row = ROWS.filter(pl.col("topic") == TOPICS["PricePublished"]).head(1)
        before = f'"unit_amount":{row["state"].str.json_path_match("$.unit_amount")[0]}'
        altered = row["state"][0].replace(before, f'"unit_amount":{amount}')
        assert altered != row["state"][0]
        with pytest.raises(UnreadableEvent):
            decode_terms(row.with_columns(state=pl.lit(altered).cast(ROWS.schema["state"])))

    @pytest.mark.parametrize("event", EVENTS)
    def test_may_stand_there_with_spaces(self, event: str) -> None:
        row = ROWS.filter(pl.col("topic") == TOPICS[event]).head(1)
        spaced = json.dumps(json.loads(row["state"][0]), indent=1)
        decoded = decode_terms(row.with_columns(state=pl.lit(spaced).cast(ROWS.schema["state"])))
        assert decoded.equals(decode_terms(row))

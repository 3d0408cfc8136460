"""What an earlier release wrote stays readable: the payloads here are frozen, never edit them."""

import json

import pytest

from ledger.events.catalogue import UnreadableEvent, decode, encode, parse_line, topic_of
from ledger.events.programme import CutoverAnnounced
from ledger.rules.words import PricingModel, Programme

CUTOVER_V1 = (
    b'{"id":"c-1","type":"CutoverAnnounced","cutover_id":"resellers-2024-08-11","programme":"solution",'
    b'"takes_effect":"on_billing_date","on":"2024-08-11","pricing_model":"ppu","notice_days":14,'
    b'"actor":"system","effective_at":"2024-07-02T09:00:00.000000Z","recorded_at":"2024-07-02T09:00:00.000000Z"}'
)


class TestCutoverOfVersionOne:
    def test_applies_to_the_programme_that_it_named(self) -> None:
        event = decode("CutoverAnnounced@1", CUTOVER_V1)

        assert isinstance(event, CutoverAnnounced)
        assert event.applies_to.programme is Programme.SOLUTION
        assert event.applies_to.source is None
        assert event.pricing_model is PricingModel.PPU

    def test_is_written_in_the_present_form(self) -> None:
        event = decode("CutoverAnnounced@1", CUTOVER_V1)

        assert topic_of(event) == "CutoverAnnounced@2"
        assert json.loads(encode(event))["applies_to"] == {"programme": "solution"}
        assert decode(topic_of(event), encode(event)) == event

    def test_can_be_imported_from_an_old_export(self) -> None:
        assert parse_line(CUTOVER_V1) == decode("CutoverAnnounced@1", CUTOVER_V1)


class TestUnreadableEvents:
    @pytest.mark.parametrize(
        ("topic", "state"),
        [
            ("CutoverAnnounced@3", CUTOVER_V1),
            ("CutoverAnnounced@2", CUTOVER_V1),
            ("CutoverAnnounced@0", CUTOVER_V1),
            ("CutoverAnnounced", CUTOVER_V1),
            ("AgentHired@1", CUTOVER_V1),
            ("CutoverAnnounced@1", b"not json"),
        ],
    )
    def test_are_named_by_their_topic(self, topic: str, state: bytes) -> None:
        with pytest.raises(UnreadableEvent) as refused:
            decode(topic, state)

        assert refused.value.fields["topic"] == topic

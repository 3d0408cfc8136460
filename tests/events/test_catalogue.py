"""The way in and out of the log keeps every event as it is, in one canonical form."""

import hashlib
import json
from datetime import UTC, date, datetime

import pytest

from ledger.events.catalogue import (
    CATALOGUE,
    UnreadableEvent,
    decode,
    encode,
    parse_line,
    propose,
    same_content,
    topic_of,
)
from ledger.events.entry import Entry
from ledger.events.facts import SEAT_FACTS_END, Fact
from ledger.events.license import LicenseCreated, LicenseDraft
from ledger.rules.currencies import UnknownCurrency, minor_unit_digits
from tests.events.lines import OWN_FIELDS, line

EVERY_TYPE = pytest.mark.parametrize("event_type", CATALOGUE)


class TestCatalogue:
    def test_has_a_sample_line_for_every_event(self) -> None:
        assert set(OWN_FIELDS) == set(CATALOGUE)

    def test_gives_every_kind_of_event_its_own_code(self) -> None:
        codes = {model.fact_code for model in CATALOGUE.values()} | {Fact.COMPLIMENTARY_AGENT_CREATED}

        assert codes == set(Fact)
        assert len(codes) == len(CATALOGUE) + 1

    def test_keeps_the_released_codes(self) -> None:
        codes = {fact.name: int(fact) for fact in Fact}

        assert codes["COMPLIMENTARY_AGENT_CREATED"] == 2
        assert codes["SEAT_RELEASED"] == 9 < SEAT_FACTS_END == codes["LICENSE_CREATED"]
        assert (codes["LICENSE_CANCELLED"], codes["INVOICE_ISSUED"], codes["CUTOVER_ANNOUNCED"]) == (
            24,
            30,
            43,
        )


class TestCanonicalLine:
    @EVERY_TYPE
    def test_is_read_back_as_the_same_event(self, event_type: str) -> None:
        event = parse_line(line(event_type))

        assert parse_line(encode(event)) == event
        stored = decode(topic_of(event), encode(event))
        assert stored.model_dump() == event.model_dump()
        assert encode(stored) == encode(event)

    @EVERY_TYPE
    def test_has_the_promised_order_of_keys(self, event_type: str) -> None:
        keys = list(json.loads(encode(parse_line(line(event_type)))))

        assert keys == ["id", "type", *OWN_FIELDS[event_type], "actor", "effective_at", "recorded_at"]

    @EVERY_TYPE
    def test_is_the_compact_form_of_the_same_values(self, event_type: str) -> None:
        text = encode(parse_line(line(event_type)))

        payload = json.loads(text)
        assert json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode() == text
        assert payload["recorded_at"] == "2024-08-11T00:00:00.000000Z"
        own = {name: payload[name] for name in OWN_FIELDS[event_type]}
        assert own == OWN_FIELDS[event_type]

    def test_ends_with_recorded_at_in_fixed_width(self) -> None:
        text = encode(parse_line(line("SeatTaken", recorded_at="2024-08-12T01:02:03.5+02:00")))

        assert text.endswith(b',"recorded_at":"2024-08-11T23:02:03.500000Z"}')

    def test_leaves_null_fields_out_and_writes_defaults(self) -> None:
        text = encode(parse_line(line("PartnerRegistered", email=None, discount_rate=...)))
        agent = encode(parse_line(line("AgentCreated", complimentary=...)))
        cutover = encode(parse_line(line("CutoverAnnounced", notice_days=...)))

        assert b"email" not in text
        assert b"discount" not in text
        assert b'"complimentary":false' in agent
        assert b'"notice_days":14' in cutover

    def test_keeps_letters_of_all_scripts_and_quotes_what_json_must(self) -> None:
        agent_id = 'zoë "Ω" \\ 名前/😀'
        event = parse_line(line("AgentSuspended", agent_id=agent_id))

        assert "zoë".encode() in encode(event)
        assert json.loads(encode(event))["agent_id"] == agent_id
        assert parse_line(encode(event)) == event


class TestIdOfALine:
    def test_is_the_hash_of_its_bytes_when_it_names_none(self) -> None:
        text = line("AgentSuspended", id=...)

        assert parse_line(text + b"\r\n").id == hashlib.sha256(text).hexdigest()
        assert parse_line((text + b"\n").decode()).id == hashlib.sha256(text).hexdigest()

    def test_is_not_mistaken_for_a_value_that_says_id(self) -> None:
        text = line("AgentSuspended", id=..., agent_id="id")

        assert parse_line(text).id == hashlib.sha256(text).hexdigest()

    def test_is_the_one_that_it_names(self) -> None:
        assert parse_line(line("AgentSuspended", id="key-7")).id == "key-7"


class TestDraft:
    def test_is_what_a_line_without_terms_gives(self) -> None:
        event = parse_line(line("LicenseCreated", payer=..., currency=..., pricing_model=None))

        assert isinstance(event, LicenseDraft)
        assert not isinstance(event, LicenseCreated)
        assert (event.payer, event.currency, event.pricing_model) == (None, None, None)

    def test_is_not_what_the_log_holds(self) -> None:
        text = encode(parse_line(line("LicenseCreated", payer=...)))

        with pytest.raises(UnreadableEvent, match="payer"):
            decode("LicenseCreated@1", text)


class TestSameContent:
    def test_holds_for_a_draft_that_leaves_open_what_was_resolved(self) -> None:
        recorded = decode("LicenseCreated@1", encode(parse_line(line("LicenseCreated"))))

        assert same_content(parse_line(line("LicenseCreated", payer=..., time_zone=...)), recorded)

    @pytest.mark.parametrize(
        "changed", [{"payer": "client"}, {"partner_id": ...}, {"plan": "starter"}, {"actor": "eve"}]
    )
    def test_fails_for_a_draft_that_says_otherwise(self, changed: dict[str, object]) -> None:
        recorded = decode("LicenseCreated@1", encode(parse_line(line("LicenseCreated"))))

        assert not same_content(parse_line(line("LicenseCreated", **changed)), recorded)

    def test_fails_for_another_type_and_another_time(self) -> None:
        recorded = parse_line(line("AgentSuspended"))

        assert same_content(parse_line(line("AgentSuspended")), recorded)
        assert not same_content(parse_line(line("AgentDeleted")), recorded)
        assert not same_content(
            parse_line(line("AgentSuspended", effective_at="2024-08-10T00:00:00Z")), recorded
        )


class TestProposal:
    def test_takes_instants_and_days_and_leaves_none_out(self) -> None:
        instant = datetime(2024, 8, 11, tzinfo=UTC)
        event = propose(
            "LicenseCreated",
            id="e1",
            actor="system",
            effective_at=instant,
            recorded_at=instant,
            license_id="lic",
            source="signup",
            plan="team",
            billing_cycle="monthly",
            billing_anchor=date(2024, 8, 25),
            partner_id=None,
        )

        assert isinstance(event, LicenseDraft)
        assert event.billing_anchor == date(2024, 8, 25)
        assert event.effective_at == instant


class TestStreams:
    @pytest.mark.parametrize(
        ("event_type", "changed", "stream", "subject"),
        [
            ("LicenseCreated", {}, "license/lic", None),
            ("AgentCreated", {}, "license/lic", "ann@x"),
            ("AgentCreated", {"license_id": "a/b c%ü"}, "license/a%2Fb%20c%25%C3%BC", "ann@x"),
            ("ChatBotAdded", {}, "license/lic", "bot"),
            ("SeatTaken", {}, "license/lic/seats/ann@x/2024-08", "ann@x"),
            ("SeatTaken", {"agent_id": "a/b"}, "license/lic/seats/a%2Fb/2024-08", "a/b"),
            (
                "SeatTaken",
                {"effective_at": "2024-09-01T01:00:00+02:00"},
                "license/lic/seats/ann@x/2024-08",
                "ann@x",
            ),
            ("InvoiceIssued", {}, "license/lic/invoices", "2024-0001"),
            ("NoticeSent", {}, "license/lic/notices/resellers", "resellers"),
            ("PartnerTermsChanged", {}, "partner/acme", "acme"),
            ("PricePublished", {}, "prices", "team"),
            ("CutoverAnnounced", {}, "cutover/resellers", "resellers"),
        ],
    )
    def test_are_named_by_what_the_event_is_about(
        self, event_type: str, changed: dict[str, object], stream: str, subject: str | None
    ) -> None:
        event = parse_line(line(event_type, **changed))

        assert (event.stream_id, event.subject) == (stream, subject)

    def test_tell_the_partners_own_account_by_its_code(self) -> None:
        assert parse_line(line("AgentCreated")).fact is Fact.COMPLIMENTARY_AGENT_CREATED
        assert parse_line(line("AgentCreated", complimentary=False)).fact is Fact.AGENT_CREATED

    def test_belong_to_no_licence_when_they_are_the_programmes(self) -> None:
        assert parse_line(line("PricePublished")).license_id is None
        assert parse_line(line("SeatTaken")).license_id == "lic"

    def test_number_their_entries(self) -> None:
        event = parse_line(line("PricePublished"))

        assert Entry("prices", 1, event) == Entry(event.stream_id, 1, event)


class TestCurrencies:
    @pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
    def test_have_the_minor_units_of_the_standard(self, code: str, digits: int) -> None:
        assert minor_unit_digits(code) == digits

    def test_are_refused_when_unknown(self) -> None:
        with pytest.raises(UnknownCurrency, match="'EURO'"):
            minor_unit_digits("EURO")

"""Every kind of bad line is refused by name, with the field and a reason."""

import json

import pytest

from ledger.events.catalogue import parse_line, propose
from ledger.events.refusals import (
    BadField,
    BadJson,
    BadLine,
    BadText,
    MissingField,
    NotJson,
    NotUtf8,
    SurplusField,
    UnknownType,
)
from ledger.events.repeated import RepeatedField
from tests.events.lines import OWN_FIELDS, RECURRING, line, values

OPTIONAL = {
    ("LicenseCreated", "partner_id"),
    ("LicenseCreated", "payer"),
    ("LicenseCreated", "currency"),
    ("LicenseCreated", "billing_anchor"),
    ("LicenseCreated", "time_zone"),
    ("LicenseCreated", "pricing_model"),
    ("AgentCreated", "complimentary"),
    ("PartnerRegistered", "email"),
    ("PartnerRegistered", "discount_rate"),
    ("PartnerRegistered", "commission_rate"),
    ("PartnerTermsChanged", "discount_rate"),
    ("CutoverAnnounced", "notice_days"),
}
COMMON_FIELDS = ("type", "actor", "effective_at", "recorded_at")
REQUIRED = [
    (event_type, field)
    for event_type, fields in OWN_FIELDS.items()
    for field in (*COMMON_FIELDS, *fields)
    if (event_type, field) not in OPTIONAL
]

# type, field, bad value, part of the reason
BAD_VALUES: list[tuple[str, str, object, str]] = [
    ("PricePublished", "unit_amount", 20.0, "whole number"),
    ("PricePublished", "unit_amount", 20.5, "whole number"),
    ("PricePublished", "unit_amount", True, "whole number"),
    ("PricePublished", "unit_amount", "2000", "whole number"),
    ("PricePublished", "unit_amount", None, "whole number"),
    ("PricePublished", "unit_amount", -1, "at least 0"),
    ("PricePublished", "unit_amount", 10**12 + 1, "at most 1000000000000"),
    ("PricePublished", "unit_amount", 10**30, "at most 1000000000000"),
    ("PricePublished", "currency", "usd", "ISO 4217"),
    ("PricePublished", "currency", "XYZ", "ISO 4217"),
    ("PricePublished", "currency", 840, "text"),
    ("PricePublished", "plan", "  ", "blank"),
    ("PricePublished", "billing_cycle", "weekly", "'monthly' or 'annual'"),
    ("LicenseCreated", "time_zone", "Mars/Olympus", "IANA"),
    ("LicenseCreated", "time_zone", "europe/warsaw", "IANA"),
    ("LicenseCreated", "time_zone", "../etc/passwd", "IANA"),
    ("LicenseCreated", "time_zone", "localtime", "IANA"),
    ("LicenseCreated", "currency", "DOGE", "ISO 4217"),
    ("LicenseCreated", "source", "phone", "'signup' or 'partner_app'"),
    ("LicenseCreated", "payer", "bank", "'client' or 'partner'"),
    ("LicenseCreated", "billing_anchor", "2024-02-30", "no such day"),
    ("LicenseCreated", "billing_anchor", "2024-8-11", "YYYY-MM-DD"),
    ("LicenseCreated", "billing_anchor", "20240811", "YYYY-MM-DD"),
    ("LicenseCreated", "billing_anchor", "2024-08-11T00:00:00Z", "YYYY-MM-DD"),
    ("LicenseCreated", "billing_anchor", 20240811, "YYYY-MM-DD"),
    ("LicenseCreated", "billing_anchor", "1989-12-31", "1990 to 2099"),
    ("LicenseCreated", "billing_anchor", "2100-01-01", "1990 to 2099"),
    ("LicenseCreated", "license_id", "", "blank"),
    ("LicenseCreated", "license_id", "\t", "blank"),
    ("LicenseCreated", "license_id", "a\nb", "control characters"),
    ("LicenseCreated", "license_id", "a\u0000b", "control characters"),
    ("LicenseCreated", "license_id", "x" * 201, "at most 200 characters"),
    ("LicenseCreated", "license_id", 17, "text"),
    ("AgentCreated", "agent_id", "\u00a0", "blank"),
    ("AgentCreated", "role", "boss", "'owner', 'admin' or 'agent'"),
    ("AgentCreated", "complimentary", 1, "true or false"),
    ("AgentCreated", "complimentary", "yes", "true or false"),
    ("AgentCreated", "complimentary", None, "true or false"),
    ("AgentCreated", "id", "", "blank"),
    ("AgentCreated", "id", 5, "text"),
    ("AgentCreated", "actor", " ", "blank"),
    ("AgentCreated", "effective_at", "2024-08-11T00:00:00", "zone"),
    ("AgentCreated", "effective_at", "2024-08-11", "zone"),
    ("AgentCreated", "effective_at", "2024-08-11T00:00:00.1234567Z", "RFC 3339"),
    ("AgentCreated", "effective_at", "2024-08-11T24:00:00.000000Z", "hour"),
    ("AgentCreated", "effective_at", "2024-W32-1T00:00:00.000000Z", "RFC 3339"),
    ("AgentCreated", "effective_at", "2024-02-30T00:00:00.000000Z", "day"),
    ("AgentCreated", "effective_at", "2100-01-01T00:00:00.000000Z", "1990 to 2099"),
    ("AgentCreated", "effective_at", 1723334400, "text"),
    ("AgentCreated", "recorded_at", "soon", "RFC 3339"),
    ("PartnerRegistered", "discount_rate", 0.2, "text"),
    ("PartnerRegistered", "discount_rate", "1.01", "0 to 1"),
    ("PartnerRegistered", "discount_rate", "-0.2", "0 to 1"),
    ("PartnerRegistered", "discount_rate", "20%", "0 to 1"),
    ("PartnerRegistered", "discount_rate", "0,2", "0 to 1"),
    ("PartnerRegistered", "discount_rate", "NaN", "0 to 1"),
    ("PartnerRegistered", "discount_rate", "2e-1", "0 to 1"),
    ("PartnerRegistered", "commission_rate", "0.1234567890123", "12 decimals"),
    ("PartnerRegistered", "programme", "gold", "'solution' or 'affiliate'"),
    ("CutoverAnnounced", "applies_to", {}, "exactly one"),
    ("CutoverAnnounced", "applies_to", {"source": "signup", "programme": "solution"}, "exactly one"),
    ("CutoverAnnounced", "notice_days", -1, "at least 0"),
    ("CutoverAnnounced", "notice_days", 366, "at most 365"),
    ("CutoverAnnounced", "takes_effect", "now", "'on_creation' or 'on_billing_date'"),
    ("InvoiceIssued", "lines", {}, "a list"),
    ("InvoiceIssued", "total", 1.5, "whole number"),
    ("InvoiceIssued", "total", 2**63, "at most"),
    ("NoticeSent", "channel", "banner", "'in_app' or 'email'"),
    ("NoticeSent", "attempt", 0, "at least 1"),
    ("NoticeSent", "attempt", "1", "whole number"),
]


class TestMalformedLines:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            (b"", NotJson),
            (b"hello", BadJson),
            (b"[]", BadJson),
            (b"null", BadJson),
            (b'"AgentCreated"', BadJson),
            (b"{} {}", BadJson),
            (b'["id"]', BadJson),
            (line("AgentCreated")[:-20], NotJson),
            (b"\xef\xbb\xbf" + line("AgentCreated"), BadJson),
            (line("AgentCreated").replace(b"ann@x", b"\xffnn@x"), BadText),
            (line("AgentCreated", id=...).replace(b"ann@x", b"\xffnn@x"), BadText),
            (line("AgentCreated").replace(b"ann@x", rb"\ud800"), BadJson),
            (line("AgentCreated").partition(b"ann@x")[0] + b"\xc3", NotUtf8),
            (line("PricePublished", unit_amount=...)[:-1] + b',"unit_amount":' + b"9" * 5000 + b"}", BadJson),
            (b'{"plan":' + b"[" * 5000 + b"]" * 5000 + b"}", BadJson),
            (b"{}\r{}\r", BadJson),
            (b"{}", MissingField),
            (b'{"id":"x"}', MissingField),
            (b'{"id":"x","type":7}', UnknownType),
            (b'{"id":"x","type":null}', UnknownType),
            (b'{"id":"x","type":"AgentHired"}', UnknownType),
            (b'{"id":"x","type":["AgentCreated"]}', UnknownType),
            (b'{"type":"AgentHired"}', UnknownType),
        ],
    )
    def test_are_refused_by_what_they_are(self, text: bytes, kind: type[BadLine]) -> None:
        with pytest.raises(kind) as refused:
            parse_line(text)

        assert type(refused.value) is kind

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b'{"id":"x', "its end is missing"),
            (b'{"n":' + b"9" * 5000 + b"}", "a number in it has too many digits"),
            (rb'{"id":"\ud800"}', "it has half a letter"),
            (b'{"plan":' + b"[" * 5000 + b"]" * 5000 + b"}", "it is nested too deeply"),
            (b'{"id":"a"}\r{"id":"b"}', "lines end with CR alone"),
            (b'{"id":"a"}{"id":"b"}', "each event needs a line of its own (column 11)"),
            (b"{'id':1}", "does not begin with a double quote (column 2)"),
            (b'{"id":1,}', "a comma too many"),
            (b'{"id":1 "n":2}', "a comma or a closing bracket is missing"),
            (b'{"id" 1}', "a colon is missing"),
            (b'{"id":"\\x"}', "begins no escape"),
            (b'{"id":"\x01"}', "has a control character"),
            (b'{"id":01}', "a number in it is not written as in JSON"),
            (b"hello", "it is not JSON"),
            (b'{"id":"x","type":["AgentCreated"]}', 'There is no event named ["AgentCreated"].'),
        ],
    )
    def test_are_explained_in_plain_words(self, text: bytes, said: str) -> None:
        with pytest.raises(BadLine) as refused:
            parse_line(text)

        assert said in str(refused.value)
        assert not any(word in str(refused.value) for word in ("EOF", "parsing", "at line 1"))

    def test_that_are_cut_off_anywhere_are_told_as_that(self) -> None:
        whole = line("AgentCreated", agent_id="\u00e9\n\U0001f600").replace(b"}", b',"n":[-1.5e3,true,null]}')
        for length in range(1, len(whole)):
            with pytest.raises((NotJson, NotUtf8)):
                parse_line(whole[:length])

    def test_are_quoted_shortly(self) -> None:
        with pytest.raises(BadField) as refused:
            parse_line(line("AgentCreated", role="x" * 5000))

        assert len(str(refused.value)) < 300


class TestFields:
    @pytest.mark.parametrize(("event_type", "field"), REQUIRED)
    def test_are_missed_when_they_are_not_there(self, event_type: str, field: str) -> None:
        with pytest.raises(MissingField) as refused:
            parse_line(line(event_type, **{field: ...}))

        assert refused.value.fields["field"] == field

    @pytest.mark.parametrize("event_type", OWN_FIELDS)
    def test_are_refused_when_the_event_has_no_such_field(self, event_type: str) -> None:
        with pytest.raises(SurplusField) as refused:
            parse_line(line(event_type, colour="green"))

        assert refused.value.fields["field"] == "colour"

    @pytest.mark.parametrize(("event_type", "field", "value", "reason"), BAD_VALUES)
    def test_are_refused_with_a_reason_when_the_value_is_bad(
        self, event_type: str, field: str, value: object, reason: str
    ) -> None:
        with pytest.raises(BadField) as refused:
            parse_line(line(event_type, **{field: value}))

        assert refused.value.fields["field"] == field
        assert reason in str(refused.value)

    @pytest.mark.parametrize(
        ("changed", "path"),
        [
            ({"amount": 1.5}, "lines[0].amount"),
            ({"quantity": -1}, "lines[0].quantity"),
            ({"unit_amount": 10**12 + 1}, "lines[0].unit_amount"),
            ({"colour": "green"}, "lines[0].colour"),
            ({"kind": "gift"}, "lines[0]"),
        ],
    )
    def test_are_named_by_their_path_inside_an_invoice(self, changed: dict[str, object], path: str) -> None:
        with pytest.raises(BadLine) as refused:
            parse_line(line("InvoiceIssued", lines=[{**RECURRING, **changed}]))

        assert refused.value.fields["field"] == path

    def test_are_named_by_their_path_inside_applies_to(self) -> None:
        with pytest.raises(BadField) as refused:
            parse_line(line("CutoverAnnounced", applies_to={"source": "fax"}))

        assert refused.value.fields["field"] == "applies_to.source"


class TestRepeatedFields:
    @pytest.mark.parametrize("event_type", OWN_FIELDS)
    def test_are_refused_wherever_they_stand(self, event_type: str) -> None:
        for left_out in ({}, {"id": ...}):
            whole = line(event_type, **left_out)
            fields = json.loads(whole)
            assert parse_line(whole).type == event_type
            for field, value in fields.items():
                again = f"{json.dumps(field)} : {json.dumps(value)},".encode()
                with pytest.raises(RepeatedField) as refused:
                    parse_line(b"{" + again + whole[1:])
                assert refused.value.fields["field"] == field
                assert str(refused.value) == f"{field} stands in the line more than once."

    @pytest.mark.parametrize(
        ("event_type", "found", "put", "field"),
        [
            ("CutoverAnnounced", b'"applies_to":{', b'"applies_to":{"programme":"solution",', "programme"),
            ("InvoiceIssued", b'"kind":"recurring"', b'"kind":"recurring","kind":"recurring"', "kind"),
            ("AgentCreated", b'"role":"owner"', b'"role":"owner","r\\u006fle":"admin"', "role"),
            ("LicenseCreated", b'"partner_id":"acme"', b'"partner_id":null,"partner_id":null', "partner_id"),
        ],
    )
    def test_are_seen_through_any_spelling(
        self, event_type: str, found: bytes, put: bytes, field: str
    ) -> None:
        whole = line(event_type).replace(b'": ', b'":').replace(b", ", b",")
        assert found in whole
        with pytest.raises(RepeatedField) as refused:
            parse_line(whole.replace(found, put))
        assert refused.value.fields["field"] == field

    @pytest.mark.parametrize("agent_id", ['"ann"', "null", '\\"', 'a":"b', "\u00e9\u201c"])
    def test_are_not_seen_where_there_are_none(self, agent_id: str) -> None:
        assert parse_line(line("AgentCreated", agent_id=agent_id)).subject == agent_id


class TestProposals:
    @pytest.mark.parametrize(("event_type", "field", "value", "reason"), BAD_VALUES)
    def test_are_refused_for_the_same_values_as_lines(
        self, event_type: str, field: str, value: object, reason: str
    ) -> None:
        fields = values(event_type, **{field: value})
        kind = MissingField if value is None else BadField
        if value is None and (event_type, field) in OPTIONAL:
            propose(**fields, event_type=fields.pop("type"))
            return
        with pytest.raises(kind) as refused:
            propose(fields.pop("type"), **fields)

        assert refused.value.fields["field"] == field
        assert value is None or reason in str(refused.value)

    def test_are_refusals_that_can_be_logged(self) -> None:
        with pytest.raises(BadField) as refused:
            parse_line(line("PricePublished", unit_amount=20.5))

        assert json.loads(json.dumps(refused.value.as_dict())) == {
            "code": "bad_field",
            "message": "unit_amount: it must be a whole number (it is 20.5).",
            "field": "unit_amount",
            "value": "20.5",
            "reason": "it must be a whole number",
        }

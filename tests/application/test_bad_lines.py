"""Every kind of bad line, refused by a name of its own, with line, field, value, reason and way out."""

import json
from typing import Any, NamedTuple

import pytest

from ledger.application.import_history import LineRefused
from ledger.application.ledger import Ledger
from tests.application.desk import history, imported, log_of
from tests.application.test_import_history import LICENSE, PRICE, fact
from tests.events.lines import line

LATER = {**PRICE, "id": "later", "recorded_at": "2024-07-01T00:00:00Z"}


class Bad(NamedTuple):
    """A line, what comes before it, and how its refusal is known."""

    text: bytes
    code: str
    says: str
    before: tuple[dict[str, Any], ...] = ()
    after: bytes = b"\n" + line("PricePublished", id="next") + b"\n"


def price(**changed: object) -> bytes:
    return line("PricePublished", **changed)


def told(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


AGENT = fact("AgentCreated", "02-01", agent_id="ann", role="agent", id="ann's")
CUTOVER = {**json.loads(line("CutoverAnnounced")), "id": "cutover", "recorded_at": "2024-01-01T00:00:00Z"}
INVOICE = {
    **json.loads(line("InvoiceIssued")),
    "id": "invoice",
    "number": "1",
    "billing_date": "2024-01-15",
    "effective_at": "2024-09-01T00:00:00Z",
    "recorded_at": "2024-09-01T00:00:00Z",
}
BAD = {
    "not JSON": Bad(b"{'id': 1}", "not_json", "not one JSON object"),
    "a JSON list": Bad(b"[]", "not_json", "not one JSON object"),
    "two objects": Bad(price() + price(), "not_json", "not one JSON object"),
    "a file cut off in the middle": Bad(price()[:-20], "file_cut_off", "ends in the middle", after=b""),
    "a file cut off in a letter": Bad(
        '{"id":"é'.encode()[:-1], "file_cut_off", "ends in the middle", after=b""
    ),
    "a last line in another encoding": Bad(
        price(plan="caf").replace(b"caf", b"caf\xe9"), "not_utf8", "not UTF-8", after=b""
    ),
    "a last line with a huge number": Bad(
        price(unit_amount=7777777).replace(b"7777777", b"9" * 5000), "not_json", "too many digits", after=b""
    ),
    "a last line with half a letter": Bad(
        price(plan="x").replace(b'"x"', rb'"\ud800"'), "not_json", "half a letter", after=b""
    ),
    "a last line that is nested deeply": Bad(
        price(plan="x").replace(b'"x"', b"[" * 5000 + b"]" * 5000), "not_json", "too deeply", after=b""
    ),
    "lines that end with CR": Bad(
        price() + b"\r" + price(id="other") + b"\r", "not_json", "CR alone", after=b""
    ),
    "not UTF-8": Bad(price(plan="caf").replace(b"caf", b"caf\xe9"), "not_utf8", "not UTF-8"),
    "a byte order mark": Bad(b"\xef\xbb\xbf" + price(), "byte_order_mark", "byte order mark"),
    "a blank line": Bad(b"", "blank_line", "blank"),
    "a line of spaces": Bad(b"  \t", "blank_line", "blank"),
    "no type": Bad(price(type=...), "missing_field", "type"),
    "an unknown type": Bad(price(type="PriceForgotten"), "unknown_type", "PriceForgotten"),
    "a missing field": Bad(price(plan=...), "missing_field", "plan"),
    "no actor": Bad(price(actor=...), "missing_field", "actor"),
    "a surplus field": Bad(price(planet="earth"), "surplus_field", "planet"),
    "a wrong type of value": Bad(price(plan=7), "bad_field", "plan"),
    "a null": Bad(price(unit_amount=None), "bad_field", "unit_amount"),
    "a bad instant": Bad(price(effective_at="2024-02-30T00:00:00Z"), "bad_field", "effective_at"),
    "an instant without a zone": Bad(price(recorded_at="2024-08-11T00:00:00"), "bad_field", "recorded_at"),
    "a bare date for an instant": Bad(price(recorded_at="2024-08-11"), "bad_field", "recorded_at"),
    "a bad date": Bad(line("CutoverAnnounced", on="11.8.2024"), "bad_field", "on"),
    "a float amount": Bad(price(unit_amount=20.5), "bad_field", "unit_amount"),
    "a whole float": Bad(price(unit_amount=20.0), "bad_field", "unit_amount"),
    "an amount in quotes": Bad(price(unit_amount="20"), "bad_field", "unit_amount"),
    "a negative amount": Bad(price(unit_amount=-1), "bad_field", "unit_amount"),
    "an absurd amount": Bad(price(unit_amount=10**15), "bad_field", "unit_amount"),
    "an unknown currency": Bad(price(currency="ZZZ"), "bad_field", "currency"),
    "an unknown time zone": Bad(told({**LICENSE, "time_zone": "Mars/Base"}), "bad_field", "time_zone"),
    "a rate over 1": Bad(line("PartnerTermsChanged", discount_rate="1.01"), "bad_field", "discount_rate"),
    "a negative rate": Bad(line("PartnerTermsChanged", discount_rate="-0.1"), "bad_field", "discount_rate"),
    "a rate that is a number": Bad(
        line("PartnerTermsChanged", discount_rate=0.2), "bad_field", "discount_rate"
    ),
    "a blank id": Bad(price(id=" "), "bad_field", "id"),
    "recorded_at going back in the file": Bad(
        price(recorded_at="2024-06-30T23:59:59.999999Z"), "recorded_at_goes_back", "2024-07-01", (LATER,)
    ),
    "an unknown licence": Bad(told(AGENT), "license_not_found", "'lic'"),
    "an unknown partner": Bad(told({**LICENSE, "partner_id": "nobody"}), "partner_not_found", "'nobody'"),
    "terms of an unknown partner": Bad(line("PartnerTermsChanged"), "partner_not_found", "'acme'"),
    "an unknown agent": Bad(
        told(fact("AgentSuspended", "03-01", agent_id="ann")), "agent_not_found", "'ann'", (LICENSE,)
    ),
    "an illegal order": Bad(
        told(fact("AgentActivated", "03-01", agent_id="ann")), "out_of_order", "ann's", (LICENSE, AGENT)
    ),
    "a seat given back that was not taken": Bad(
        told(fact("SeatReleased", "03-01", agent_id="ann")), "no_seat_held", "ann's", (LICENSE, AGENT)
    ),
    "a fact on a cancelled licence": Bad(
        told(fact("PlanChanged", "03-02", plan="x")),
        "license_is_cancelled",
        "the-end",
        (LICENSE, fact("LicenseCancelled", "03-01", id="the-end")),
    ),
    "a fact that is not yet true": Bad(
        told({**AGENT, "effective_at": "2024-02-02T00:00:00Z"}), "not_yet_true", "2024-02-02", (LICENSE,)
    ),
    "a cycle changed in the past": Bad(
        told(
            {
                **fact("BillingCycleChanged", "03-01", billing_cycle="annual"),
                "effective_at": AGENT["recorded_at"],
            }
        ),
        "cycle_change_backdated",
        "2024-02-01",
        (LICENSE,),
    ),
    "an actor who may not": Bad(
        told(fact("AgentDeleted", "03-01", agent_id="ann", actor="ann")),
        "actor_not_allowed",
        "'ann'",
        (LICENSE, AGENT),
    ),
    "a licence created twice": Bad(
        told({**LICENSE, "id": "again"}), "license_exists", "creation", (LICENSE,)
    ),
    "a cutover announced twice": Bad(
        told({**CUTOVER, "id": "again"}), "cutover_exists", "cutover", (CUTOVER,)
    ),
    "a model that a cutover excludes": Bad(
        told({**LICENSE, "pricing_model": "pps", "recorded_at": "2024-06-01T00:00:00Z"}),
        "model_not_offered",
        "cutover",
        ({**CUTOVER, "applies_to": {"source": "signup"}, "on": "2024-01-01"},),
    ),
    "an invoice that knows an event to come": Bad(
        told({**INVOICE, "known_through": "next"}), "known_through_not_found", "'next'", (LICENSE,)
    ),
    "an invoice that knows too little": Bad(
        told({**INVOICE, "known_through": "price"}), "knows_too_little", "'price'", (PRICE, LICENSE)
    ),
    "an invoice on no billing date": Bad(
        told({**INVOICE, "billing_date": "2024-01-16"}), "not_a_billing_date", "2024-01-16", (LICENSE,)
    ),
    "a notice about an unknown cutover": Bad(
        line("NoticeSent", recorded_at="2024-08-11T00:00:00Z"), "cutover_not_found", "'resellers'", (LICENSE,)
    ),
    "an id with other content, earlier in the file": Bad(
        told({**PRICE, "plan": "other"}), "id_means_something_else", "differs in plan", (PRICE,)
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
class TestABadLine:
    def test_is_named(self, ledger: Ledger, bad: Bad) -> None:
        with pytest.raises(LineRefused) as refused:
            imported(ledger, history(*bad.before) + bad.text + bad.after)
        refusal = refused.value
        assert refusal.code == bad.code
        assert str(refusal).startswith(f"Line {len(bad.before) + 1}: ")
        assert bad.says in str(refusal)
        assert refusal.fields["line"] == len(bad.before) + 1
        assert refusal.exit_code == 1
        assert log_of(ledger) == []

    def test_is_judged_alike_behind_what_the_store_holds(self, sqlite_ledger: Ledger, bad: Bad) -> None:
        imported(sqlite_ledger, history(*bad.before))
        before = log_of(sqlite_ledger)
        with pytest.raises(LineRefused) as refused:
            imported(sqlite_ledger, bad.text + bad.after)
        assert refused.value.code == bad.code
        assert refused.value.fields["line"] == 1
        assert log_of(sqlite_ledger) == before


def test_every_refusal_says_the_way_out_or_the_clash(sqlite_ledger: Ledger) -> None:
    for name, bad in BAD.items():
        with pytest.raises(LineRefused) as refused:
            imported(sqlite_ledger, history(*bad.before) + bad.text + bad.after)
        refusal = refused.value
        fields = refusal.fields
        assert refusal.hint or "field" in fields or "clashes_with" in fields, name

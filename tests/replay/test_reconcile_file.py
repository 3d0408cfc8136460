"""A partner file is read exactly, or refused with the row and the field that are wrong."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from replay.reconcile import partner_file
from replay.reconcile.partner_file import MAX_ROWS, BadPartnerFile, BadPartnerRow, read_partner_file

ROW: dict[str, Any] = {
    "invoice_no": "P-1",
    "date": "2024-08-20 07:15:00",
    "plan": "team",
    "seats": 3,
    "billing_cycle": "monthly",
    "amount": 118,
    "status": "paid",
}


def read(*rows: Any) -> Any:
    return read_partner_file("file", json.dumps({"result": rows}).encode())


def one(**changes: Any) -> Any:
    (invoice,) = read({**ROW, **changes})
    return invoice


class TestReadPartnerFile:
    def test_reads_what_the_api_gives(self) -> None:
        invoice = one(organization_id="390e44e6-z", more={"is": "ignored"})
        assert (invoice.row, invoice.invoice_no, invoice.seats, invoice.amount) == (1, "P-1", 3, Decimal(118))
        assert (invoice.stamp.day, invoice.stamp.instant) == (date(2024, 8, 20), None)
        assert (invoice.license_id, invoice.organization_id) == (None, "390e44e6-z")

    @pytest.mark.parametrize(
        ("written", "amount"),
        [("39.2", "39.2"), ("0.1", "0.1"), ('"39.20"', "39.20"), ("-39", "-39"), ("1e2", "100"), ("0", "0")],
    )
    def test_takes_amounts_as_they_are_written(self, written: str, amount: str) -> None:
        text = json.dumps({"result": [ROW]}).replace('"amount": 118', f'"amount": {written}')
        (invoice,) = read_partner_file("file", text.encode())
        assert invoice.amount == Decimal(amount)

    def test_takes_numbers_for_ids_and_whole_decimals_for_seats(self) -> None:
        invoice = one(invoice_no=17, seats=3.0, license_id=1520)
        assert (invoice.invoice_no, invoice.seats, invoice.license_id) == ("17", 3, "1520")

    @pytest.mark.parametrize(
        ("text", "day", "instant"),
        [
            ("2024-08-20", date(2024, 8, 20), None),
            ("2024-08-20T23:30", date(2024, 8, 20), None),
            ("2024-08-20T23:30:00Z", date(2024, 8, 20), datetime(2024, 8, 20, 23, 30, tzinfo=UTC)),
            ("2024-08-20 23:30:00-07:00", date(2024, 8, 21), datetime(2024, 8, 21, 6, 30, tzinfo=UTC)),
        ],
    )
    def test_takes_times_with_and_without_a_zone(
        self, text: str, day: date, instant: datetime | None
    ) -> None:
        stamp = one(date=text).stamp
        assert (stamp.day, stamp.instant) == (day, instant)

    def test_takes_as_many_as_it_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert MAX_ROWS == 100_000
        # as many would tell nothing more and take seconds
        monkeypatch.setattr(partner_file, "MAX_ROWS", 1_000)
        rows = [{**ROW, "invoice_no": str(place)} for place in range(1_000)]
        assert len(read(*rows)) == 1_000
        with pytest.raises(BadPartnerFile, match="1,001 invoices, and 1,000 can be compared"):
            read(*rows, ROW)


class TestBadFile:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"", "it is not JSON"),
            (b"{", "it is not JSON (line 1"),
            (b"\xff", "not UTF-8"),
            (b"[" * 100_000, "nested too deeply"),
            (b"[]", 'no list of invoices under "result"'),
            (b'{"result": {}}', 'no list of invoices under "result"'),
            (b'{"result": [{"amount": NaN}]}', "not JSON"),
            (b'{"result": [' + b"9" * 5_000 + b"]}", "not JSON"),
        ],
    )
    def test_is_named_with_the_reason(self, text: bytes, said: str) -> None:
        with pytest.raises(BadPartnerFile) as refused:
            read_partner_file("the-file", text)
        assert str(refused.value).startswith("the-file: ")
        assert said in str(refused.value)


class TestBadRow:
    @pytest.mark.parametrize("field", sorted(ROW))
    def test_lacks_a_field(self, field: str) -> None:
        for row in ({key: value for key, value in ROW.items() if key != field}, {**ROW, field: None}):
            with pytest.raises(BadPartnerRow, match=f"file, row 2: {field}: it is missing"):
                read({**ROW, "invoice_no": "P-0"}, row)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("amount", "much"), ("amount", True), ("amount", 10**13), ("amount", [1]), ("amount", ""),
            ("seats", -1), ("seats", 2.5), ("seats", "3"), ("seats", True), ("seats", 10**10),
            ("date", "yesterday"), ("date", "2024-02-30"), ("date", "1066-10-14"),
            ("date", "2024-08-20 25:00"), ("date", "9999-12-31T23:59:59-14:00"), ("date", 1724112000.5),
            ("plan", ""), ("plan", " "), ("plan", "x" * 201), ("plan", "a\nb"), ("status", ["paid"]),
            ("currency", "DOLLARS"), ("currency", 5), ("invoice_no", {}),
        ],
    )  # fmt: skip
    def test_has_a_value_that_cannot_be(self, field: str, value: Any) -> None:
        with pytest.raises(BadPartnerRow) as refused:
            one(**{field: value})
        assert (refused.value.fields["row"], refused.value.fields["field"]) == (1, field)

    @pytest.mark.parametrize("written", ["1e999999", "1e-40", "123456789012345678901234567890"])
    def test_has_an_absurd_amount(self, written: str) -> None:
        text = json.dumps({"result": [ROW]}).replace('"amount": 118', f'"amount": {written}')
        with pytest.raises(BadPartnerRow, match="no amount of an invoice"):
            read_partner_file("file", text.encode())

    def test_is_no_object(self) -> None:
        with pytest.raises(BadPartnerRow, match="row 2"):
            read(ROW, "P-2")

    def test_comes_twice(self) -> None:
        with pytest.raises(BadPartnerRow, match="row 3: invoice_no: P-1 stands in row 1 already"):
            read(ROW, {**ROW, "invoice_no": "P-2"}, ROW)
        assert len(read({**ROW, "license_id": "a"}, {**ROW, "license_id": "b"})) == 2

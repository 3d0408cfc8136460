"""The partners and the rates in force."""

from ledger.projections.decoding import decode_terms
from ledger.projections.partners import PARTNER_COLUMNS, partners
from ledger.rules.instants import parse_instant, to_us
from tests.projections.frames import framed

LINES = [
    {
        "type": "PartnerRegistered",
        "partner_id": name,
        "programme": programme,
        **rates,
        "effective_at": "2024-01-01T00:00:00Z",
        "recorded_at": "2024-01-01T00:00:00Z",
        "actor": "system",
    }
    for name, programme, rates in (
        ("b", "solution", {"discount_rate": "0.20"}),
        ("a", "affiliate", {"commission_rate": "0.10"}),
        ("c", "affiliate", {}),
    )
] + [
    {
        "type": "PartnerTermsChanged",
        "partner_id": "b",
        **rates,
        "effective_at": at,
        "recorded_at": "2024-01-02T00:00:00Z",
        "actor": "system",
    }
    for at, rates in (
        ("2024-03-01T00:00:00Z", {"discount_rate": "0.30"}),
        ("2024-02-01T00:00:00Z", {"commission_rate": "0.05"}),
        ("2024-02-01T00:00:00Z", {"discount_rate": "0.25"}),
    )
]


class TestPartners:
    def test_have_the_rates_in_force_one_left_out_stays(self) -> None:
        terms = decode_terms(framed(LINES).rows)
        found = {
            at: partners(terms, to_us(parse_instant(f"{at}T00:00:00Z")))
            for at in ("2024-02-01", "2024-03-01")
        }
        for frame in found.values():
            assert tuple(frame.columns) == PARTNER_COLUMNS
            assert frame["partner_id"].to_list() == ["a", "b", "c"]
        february = found["2024-02-01"].rows(named=True)
        assert [row["discount_rate"] for row in february] == [None, "0.25", None]
        assert [row["commission_rate"] for row in february] == ["0.10", "0.05", None]
        assert found["2024-03-01"]["discount_rate"].to_list() == [None, "0.30", None]

    def test_are_none_of_nothing(self) -> None:
        assert partners(decode_terms(framed([]).rows), 0).is_empty()

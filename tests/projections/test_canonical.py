"""Answers are canonical JSON, to the byte, whatever the ids are made of; and nothing is an answer too."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.projections.canonical import instant_text
from ledger.projections.decoding import decode_terms, known_through_ids
from ledger.projections.invoices import INVOICE_COLUMNS, LINE_COLUMNS
from ledger.projections.notices import NOTICE_COLUMNS, notices
from ledger.projections.seats import SEAT_COLUMNS, clashing_seats, seats
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, format_instant, from_us, to_us
from ledger.stores.columns import empty_log
from tests.projections.frames import framed
from tests.projections.told import Told
from tests.second_opinion.reading import Ask

ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")
FIRST_US, LAST_US = (to_us(datetime(year, 1, 1, tzinfo=UTC)) for year in (FIRST_YEAR, LAST_YEAR))
ODD = [
    'a "quoted" id',
    "back\\slash \\n \\u0041",
    "żółć/ß+%20?&=#",
    "日本語 🙂 👩‍👩‍👧",
    "\u2028 line \u2029 separators",
    "e\u0301 and \u00e9",
    "{}[],:'`",
    "null",
    "-1",
]


def told_of(license_id: str, other: str) -> Told:
    """Tell of a licence whose every name is odd, and of another."""
    story = Told().price(2000, plan=other).price(2400, plan="team")
    story.licence("ppa", license_id=license_id, plan=other).licence("ppa", license_id=other)
    story.agent(license_id, "2024-03-11", license_id=license_id).agent(other, "2024-03-12", license_id=other)
    story.agent(license_id, "2024-03-11", license_id=other)
    story.fact("SeatTaken", "2024-03-13", license_id=license_id, agent_id=license_id)
    story.cutover("2024-05-01", "2024-03-15", license_id)
    story.fact(
        "InvoiceIssued", "2024-04-02", license_id=license_id, number=other, billing_date="2024-04-01",
        known_through=story.last_id, lines=[], total=0, digest="",
    )  # fmt: skip
    return story


def canonical(row: dict[str, Any]) -> str:
    """Write a row the way that every answer is written."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


class TestCanonicalLines:
    @pytest.mark.parametrize("license_id", ODD)
    def test_quote_whatever_an_id_holds(self, license_id: str) -> None:
        story = told_of(license_id, license_id[::-1] + " too")
        for ask in ASKS:
            lines = story.at("2024-05-01").lines(ask)
            assert lines == [canonical(row) for row in story.ask(ask, "2024-05-01")]
            assert len(lines) >= 2

    @settings(max_examples=20)
    @given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8))
    def test_quote_any_text_without_control_characters(self, text: str) -> None:
        story = told_of(f"x{text}", f"{text}y")
        for ask in ASKS:
            rows = story.ask(ask, "2024-05-01")
            assert story.at("2024-05-01").lines(ask) == [canonical(row) for row in rows]
            assert {row["license_id"] for row in rows} == {f"x{text}", f"{text}y"}

    def test_hold_the_promised_fields_in_their_order(self) -> None:
        story = Told().price(3000).partner("0.5").licence("ppu", partner_id="p").agent("a", "2024-03-11")
        story.agent("b", "2024-04-16").agent("c", "2024-03-12", "2024-04-20").cutover(
            "2024-05-01", "2024-03-15"
        )
        *_, line = story.at("2024-05-01").lines("invoices")
        # May: 3 x 3000, 1 x 3000 x 15/30 for b; half off; and c's half of 3000 for 1 April
        assert line == (
            '{"license_id":"l","billing_date":"2024-05-01","period_start":"2024-05-01","period_end":"2024-06-01",'
            '"pricing_model":"ppu","currency":"USD","plan":"team","billing_cycle":"monthly","lines":['
            '{"kind":"recurring","pricing_model":"ppu","quantity":3,"unit_amount":3000,"period_start":"2024-05-01",'
            '"period_end":"2024-06-01","amount":9000},'
            '{"kind":"true_up","pricing_model":"ppu","date":"2024-04-16","quantity":1,"unit_amount":3000,'
            '"remaining_days":15,"period_days":30,"amount":1500},'
            '{"kind":"discount","rate":"0.5","amount":-5250},'
            '{"kind":"adjustment","billing_date":"2024-04-01","amount":1500}],"total":6750,"number":null}'
        )
        assert story.at("2024-05-01").lines("seats") == [
            '{"license_id":"l","agents_active":3,"agents_suspended":0,"chatbots":0,"seats_in_use":0,"ppa":3,"pps":0,'
            '"ppu":3}'
        ]

    def test_of_a_notice_hold_the_promised_fields_in_their_order(self) -> None:
        story = Told().licence("ppa").cutover("2024-08-11", "2024-03-15")
        assert story.at("2024-08-18").lines("notices")[0] == (
            '{"license_id":"l","cutover_id":"c","channel":"banner","charge_date":"2024-09-01",'
            '"due_at":"2024-08-18T00:00:00.000000Z","state":"showing","late":false,"pricing_model_before":"ppa",'
            '"pricing_model_after":"ppu"}'
        )

    @given(st.integers(FIRST_US, LAST_US))
    def test_write_instants_as_the_log_does(self, us: int) -> None:
        assert pl.DataFrame({"us": [us]}).select(instant_text(pl.col("us"))).item() == format_instant(
            from_us(us)
        )

    def test_come_by_license_id_then_date_cutover_and_channel(self) -> None:
        story = Told().price(2000)
        for license_id in ("b", "a", "B", "ä", "aa"):
            story.licence("ppa", license_id=license_id)
        story.cutover("2024-05-01", "2024-03-15", "d").cutover(
            "2024-04-01", "2024-03-16", "c", pricing_model="pps"
        )
        for ask in ASKS:
            named = ("license_id", "billing_date", "charge_date", "cutover_id", "channel")
            keys = [tuple(row[name] for name in named if name in row) for row in story.ask(ask, "2024-06-01")]
            assert keys == sorted(keys)
            assert len({key[0] for key in keys}) == 5


NO_LICENCE = Told().price(2000).partner("0.1").cutover("2024-05-01", "2024-03-15")
HISTORIES = {
    "nothing": Told(),
    "a programme without licences": NO_LICENCE,
    "a licence without facts or a programme": Told().licence("ppa"),
    "a licence and prices": Told().price(2000).licence("ppa"),
    "a licence and a partner without terms": Told().partner(None).licence("ppa", partner_id="p"),
    "a licence and a cutover": Told().licence("ppa").cutover("2024-05-01", "2024-03-15"),
    "a licence with facts and no programme": Told()
    .licence("ppa")
    .agent("a", "2024-03-11")
    .seat("a", "2024-03-12"),
    "a licence whose only change is its cycle": Told().licence("ppa").cycle("annual", "2024-04-10"),
    "an issued invoice and nothing else": Told().licence("ppa").issue("N", "2024-04-01", "e0", "2024-04-02"),
    "a notice of a cutover that nobody announced": Told()
    .licence("ppa")
    .notice("NoticeSent", "email", "2024-05-01", "2024-04-02"),
}


class TestHardlyAnything:
    @pytest.mark.parametrize("what", HISTORIES)
    @pytest.mark.parametrize("as_of", ["2023-01-01", "2024-03-10", "2024-04-01", "2024-06-15"])
    def test_is_answered_as_the_second_opinion_does(self, what: str, as_of: str) -> None:
        story = HISTORIES[what]
        for known_at in ("2000-01-01", "2030-01-01"):
            for ask in ASKS:
                story.ask(ask, as_of, known_at)
            story.missing_prices(as_of, known_at)
        assert story.clashing_seats(as_of) == []

    def test_is_answered_up_to_the_last_instant_there_is(self) -> None:
        asked = (
            Told()
            .price(2000)
            .licence("ppa")
            .cycle("annual", "2099-10-20")
            .cutover("2099-12-31", "2024-04-01")
        )
        rows = asked.at("2099-12-31T23:59:59.999999Z").rows("invoices")
        # April 2024 to October 2099 are 907 months, and November begins a year without a price
        assert (len(rows), rows[-1]["billing_date"]) == (907, "2099-10-01")
        [notice, *_] = asked.at("2099-12-31T23:59:59.999999Z").rows("notices")
        assert (notice["charge_date"], notice["state"]) == ("2100-11-01", "scheduled")

    @pytest.mark.parametrize("story", [Told(), NO_LICENCE, Told().licence("ppa")])
    def test_gives_frames_with_all_their_columns(self, story: Told) -> None:
        asked = story.at("2024-03-31")
        assert seats(asked.history, asked.as_of_us).columns == list(SEAT_COLUMNS)
        assert asked.invoices.invoices.columns == list(INVOICE_COLUMNS)
        assert asked.invoices.lines.columns == list(LINE_COLUMNS)
        assert asked.invoices.unpriced.columns == ["license_id", "plan", "billing_cycle", "currency", "date"]
        assert notices(asked.history, asked.as_of_us).columns == list(NOTICE_COLUMNS)
        assert clashing_seats(asked.history).columns == ["license_id", "position", "effective_us"]

    def test_has_the_columns_types_of_a_full_answer(self) -> None:
        full = told_of("a", "b").at("2024-05-01")
        empty = Told().at("2024-05-01")
        assert empty.invoices.invoices.schema == full.invoices.invoices.schema
        assert empty.invoices.lines.schema == full.invoices.lines.schema
        assert seats(empty.history, 0).schema == seats(full.history, 0).schema
        assert notices(empty.history, 0).schema == notices(full.history, 0).schema

    def test_is_what_a_log_without_rows_holds(self) -> None:
        assert framed([]).rows.schema == empty_log().schema
        terms = decode_terms(empty_log())
        assert terms.is_empty()
        assert known_through_ids(terms) == []

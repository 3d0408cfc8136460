"""Explanations as people read them: on the terminal, as JSON, as a part of a page; and what is refused."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.desk.running import AS_OF, done, run, same_as_golden

# one for each thing that can happen to an invoice
TELLING = {
    "plain": ("signup-returning-colleague", "2024-06-01"),
    "peak": ("acme-bakery-peak", "2024-02-24"),
    "cutover": ("borealis-florist-four-bots", "2024-08-13"),
    "true-ups": ("signup-growing-team", "2024-03-15"),
    "annual peak": ("borealis-clinic-annual-peak", "2024-03-29"),
    "annual cutover": ("acme-hotel-annual", "2024-09-18"),
    "adjustment": ("signup-late-hire", "2024-04-10"),
    "late ChatBot": ("signup-2021-late-bot", "2024-05-09"),
    "late licence": ("acme-late-licence", "2024-06-18"),
    "credit note": ("signup-late-cancel", "2024-08-06"),
    "issued": ("acme-issued-then-corrected", "2024-06-12"),
    "plan": ("signup-plan-upgrade", "2024-07-20"),
    "yen": ("signup-tokyo-trial", "2024-04-16"),
}
SOME = ("peak", "true-ups", "annual cutover", "late licence")
VOID = {"link", "meta", "br"}


def explained(store: str, license_id: str, day: str, *more: str, columns: int = 100) -> str:
    asked = ("--license", license_id, "--billing-date", day, "--as-of", AS_OF)
    return done("explain", *asked, *more, store=store, columns=columns)


class TestExplanations:
    @pytest.mark.parametrize("columns", [80, 140])
    def test_look_like_this(self, sample_store: str, columns: int) -> None:
        pages = [explained(sample_store, *named, columns=columns) for named in TELLING.values()]
        assert same_as_golden(f"explain_{columns}.txt", f"\n{'─' * columns}\n".join(pages))

    def test_fit_a_narrow_terminal(self, sample_store: str) -> None:
        for name in SOME:
            page = explained(sample_store, *TELLING[name], columns=40)
            assert max(map(len, page.splitlines())) <= 40
            assert all(line == line.rstrip() for line in page.splitlines())

    def test_of_an_issued_invoice_are_found_by_its_number(self, sample_store: str) -> None:
        page = done("explain", "2024-000003", "--as-of", AS_OF, store=sample_store)
        assert page == explained(sample_store, *TELLING["issued"])
        assert page.startswith("acme-issued-then-corrected: credit note 2024-000003 of 12 Jun 2024\n")

    def test_say_what_was_known_then(self, sample_store: str) -> None:
        late = (
            "--license",
            "signup-late-hire",
            "--billing-date",
            "2024-04-10",
            "--as-of",
            "2024-04-10T00:00:00Z",
        )
        before = done("explain", *late, "--known-at", "2024-03-01T00:00:00Z", store=sample_store)
        assert "signup-late-hire is charged $24.00 on 10 Apr 2024: 1 user at $24.00" in before
        assert "It knows what was recorded by 1 Mar 2024, 00:00 UTC." in before

    def test_say_that_a_later_invoice_corrects_this_one(self, sample_store: str) -> None:
        page = explained(sample_store, "signup-late-hire", "2024-03-10")
        assert "Later facts correct it: +$39.72 on invoice of 10 Apr 2024." in page


class TestThePageAboutExplanations:
    PAGE = Path(__file__).parents[2] / "docs" / "explanations.md"

    def test_quotes_what_is_printed(self, sample_store: str) -> None:
        quoted = re.findall(r"^```text\n(.*?)^```$", self.PAGE.read_text(), re.MULTILINE | re.DOTALL)
        shown = [explained(sample_store, *TELLING[name]) for name in ("peak", "cutover", "late ChatBot")]
        assert len(quoted) == len(shown)
        assert all(quote in page for quote, page in zip(quoted, shown, strict=True))


class TestJson:
    def test_looks_like_this(self, sample_store: str) -> None:
        page = explained(sample_store, *TELLING["issued"], "--format", "json")
        assert same_as_golden("explain.json", page)

    @pytest.mark.parametrize("name", SOME)
    def test_has_figures_that_add_up_and_the_events_behind_them(self, sample_store: str, name: str) -> None:
        answer = json.loads(explained(sample_store, *TELLING[name], "--format", "json"))
        assert answer["total"] == sum(line["amount"] for line in answer["lines"])
        assert (answer["difference"] or 0) == sum(step["amount"] for step in answer["bridge"])
        for line in answer["lines"]:
            assert line["rule"]["section"] == "6"
            assert list(events_in(line))
        for event in events_in(answer):
            assert event.keys() == {
                "position", "id", "type", "effective_at", "recorded_at", "actor", "says",
            }  # fmt: skip


def events_in(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        if "position" in value:
            yield value
        for each in value.values():
            yield from events_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from events_in(each)


class Outline(HTMLParser):
    """Notes headings, and that every element is closed where it was opened."""

    def __init__(self) -> None:
        """Begin outside of everything."""
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go in."""
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Go out."""
        assert self.open.pop() == tag


class TestHtml:
    def test_looks_like_this(self, sample_store: str) -> None:
        page = explained(sample_store, *TELLING["cutover"], "--format", "html")
        assert same_as_golden("explain.html", page)

    @pytest.mark.parametrize("name", SOME)
    def test_is_well_formed_and_has_neither_styles_nor_scripts(self, sample_store: str, name: str) -> None:
        outline = Outline()
        outline.feed(explained(sample_store, *TELLING[name], "--format", "html"))
        assert not outline.open
        assert outline.headings[0] == "h2"
        assert set(outline.headings[1:]) == {"h3"}
        assert not outline.attributes & {"style", "onclick", "onload"}

    def test_writes_names_as_text(self, sqlite_url: str) -> None:
        name = "<script>alert(1)</script>"
        at = {"effective_at": "2024-01-01T00:00:00Z", "recorded_at": "2024-01-01T00:00:00Z", "actor": name}
        licence = {"license_id": name, "source": "signup", "billing_cycle": "monthly", "plan": "team"}
        price = {"plan": "team", "billing_cycle": "monthly", "currency": "USD", "unit_amount": 4900}
        lines = [
            {"type": "PricePublished", **price, **at},
            {"type": "LicenseCreated", **licence, **at},
            {"type": "AgentCreated", "license_id": name, "agent_id": name, "role": "owner", **at},
        ]
        history = "".join(json.dumps(line) + "\n" for line in lines).encode()
        assert run("import", "-", stdin=history, store=sqlite_url).exit_code == 0
        page = explained(sqlite_url, name, "2024-01-15", "--format", "html")
        assert "<script" not in page
        assert "&lt;script&gt;" in page


class TestWhatCannotBeExplained:
    def test_is_refused_with_the_dates_there_are(self, sample_store: str) -> None:
        ran = run(
            "explain", "--license", "signup-left-in-time", "--billing-date", "2024-04-20", "--as-of", AS_OF,
            store=sample_store,
        )  # fmt: skip
        assert ran.exit_code == 3
        assert "it was cancelled by then, and nothing was left to pay" in ran.err
        assert "It has invoices of 2024-03-20." in ran.err
        assert ran.out == ""

    def test_is_a_number_that_was_never_given(self, sample_store: str) -> None:
        ran = run("explain", "2024-000099", store=sample_store)
        assert (ran.exit_code, ran.out) == (3, "")
        assert "No invoice '2024-000099' was issued." in ran.err

    @pytest.mark.parametrize(
        "named",
        [
            (),
            ("--license", "acme-bakery-peak"),
            ("--billing-date", "2024-02-24"),
            ("2024-000003", "--license", "acme-bakery-peak"),
        ],
    )
    def test_is_what_names_no_invoice_or_two(self, sample_store: str, named: tuple[str, ...]) -> None:
        ran = run("explain", *named, store=sample_store)
        assert ran.exit_code == 2
        assert "name one invoice: by its number, or by --license and --billing-date" in ran.err

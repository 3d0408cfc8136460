"""An invoice on paper: the same bytes everywhere, nothing beyond the margins, heads on every page."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from desk.configuration import Configuration, Payer
from desk.documents.html import html_of
from desk.documents.page import page_of
from desk.documents.pdf import laid_out, pdf_of
from tests.desk.running import run
from tests.desk.test_invoice import WITHOUT_LIBRARY
from tests.documents.papers import CONFIGURATION, PAPERS, growing, plain, yen

_MM = 96 / 25.4
# those that are read: what a box of text says
_TEXT = "TextBox"
_DIGESTS = """
import hashlib
from desk.documents.page import page_of
from desk.documents.pdf import pdf_of
from tests.documents.papers import CONFIGURATION, PAPERS
for name in sorted(PAPERS, reverse=True):
    print(name, hashlib.sha256(pdf_of(page_of(PAPERS[name](), CONFIGURATION))).hexdigest())
"""


def made(name: str) -> bytes:
    return pdf_of(page_of(PAPERS[name](), CONFIGURATION))


@cache
def pages(name: str, paper: str = "A4") -> list[Any]:
    """Return the pages of a document as WeasyPrint set them."""
    return list(laid_out(html_of(page_of(PAPERS[name](), CONFIGURATION), paper)).pages)


def boxes(page: Any) -> Iterator[Any]:
    return iter(page._page_box.descendants())


def texts(page: Any) -> list[str]:
    return [box.text for box in boxes(page) if type(box).__name__ == _TEXT]


class TestBytes:
    def test_are_the_same_in_another_process(self) -> None:
        here = {name: hashlib.sha256(made(name)).hexdigest() for name in PAPERS}
        ran = subprocess.run(
            [sys.executable, "-c", _DIGESTS],
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert dict(line.split() for line in ran.stdout.splitlines()) == here

    def test_carry_the_invoices_day_and_no_clock(self) -> None:
        document = laid_out(html_of(page_of(plain(), CONFIGURATION)))
        info = document.metadata
        assert (info.created, info.modified) == ("2024-08-24", "2024-08-24")
        assert (info.title, info.authors) == ("Invoice INV-2024-000123", ["Text Works, Inc."])
        pdf = document.write_pdf(uncompressed_pdf=True)
        assert set(re.findall(rb"\(D:(\d+)", pdf)) == {b"20240824"}

    def test_differ_between_invoices(self) -> None:
        other = replace(plain(), number="INV-2024-000124")
        assert pdf_of(page_of(other, CONFIGURATION)) != made("plain")


class TestTypefaces:
    def test_are_those_of_the_project_alone(self) -> None:
        pdf = laid_out(html_of(page_of(yen(), CONFIGURATION))).write_pdf(uncompressed_pdf=True)
        fonts = {name.split(b"+")[1] for name in re.findall(rb"/BaseFont /([A-Z]{6}\+[\w-]+)", pdf)}
        assert fonts == {
            b"Source-Sans-Pro",
            b"Source-Sans-Pro-Light",
            b"Source-Sans-Pro-Semi-Bold",
            b"Noto-Sans-JP",
        }

    def test_are_small_without_japanese_letters(self) -> None:
        assert max(len(made(name)) for name in PAPERS if name not in {"yen", "growing"}) < 30_000


class TestPages:
    def test_are_one_for_a_short_invoice(self) -> None:
        assert [len(pages(name)) for name in PAPERS if name != "growing"] == [1] * (len(PAPERS) - 1)

    def test_repeat_the_heads_and_count_themselves(self) -> None:
        of = pages("growing")
        assert len(of) > 2
        for number, page in enumerate(of, start=1):
            said = texts(page)
            assert {"Description", "Quantity", "Unit price", "Amount"} <= set(said)
            assert f"Page {number} of {len(of)}" in said
            assert "Invoice INV-2024-000123" in said

    def test_lose_no_line(self) -> None:
        said = [text for page in pages("growing") for text in texts(page)]
        amounts = [row.amount for row in page_of(growing(), CONFIGURATION).rows]
        assert len(amounts) == 61
        assert [text for text in said if text in set(amounts)] == amounts

    @pytest.mark.parametrize("paper", ["A4", "letter"])
    @pytest.mark.parametrize("name", PAPERS)
    def test_keep_everything_within_the_margins(self, name: str, paper: str) -> None:
        width = {"A4": 210 * _MM, "letter": 8.5 * 96}[paper]
        for page in pages(name, paper):
            for box in boxes(page):
                if type(box).__name__ == _TEXT:
                    assert box.position_x >= 20 * _MM - 0.5, box.text
                    assert box.position_x + box.width <= width - 20 * _MM + 0.5, box.text

    def test_never_print_one_figure_over_another(self) -> None:
        for name in PAPERS:
            for page in pages(name):
                placed = [box for box in boxes(page) if type(box).__name__ == _TEXT and box.text.strip()]
                for place, one in enumerate(placed):
                    for other in placed[place + 1 :]:
                        apart_x = (
                            one.position_x + one.width <= other.position_x + 0.5
                            or other.position_x + other.width <= one.position_x + 0.5
                        )
                        apart_y = abs(one.position_y - other.position_y) > 4
                        assert apart_x or apart_y, (name, one.text, other.text)


class TestOutside:
    def test_is_never_asked(self, caplog: pytest.LogCaptureFixture) -> None:
        """Even what somebody managed to write into the page fetches nothing."""
        html = html_of(page_of(plain(), CONFIGURATION))
        trapped = html.replace(
            "</body>", '<img src="file:///etc/passwd"><img src="http://127.0.0.1:9/x"></body>'
        )
        laid_out(trapped)
        assert caplog.text.count("an invoice asks for nothing from outside") == 2


class TestTheCommand:
    def test_refuses_to_cut_typefaces_in_another_way(self, sample_store: str, tmp_path: Path) -> None:
        """WeasyPrint would do without the library, and the bytes would be others."""
        out = tmp_path / "a.pdf"
        command = ("--store", sample_store, "invoice", "2024-000003", "--out", str(out))
        ran = subprocess.run(
            [sys.executable, "-c", WITHOUT_LIBRARY, "harfbuzz-subset", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout, out.exists()) == (1, "", False)
        assert "cannot load library 'libharfbuzz-subset'" in ran.stderr

    def test_writes_the_same_file_twice(self, sample_store: str, tmp_path: Path) -> None:
        one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
        for file in (one, other):
            ran = run("invoice", "2024-000003", "--out", str(file), store=sample_store)
            assert (ran.exit_code, ran.out) == (0, "")
        assert one.read_bytes() == other.read_bytes()
        assert one.read_bytes().startswith(b"%PDF-1.7")

    def test_writes_all_as_pdf_unless_told_otherwise(self, sample_store: str, tmp_path: Path) -> None:
        assert run("invoice", "--all", "--out", str(tmp_path), store=sample_store).exit_code == 0
        assert len(list(tmp_path.glob("*.pdf"))) == 4


def test_a_name_of_another_script_does_no_harm() -> None:
    payer = Payer(name="شركة الخليج", address=("北京市", "Αθήνα", "Київ"))
    configuration = Configuration(payers={"northwind": payer})
    assert pdf_of(page_of(plain(), configuration)).startswith(b"%PDF")

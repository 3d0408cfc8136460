"""The command `invoice`, run as a user runs it; what needs the libraries of a PDF is in tests/pdf."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk.running import Ran, done, run, same_as_golden

CONFIG = """
[seller]
name = "Text Works, Inc."

[payers.acme]
name = "Acme Resale GmbH"
language = "de_DE"
"""
# No shared library of that name can be loaded, as on a machine with nothing but Python.
WITHOUT_LIBRARY = """
import cffi, sys
missing, load = sys.argv.pop(1), cffi.FFI.dlopen
def refuse(self, name, *flags):
    if missing in name:
        raise OSError(f"cannot load library '{name}': not found")
    return load(self, name, *flags)
cffi.FFI.dlopen = refuse
from desk.cli.start import main
main()
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "ledger.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return str(file)


def in_a_terminal(*args: str) -> Ran:
    """Run a command whose stdout is a terminal."""
    master, slave = pty.openpty()
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "desk.cli.start", *args],
            stdout=slave,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(slave)
        os.close(master)
    return Ran(ran.returncode, "", ran.stderr)


class TestOnTheScreen:
    def test_is_text(self, sample_store: str, config: str) -> None:
        credit = done("invoice", "2024-000003", "--config", config, store=sample_store)
        assert same_as_golden("invoice_credit_note.txt", credit)
        draft = ("--license", "acme-bakery-peak", "--billing-date", "2024-08-24")
        when = ("--as-of", "2024-08-24T00:00:00Z")
        assert same_as_golden("invoice_draft.txt", done("invoice", *draft, *when, store=sample_store))

    def test_is_the_issued_invoice_if_there_is_one_for_the_date(self, sample_store: str) -> None:
        by_date = ("--license", "acme-issued-then-corrected", "--billing-date", "2024-06-12")
        assert done("invoice", *by_date, store=sample_store) == done(
            "invoice", "2024-000003", store=sample_store
        )


class TestInFiles:
    def test_is_what_the_files_name_says(self, sample_store: str, tmp_path: Path) -> None:
        out = tmp_path / "a.html"
        ran = run("invoice", "2024-000003", "--out", str(out), store=sample_store)
        assert (ran.exit_code, ran.out, ran.err) == (0, "", f"Wrote {out}.\n")
        assert out.read_bytes().startswith(b"<!DOCTYPE html>")
        text = tmp_path / "a.txt"
        done("invoice", "2024-000003", "--out", str(text), store=sample_store)
        assert text.read_text(encoding="utf-8").startswith("CREDIT NOTE 2024-000003\n")

    def test_is_what_the_format_says_before_all(self, sample_store: str, tmp_path: Path) -> None:
        out = tmp_path / "a.html"
        done("invoice", "2024-000003", "--format", "text", "--out", str(out), store=sample_store)
        assert out.read_text(encoding="utf-8").startswith("CREDIT NOTE")

    def test_goes_to_a_pipe_as_well(self, sample_store: str) -> None:
        piped = done("invoice", "2024-000003", "--format", "html", store=sample_store)
        assert piped == done("invoice", "2024-000003", "--format", "html", "--out", "-", store=sample_store)
        assert piped.startswith("<!DOCTYPE html>")

    def test_never_replaces_the_store(self, sample_store: str, config: str) -> None:
        store = sample_store.removeprefix("sqlite:///")
        for file, what in ((store, "the store itself"), (config, "the configuration")):
            ran = run(
                "--config",
                config,
                "invoice",
                "2024-000003",
                "--format",
                "text",
                "--out",
                file,
                store=sample_store,
            )
            assert ran.exit_code == 2
            assert f"{file} is {what}; name another file." in ran.err

    def test_can_be_all_that_were_issued(self, sample_store: str, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "folder"
        ran = run("invoice", "--all", "--format", "html", "--out", str(folder), store=sample_store)
        assert (ran.exit_code, ran.err) == (0, f"Wrote 4 invoices to {folder}.\n")
        names = [f"2024-00000{number}.html" for number in range(1, 5)]
        assert sorted(os.listdir(folder)) == names
        alone = done("invoice", "2024-000003", "--format", "html", store=sample_store)
        assert (folder / names[2]).read_text(encoding="utf-8") == alone


class TestRefusals:
    @pytest.mark.parametrize(
        ("args", "said"),
        [
            ((), "name one: a number, --license with --billing-date, or --all"),
            (("2024-000003", "--all", "--out", "x"), "name one: a number"),
            (("--license", "northwind"), "a draft needs both --license and --billing-date"),
            (("--billing-date", "2024-08-24"), "a draft needs both --license and --billing-date"),
            (("2024-000003", "--as-of", "2024-08-24T00:00:00Z"), "an issued invoice stays as it was issued"),
            (
                ("2024-000003", "--known-at", "2024-08-24T00:00:00Z"),
                "an issued invoice stays as it was issued",
            ),
            (("--all",), "--all needs a folder to write to"),
            (("--all", "--out", "-"), "--all needs a folder to write to"),
            (("--all", "--out", __file__), "is a file, not a folder"),
            (("--all", "--out", f"{__file__}/x"), "a part of its path is a file, not a folder"),
            (("2024-000003", "--out", "/none/x.html"), "there is no folder /none"),
            (("2024-000003", "--out", "x.docx"), "an invoice is no .docx. End it with .txt, .html or .pdf"),
            (
                ("--license", "acme-bakery-peak", "--billing-date", "9999-12-24"),
                "The year of 9999-12-24 is outside 1990 to 2099",
            ),
        ],
    )
    def test_say_what_to_type(self, sample_store: str, args: tuple[str, ...], said: str) -> None:
        ran = run("invoice", *args, store=sample_store)
        assert (ran.exit_code, ran.out) == (2, "")
        assert said in " ".join(ran.err.split())

    @pytest.mark.parametrize(
        ("args", "code"),
        [
            (("nope",), "invoice_not_found"),
            (("--license", "nope", "--billing-date", "2024-08-24"), "license_not_found"),
            (("--license", "acme-bakery-peak", "--billing-date", "2024-08-25"), "nothing_to_invoice"),
        ],
    )
    def test_of_what_is_not_there_end_with_3(
        self, sample_store: str, args: tuple[str, ...], code: str
    ) -> None:
        ran = run("invoice", *args, store=sample_store)
        assert (ran.exit_code, ran.out) == (3, "")
        assert f"({code})" in ran.err

    @pytest.mark.parametrize("form", ["html", "pdf"])
    def test_keep_a_terminal_free_of_what_nobody_reads(self, sample_store: str, form: str) -> None:
        ran = in_a_terminal("--store", sample_store, "invoice", "2024-000003", "--format", form)
        assert ran.exit_code == 2
        assert f"{form} is nothing to read on a terminal; name a file." in " ".join(ran.err.split())

    @pytest.mark.parametrize("missing", ["", "pango"])
    def test_name_the_libraries_that_a_pdf_needs(
        self, sample_store: str, tmp_path: Path, missing: str
    ) -> None:
        out = tmp_path / "a.pdf"
        command = ("--store", sample_store, "invoice", "2024-000003", "--out", str(out))
        ran = subprocess.run(
            [sys.executable, "-c", WITHOUT_LIBRARY, missing, *command],
            env={**os.environ, "COLUMNS": "300"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "pdf_library_missing" in ran.stderr
        assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in ran.stderr
        assert not out.exists()

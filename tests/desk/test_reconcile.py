"""The owner's invoices against ours, as a person at the desk meets it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from replay.reconcile.differences import Kind
from tests.desk.partner import SAMPLE, SINCE, UNTIL, rows_of, with_differences
from tests.desk.running import AS_OF, Ran, run, same_as_golden

ALL = ("--projected", "--since", SINCE, "--until", UNTIL, "--as-of", AS_OF)
ISSUED = "acme-issued-then-corrected"


@pytest.fixture(scope="module")
def differing(sample_store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with one of each difference."""
    file: Path = tmp_path_factory.mktemp("partner") / "invoices.json"
    file.write_bytes(with_differences(sample_store))
    return str(file)


def fed(store: str, rows: list[dict[str, Any]], *args: str, config: str | None = None) -> Ran:
    """Reconcile rows that come over standard input."""
    stdin = json.dumps({"result": rows}).encode()
    return run("reconcile", "-", *args, store=store, stdin=stdin, LEDGER_CONFIG=config)


class TestReconcile:
    @pytest.mark.parametrize("columns", [80, 140])
    def test_looks_like_this(self, sample_store: str, differing: str, columns: int) -> None:
        ran = run("reconcile", differing, *ALL, store=sample_store, columns=columns)
        assert (ran.exit_code, ran.err) == (5, "")
        assert max(map(len, ran.out.splitlines())) <= columns
        assert same_as_golden(f"reconcile_{columns}.txt", ran.out)

    def test_finds_one_of_each_difference(self, sample_store: str, differing: str) -> None:
        ran = run("reconcile", differing, *ALL, "--format", "jsonl", store=sample_store)
        rows = [json.loads(line) for line in ran.out.splitlines()]
        assert {each["kind"] for row in rows for each in row["differences"]} == set(Kind)
        for row in rows:
            if row["here"] is not None and row["there"] is not None and row["difference"] is not None:
                asked = (
                    0 if row["differences"] and row["differences"][0]["kind"] == "status" else row["there"]
                )
                assert row["difference"] == asked - row["here"]

    def test_gives_the_same_in_every_form(self, sample_store: str, differing: str) -> None:
        forms = {
            form: run("reconcile", differing, *ALL, "--format", form, store=sample_store).out
            for form in ("json", "jsonl", "csv")
        }
        rows = [json.loads(line) for line in forms["jsonl"].splitlines()]
        assert json.loads(forms["json"]) == rows
        in_csv = list(csv.DictReader(io.StringIO(forms["csv"])))
        assert [one["invoice_no"] for one in in_csv] == [row["invoice_no"] or "" for row in rows]
        assert [one["agrees"] == "true" for one in in_csv] == [row["agrees"] for row in rows]
        for one, row in zip(in_csv, rows, strict=True):
            assert one["kinds"].split() == [each["kind"] for each in row["differences"]]

    def test_ends_well_where_all_agree(self, sample_store: str) -> None:
        ran = fed(sample_store, list(rows_of(sample_store, *SAMPLE).values()), *ALL)
        assert ran.exit_code == 0
        assert ran.out == "31 invoices compared: 31 agree (18 rounded to whole units there), 0 differ.\n"

    def test_compares_issued_invoices_unless_projected_ones_are_wanted(self, sample_store: str) -> None:
        rows = list(rows_of(sample_store, ISSUED).values())
        ran = fed(sample_store, rows, "--since", SINCE, "--until", UNTIL, "--format", "jsonl")
        kinds = [json.loads(line)["differences"] for line in ran.out.splitlines()]
        assert [each[0]["kind"] if each else None for each in kinds] == [
            "rounding", None, "missing_here", "missing_here", "missing_here",
        ]  # fmt: skip

    def test_takes_all_rows_for_one_licence(self, sample_store: str) -> None:
        rows = [{**row, "license_id": None} for row in rows_of(sample_store, ISSUED).values()]
        assert fed(sample_store, rows, "--license", ISSUED, *ALL).exit_code == 0
        ran = fed(sample_store, rows, *ALL)
        assert ran.exit_code == 1
        assert "row 1: license_id: it is missing" in ran.err

    def test_knows_organisations_by_the_configuration(self, sample_store: str, tmp_path: Path) -> None:
        config = tmp_path / "ledger.toml"
        config.write_text(f'[organisations]\n"390e44e6-z" = "{ISSUED}"\n1520 = "{ISSUED}"\n')
        rows = list(rows_of(sample_store, ISSUED).values())
        for said in ({"license_id": 1520}, {"license_id": None, "organization_id": "390e44e6-z"}):
            named = [{**row, **said} for row in rows]
            assert fed(sample_store, named, *ALL, config=str(config)).exit_code == 0
            other = fed(sample_store, named, "--license", SAMPLE[0], *ALL, config=str(config))
            assert (other.exit_code, "row 1: license_id: it is of licence" in other.err) == (1, True)

    def test_names_a_licence_that_is_not_there(self, sample_store: str) -> None:
        assert fed(sample_store, [], "--license", "nobody").exit_code == 3

    def test_shows_as_many_as_are_wanted(self, sample_store: str, differing: str) -> None:
        ran = run("reconcile", differing, *ALL, "--limit", "2", store=sample_store)
        assert "… and 14 invoices more: --limit 0 shows all." in ran.out
        assert "--limit" not in run("reconcile", differing, *ALL, "--limit", "0", store=sample_store).out
        assert run("reconcile", differing, *ALL, "--all", store=sample_store).out.count("agrees\n") > 5

    def test_reads_dates_as_they_are_in_the_licences_zone(self, sample_store: str) -> None:
        license_id = "cobalt-eleventh-in-los-angeles"
        rows = rows_of(sample_store, license_id)
        midnight = [{**row, "date": f"{day} 00:00:00"} for (_, day), row in rows.items()]
        assert fed(sample_store, midnight, *ALL).exit_code == 5
        assert fed(sample_store, midnight, *ALL, "--dates-in", "license").exit_code == 0

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"amount": 39.205}, "row 2: amount: 39.205 has more decimals than USD"),
            ({"amount": "a lot"}, "row 2: amount: it must be a number"),
            ({"seats": None}, "row 2: seats: it is missing"),
            ({"currency": "XXY"}, "row 2: currency: 'XXY' is not a currency code"),
            ({"invoice_no": "P-900"}, "row 2: invoice_no: P-900 stands in row 1 already"),
        ],
    )
    def test_names_the_row_that_cannot_be(
        self, sample_store: str, changes: dict[str, Any], said: str
    ) -> None:
        rows = list(rows_of(sample_store, "acme-created-10-june").values())
        rows[0]["invoice_no"] = "P-900"
        ran = fed(sample_store, [rows[0], {**rows[1], **changes}], *ALL)
        assert (ran.exit_code, ran.out) == (1, "")
        assert f"standard input, {said}" in ran.err

    def test_says_what_is_wrong_with_a_file(self, sample_store: str, tmp_path: Path) -> None:
        file = tmp_path / "invoices.json"
        file.write_text('{"result": [')
        ran = run("reconcile", str(file), store=sample_store)
        assert (ran.exit_code, "it is not JSON" in ran.err) == (1, True)
        assert run("reconcile", str(tmp_path / "none"), store=sample_store).exit_code == 2
        assert run("reconcile", str(tmp_path), store=sample_store).exit_code == 2

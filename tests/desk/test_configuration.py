import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from desk.configuration import (
    BadConfiguration,
    Configuration,
    Webhooks,
    read_configuration,
    webhook_secrets,
)

DOCUMENTED = Path(__file__).parents[2] / "docs" / "configuration.md"


class TestReadConfiguration:
    def test_has_a_default_for_everything(self) -> None:
        assert read_configuration(None) == Configuration()

    def test_takes_what_the_documentation_shows(self, tmp_path: Path) -> None:
        shown = re.search(r"```toml\n(.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
        assert shown
        file = tmp_path / "ledger.toml"
        file.write_text(shown[1], encoding="utf-8")
        configuration = read_configuration(file)
        assert configuration.payer("acme").language == "de_DE"
        assert configuration.payer("other").language == "en_US"
        assert configuration.invoices.paper == "A4"
        assert set(tomllib.loads(shown[1])) == set(Configuration.model_fields)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[mail]\nprot = 25\n", "mail.prot: there is no such setting"),
            ('[mail]\nsender = "Us <a@b.example>"\n', "mail.sender: it must be one e-mail address, such as"),
            ('[invoices]\nseries = ""\n', "invoices.series: it must be 1 to 50 characters of one line"),
            ("[mail]\nport = 0\n", "mail.port: input should be greater than or equal to 1"),
            ("[mail\n", "line 1"),
            ('[payers.acme]\nlanguage = "de-DE"\n', "payers.acme.language: it is no language that dates"),
            ('[payers.acme]\nlanguage = "tlh_KL"\n', "payers.acme.language: it is no language that dates"),
            ('[invoices]\npaper = "A5"\n', "invoices.paper: input should be 'A4' or 'letter'"),
        ],
    )
    def test_names_what_is_wrong(self, tmp_path: Path, text: str, said: str) -> None:
        file = tmp_path / "ledger.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadConfiguration, match=re.escape(said)) as refused:
            read_configuration(file)
        assert str(file) in str(refused.value)

    def test_finds_webhook_secrets_wherever_they_are(self, tmp_path: Path) -> None:
        file, secrets = tmp_path / "ledger.toml", tmp_path / "secrets"
        secrets.write_text("from the file\n\n  second  \n", encoding="utf-8")
        for written, named in (('"clear"', ["clear"]), ('["new", "old", ""]', ["new", "old"])):
            file.write_text(f'[webhooks]\nsecret = {written}\nsecret_file = "{secrets}"\n', encoding="utf-8")
            webhooks = read_configuration(file).webhooks
            found = webhook_secrets(webhooks, {"LEDGER_WEBHOOK_SECRET": "from outside\nanother"})
            assert sorted(found) == sorted([*named, "from outside", "another", "from the file", "second"])
            assert "clear" not in repr(webhooks)

    def test_wants_a_webhook_secret_that_is_one(self, tmp_path: Path) -> None:
        for empty in (Webhooks(), Webhooks(secret=(SecretStr(" "), SecretStr("")))):
            with pytest.raises(BadConfiguration, match="LEDGER_WEBHOOK_SECRET has a secret"):
                webhook_secrets(empty, {"LEDGER_WEBHOOK_SECRET": "\n \n"})
        with pytest.raises(BadConfiguration, match="No such file"):
            webhook_secrets(Webhooks(secret_file=tmp_path / "none"), {})

    def test_says_that_there_is_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration, match="No such file"):
            read_configuration(tmp_path / "none.toml")

    def test_never_repeats_a_password(self, tmp_path: Path) -> None:
        file = tmp_path / "ledger.toml"
        file.write_text('[mail]\npassword = ["hunter2"]\n', encoding="utf-8")
        with pytest.raises(BadConfiguration) as refused:
            read_configuration(file)
        assert "hunter2" not in str(refused.value)

"""What differs from one house to the next: who sells, who pays, where mail goes. Read from a TOML file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from babel.localedata import locale_identifiers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from ledger.rules.errors import LedgerError

WEBHOOK_SECRET_VARIABLE = "LEDGER_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable

# What a pattern says, for people.
_PLAIN_WORDS = {
    ("string_pattern_mismatch", "sender"): "it must be one e-mail address, such as billing@example.com",
    ("string_pattern_mismatch", "series"): "it must be 1 to 50 characters of one line, such as INV",
}


class BadConfiguration(LedgerError):
    """Raised for a configuration that cannot be read or does not say what it must."""

    code = "bad_configuration"
    template = "{file}: {reason}."
    hint = "docs/configuration.md has every setting, with an example."


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _known_language(name: str) -> str:
    if name not in locale_identifiers():
        raise PydanticCustomError(
            "unknown_language", "it is no language that dates and amounts can be written in"
        )
    return name


class Seller(_Section):
    """Whose invoices these are."""

    name: str = "License Ledger"
    address: tuple[str, ...] = ()
    email: str | None = None
    tax_id: str | None = None


class Payer(_Section):
    """Who pays, as an invoice and a letter name them; what is left out is not shown."""

    name: str | None = None
    address: tuple[str, ...] = ()
    email: str | None = None
    tax_id: str | None = None
    language: Annotated[str, AfterValidator(_known_language)] = "en_US"


class Mail(_Section):
    """The server that takes e-mail, and how often it is tried."""

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str = Field(default="billing@localhost", pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    timeout_seconds: int = Field(default=30, ge=1)
    attempts: int = Field(default=8, ge=1)


class Invoices(_Section):
    """How invoices are numbered, and on what they are printed."""

    series: str = Field(default="INV", pattern=r"^[^\x00-\x1f\x7f]{1,50}$")
    paper: Literal["A4", "letter"] = "A4"


class Webhooks(_Section):
    """What the sender of webhooks proves itself by; several secrets while one takes the other's place."""

    secret: SecretStr | tuple[SecretStr, ...] = ()
    secret_file: Path | None = None
    body_limit_bytes: int = Field(default=262_144, ge=1_024)


class Work(_Section):
    """Where the worker answers those who watch it, and how patient it is."""

    host: str = "127.0.0.1"
    port: int = Field(default=9470, ge=0, le=65_535)
    poll_seconds: int = Field(default=5, ge=1)
    stale_after_seconds: int = Field(default=300, ge=1)


class SignInElsewhere(_Section):
    """The house's own sign-in by OpenID Connect; users are known here by the address that it vouches for."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    label: str = "Sign in with your company account"
    # what of a person is their name here; an e-mail address must be one that the house has verified
    claim: str = "email"


class Web(_Section):
    """The pages: what they are called, and who else signs people in."""

    title: str = "License Ledger"
    oidc: SignInElsewhere | None = None
    # whose word is taken for the address and scheme that a request came with
    trusted_proxies: tuple[str, ...] = ()


class Configuration(_Section):
    """All sections, each with what holds where the file says nothing."""

    seller: Seller = Seller()
    # by the id of the partner that pays, or of the licence that pays for itself
    payers: dict[str, Payer] = {}
    mail: Mail = Mail()
    invoices: Invoices = Invoices()
    webhooks: Webhooks = Webhooks()
    work: Work = Work()
    # from the organisation's id, or the licence's as the programme's owner numbers it, to the licence here
    organisations: dict[str, str] = {}
    web: Web = Web()

    def payer(self, payer_id: str) -> Payer:
        """Return what is known of a payer, nothing but its language if the file does not name it."""
        return self.payers.get(payer_id, Payer())


def read_configuration(file: Path | None) -> Configuration:
    """Return what a TOML file says, the defaults without a file; raises BadConfiguration."""
    if file is None:
        return Configuration()
    try:
        return Configuration.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise BadConfiguration(file=str(file), reason=reason) from error
    except ValidationError as error:
        raise BadConfiguration(file=str(file), reason="; ".join(_faults(error))) from error


def webhook_secrets(webhooks: Webhooks, surroundings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets that the settings, their file and LEDGER_WEBHOOK_SECRET name, one a line in these.

    Raises BadConfiguration if the file cannot be read, or if there is no secret at all.
    """
    named = webhooks.secret if isinstance(webhooks.secret, tuple) else (webhooks.secret,)
    lines = surroundings.get(WEBHOOK_SECRET_VARIABLE, "").splitlines()
    if webhooks.secret_file is not None:
        try:
            lines += webhooks.secret_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise BadConfiguration(file=str(webhooks.secret_file), reason=reason) from error
    secrets = [secret.get_secret_value() for secret in named] + [line.strip() for line in lines]
    # an empty one would let everybody in
    found = tuple(secret for secret in secrets if secret.strip())
    if not found:
        raise BadConfiguration(
            file="webhooks.secret",
            reason=f"neither it nor webhooks.secret_file nor {WEBHOOK_SECRET_VARIABLE} has a secret",
        )
    return found


def _faults(error: ValidationError) -> list[str]:
    """Name each setting that is wrong and why; what it says is left out, it may be a password."""
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        message = _PLAIN_WORDS.get((fault["type"], str(fault["loc"][-1])), fault["msg"])
        if fault["type"] == "extra_forbidden":
            message = "there is no such setting"
        faults.append(f"{'.'.join(map(str, fault['loc']))}: {message[0].lower()}{message[1:]}")
    return faults

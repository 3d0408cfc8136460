"""What differs from one house to the next: who sells, who pays, where mail goes. Read from a TOML file."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from ledger.rules.errors import LedgerError

CONFIGURATION_VARIABLE = "LEDGER_CONFIG"


class BadConfiguration(LedgerError):
    """Raised for a configuration that cannot be read or does not say what it must."""

    code = "bad_configuration"
    template = "{file}: {reason}."
    hint = "docs/configuration.md has every setting, with an example."


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


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
    language: str = "en_US"


class Mail(_Section):
    """The server that takes e-mail, and how often it is tried."""

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str = "billing@localhost"
    timeout_seconds: int = Field(default=30, ge=1)
    attempts: int = Field(default=8, ge=1)


class Invoices(_Section):
    """How invoices are numbered."""

    series: str = "INV"


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


def _faults(error: ValidationError) -> list[str]:
    """Name each setting that is wrong and why; what it says is left out, it may be a password."""
    return [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
        for fault in error.errors(include_input=False, include_url=False)
    ]

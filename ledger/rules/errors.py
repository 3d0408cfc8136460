"""The one root of every refusal, so that a caller can catch, log and translate them alike."""

from typing import ClassVar


class LedgerError(Exception):
    """A refusal with a stable code and the fields that matter.

    Subclasses set `code` (never changed once released), `exit_code` (what the command line answers) and
    `template`, a sentence for people filled from the fields. `hint`, when set, says the way out.
    """

    code: str = "ledger_error"
    exit_code: ClassVar[int] = 1
    template: ClassVar[str] = "The ledger refused the request."
    hint: str | None = None

    def __init__(self, **fields: object) -> None:
        self.fields: dict[str, object] = fields
        super().__init__(self.template.format(**fields))

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel from a worker as it was raised: its class, its words, and what it knows."""
        told = {
            name: str(value) if isinstance(value, Exception) and not isinstance(value, LedgerError) else value
            for name, value in self.fields.items()
        }
        return _as_raised, (type(self), self.args), {**self.__dict__, "fields": told}

    def as_dict(self) -> dict[str, object]:
        """Return code, message and fields, for logs and machine-readable answers."""
        return {"code": self.code, "message": str(self), **self.fields}


def _as_raised(kind: type[LedgerError], args: tuple[object, ...]) -> LedgerError:
    return kind.__new__(kind, *args)


class NotFound(LedgerError):
    """The root of everything that is asked for by name and is not there."""

    code = "not_found"
    exit_code = 3
    template = "There is no {what} {name!r} in this ledger."


class Conflict(LedgerError):
    """The root of everything that another writer or an earlier fact stands against."""

    code = "conflict"
    exit_code = 4
    template = "Another writer was faster on {stream}; nothing was recorded."
    hint = "Run the command again."


class InvalidValue(LedgerError):
    """The root of values that cannot be what their field means."""

    code = "invalid_value"
    exit_code = 2
    template = "{field}: {value!r} is not valid: {reason}."

"""What the tests of use cases do over and over: set the clock, set up a licence, read the log."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.export_history import export_history
from ledger.application.import_history import ImportReport, import_history
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
OWNER = "olivia@acme.example"
ANN = "ann@acme.example"


class HandClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> datetime:
        """Let time go on and return what it is then."""
        self.now += timedelta(**span)
        return self.now


def meta(at: datetime | None = None, actor: str = "system", key: str | None = None) -> CommandMeta:
    return CommandMeta(at=at, actor=actor, key=key)


def a_license(ledger: Ledger, license_id: str = "acme", **fields: Any) -> None:
    """Create a licence with its owner and one agent."""
    given = {"source": "signup", "plan": "team", "billing_cycle": "monthly", **fields}
    create_license(ledger, license_id=license_id, meta=meta(), **given)
    create_agent(ledger, license_id=license_id, agent_id=OWNER, role="owner", meta=meta())
    create_agent(ledger, license_id=license_id, agent_id=ANN, meta=meta())


def exported(ledger: Ledger) -> bytes:
    """Return the log as a history file."""
    out = io.BytesIO()
    export_history(ledger, out)
    return out.getvalue()


def log_of(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the log's lines, read."""
    return [json.loads(line) for line in exported(ledger).splitlines()]


def imported(ledger: Ledger, history: bytes, **options: Any) -> ImportReport:
    """Import a history given as bytes."""
    return import_history(ledger, io.BytesIO(history), **options)


def history(*lines: dict[str, Any]) -> bytes:
    """Return lines as a history file."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

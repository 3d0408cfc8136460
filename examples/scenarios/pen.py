"""Write facts the way one would tell them, and put them into the order of the log at the end.

Times are UTC, written `2024-03-01 09:00` or with seconds; people go by their first names. A fact is
recorded when it becomes true unless `recorded=` says otherwise.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Line = dict[str, Any]

# when expectations look back, unless they name an earlier time
THE_END = "2024-12-20 00:00"


class Billed(NamedTuple):
    """Expect an invoice with these lines, each as (kind, amount in minor units); none expects no invoice."""

    license_id: str
    billing_date: str
    lines: tuple[tuple[str, int], ...]


class Counted(NamedTuple):
    """Expect these counts at an instant, as known at `known_at`."""

    license_id: str
    as_of: str
    known_at: str
    counts: dict[str, int]


class Noticed(NamedTuple):
    """Expect exactly these notice rows of a licence, as (cutover, date, channel, state, late)."""

    license_id: str
    as_of: str
    rows: tuple[tuple[str, str, str, str, bool], ...]


def instant(text: str) -> str:
    """Write `2024-03-01 09:00` or `2024-03-01 09:00:00` as an RFC 3339 instant with microseconds."""
    day, clock = text.split(" ")
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    return f"{day}T{seconds}.000000Z"


class Pen:
    """Collect lines and expectations."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._numbered: dict[str, int] = {}
        self.billed: list[Billed] = []
        self.counted: list[Counted] = []
        self.noticed: list[Noticed] = []
        self.license_ids: list[str] = []

    def write(
        self,
        about: str,
        event: str,
        when: str,
        *,
        recorded: str | None = None,
        actor: str = "system",
        **fields: Any,
    ) -> Line:
        """Write one line; `about` is what its id is numbered under."""
        self._numbered[about] = self._numbered.get(about, 0) + 1
        line = {
            "id": f"{about}/{self._numbered[about]:02d}",
            "type": event,
            **fields,
            "effective_at": instant(when),
            "recorded_at": instant(recorded or when),
            "actor": actor,
        }
        self._lines.append(line)
        return line

    def repeat(self, line: Line) -> None:
        """Write the same line once more."""
        self._lines.append(line)

    def log(self) -> list[Line]:
        """Put the lines in the order of recording; ties stay as they were written."""
        ordered = [dict(line) for line in sorted(self._lines, key=lambda line: line["recorded_at"])]
        for line in ordered:
            if line["type"] == "InvoiceIssued":
                line["known_through"] = _last_recorded_by(line["known_through"], ordered)
        return ordered

    def as_bytes(self) -> bytes:
        """Write the log as a history file."""
        return b"".join(
            json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            for line in self.log()
        )

    def license(self, license_id: str, created: str, **fields: Any) -> "Customer":
        """Create a licence with its owner, who is called `owner`."""
        self.license_ids.append(license_id)
        return Customer(self, license_id, created, **fields)


def _last_recorded_by(when: str, ordered: list[Line]) -> str:
    known: list[str] = [line["id"] for line in ordered if line["recorded_at"] <= when]
    return known[-1]


class Customer:
    """Write the facts of one licence; everything is done by its owner."""

    def __init__(
        self,
        pen: Pen,
        license_id: str,
        created: str,
        *,
        recorded: str | None = None,
        partner: str | None = None,
        source: str | None = None,
        plan: str = "team",
        cycle: str = "monthly",
        **fields: Any,
    ) -> None:
        self._pen = pen
        self.license_id = license_id
        self._owner = "system"
        come = {"source": source or ("partner_app" if partner else "signup")}
        if partner:
            come["partner_id"] = partner
        self._write("LicenseCreated", created, recorded, **come, plan=plan, billing_cycle=cycle, **fields)
        self.hires(created, "owner", role="owner", recorded=recorded)
        self._owner = self._name("owner")

    def _name(self, who: str) -> str:
        return who if "@" in who else f"{who}@{self.license_id}.example"

    def _write(
        self, event: str, when: str, recorded: str | None, actor: str | None = None, **fields: Any
    ) -> Line:
        return self._pen.write(
            self.license_id,
            event,
            when,
            recorded=recorded,
            actor=actor or self._owner,
            license_id=self.license_id,
            **fields,
        )

    def hires(
        self,
        when: str,
        *people: str,
        role: str = "agent",
        complimentary: bool = False,
        recorded: str | None = None,
    ) -> None:
        """Create accounts."""
        free: dict[str, Any] = {"complimentary": True} if complimentary else {}
        for who in people:
            self._write("AgentCreated", when, recorded, agent_id=self._name(who), role=role, **free)

    def suspends(self, when: str, *people: str, recorded: str | None = None) -> None:
        """Suspend accounts."""
        for who in people:
            self._write("AgentSuspended", when, recorded, agent_id=self._name(who))

    def activates(self, when: str, who: str) -> None:
        """Activate a suspended account."""
        self._write("AgentActivated", when, None, agent_id=self._name(who))

    def deletes(self, when: str, who: str, recorded: str | None = None) -> None:
        """Delete an account."""
        self._write("AgentDeleted", when, recorded, agent_id=self._name(who))

    def adds_bots(self, when: str, *bots: str, recorded: str | None = None) -> None:
        """Add ChatBots."""
        for bot in bots:
            self._write("ChatBotAdded", when, recorded, bot_id=bot)

    def removes_bot(self, when: str, bot: str, recorded: str | None = None) -> None:
        """Remove a ChatBot."""
        self._write("ChatBotRemoved", when, recorded, bot_id=bot)

    def takes_seat(self, when: str, *people: str, recorded: str | None = None) -> None:
        """Let agents sit down, each on their own account."""
        for who in people:
            self._write("SeatTaken", when, recorded, self._name(who), agent_id=self._name(who))

    def leaves_seat(self, when: str, *people: str, recorded: str | None = None) -> None:
        """Let agents get up."""
        for who in people:
            self._write("SeatReleased", when, recorded, self._name(who), agent_id=self._name(who))

    def works(self, day: str, *people: str) -> None:
        """Let agents sit side by side from 14:00 to 18:00 UTC on a day."""
        self.takes_seat(f"{day} 14:00", *people)
        self.leaves_seat(f"{day} 18:00", *people)

    def changes_plan(self, when: str, plan: str, recorded: str | None = None) -> None:
        """Change the plan."""
        self._write("PlanChanged", when, recorded, plan=plan)

    def changes_cycle(self, when: str, cycle: str, recorded: str | None = None) -> None:
        """Change the billing cycle."""
        self._write("BillingCycleChanged", when, recorded, billing_cycle=cycle)

    def switches(self, when: str, model: str, recorded: str | None = None) -> None:
        """Switch the pricing model."""
        self._write("PricingModelSwitched", when, recorded, pricing_model=model)

    def cancels(self, when: str, recorded: str | None = None) -> None:
        """Cancel the licence."""
        self._write("LicenseCancelled", when, recorded)

    def is_noticed(
        self, when: str, channel: str, charge_date: str, *, attempt: int = 1, failed: bool = False
    ) -> Line:
        """Send (or fail to send) the notice of the resellers' cutover."""
        return self._write(
            "NoticeFailed" if failed else "NoticeSent",
            when,
            None,
            "system",
            cutover_id="resellers-2024-08-11",
            charge_date=charge_date,
            channel=channel,
            attempt=attempt,
        )

    def is_issued(
        self, when: str, number: str, billing_date: str, lines: list[Line], total: int, *, known_until: str
    ) -> None:
        """Issue an invoice that knows everything recorded by `known_until`."""
        self._write(
            "InvoiceIssued",
            when,
            None,
            "system",
            number=number,
            billing_date=billing_date,
            known_through=instant(known_until),
            lines=lines,
            total=total,
            digest="",
        )

    def expects(
        self,
        billing_date: str,
        *,
        recurring: int | None = None,
        true_up: tuple[int, ...] = (),
        discount: int | None = None,
        adjustment: tuple[int, ...] = (),
    ) -> None:
        """Expect an invoice's lines, in order; without any, expect that there is no invoice."""
        lines = (
            *_lines("recurring", recurring),
            *(("true_up", amount) for amount in true_up),
            *_lines("discount", discount),
            *(("adjustment", amount) for amount in adjustment),
        )
        self._pen.billed.append(Billed(self.license_id, billing_date, lines))

    def expects_counts(self, as_of: str, known_at: str | None = None, **counts: int) -> None:
        """Expect seat counts at an instant."""
        self._pen.counted.append(Counted(self.license_id, instant(as_of), instant(known_at or as_of), counts))

    def expects_notices(
        self,
        *rows: tuple[str, str, str, bool],
        cutover: str = "resellers-2024-08-11",
        as_of: str = THE_END,
    ) -> None:
        """Expect exactly these rows, as (charge date, channel, state, late)."""
        expected = tuple((cutover, *row) for row in rows)
        self._pen.noticed.append(Noticed(self.license_id, instant(as_of), expected))


def _lines(kind: str, amount: int | None) -> Iterator[tuple[str, int]]:
    if amount is not None:
        yield kind, amount

"""The inbox: every delivery of the sender's, kept before anything is made of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from typing import Any

from ledger.stores.inbox import statements as sql
from ledger.stores.inbox.deliveries import Arrival, Delivery, Outcome, TakenIn

Run = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
NOTHING: Mapping[str, Any] = {}
_NAMES = tuple(field.name for field in fields(Delivery))


class Inbox(ABC):
    """Deliveries beside a log, in its own file or schema. Safe to share between threads and processes."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Run]:
        """Be alone with the inbox; commit at the end, roll back on any exception.

        Raises StoreLocked and StoreUnreachable.
        """

    @abstractmethod
    def read(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, none if nobody made the inbox yet; raises StoreUnreachable."""

    def take_in(self, arrival: Arrival, within_us: int) -> TakenIn:
        """Keep a delivery, and tell whether its fact came already within the span.

        Receivers take turns here, so that of two deliveries of one fact one is the first for all of them.
        """
        with self.transaction() as run:
            found = run(
                sql.FIRST, {"fact": arrival.fact, "now_us": arrival.received_us, "within_us": within_us}
            )
            first = _delivery(found[0]) if found else None
            values = {
                **asdict(arrival),
                "first_us": first.first_us if first else arrival.received_us,
                "outcome": Outcome.RECEIVED.value,
            }
            overtaken = False
            if first is not None:
                since = {name: values[name] for name in ("organization_id", "license_id", "subject", "fact")}
                overtaken = run(sql.OVERTAKEN, {**since, "first_id": first.delivery_id})[0][0] > 0
                if first.first_us == arrival.received_us:
                    # two in one microsecond: only the first may look like one
                    values["received_us"] = arrival.received_us + 1
            return TakenIn(_delivery(run(sql.TAKE_IN, values)[0]), first, overtaken)

    def settle(
        self,
        delivery: Delivery,
        outcome: Outcome,
        *,
        settled_us: int,
        license_id: str | None = None,
        code: str | None = None,
        reason: str | None = None,
        position: int | None = None,
    ) -> None:
        """Write down what became of a delivery that is open; one that is settled stays as it is."""
        values = {
            "delivery_id": delivery.delivery_id,
            "outcome": outcome.value,
            "settled_us": settled_us,
            "license_id": license_id,
            "code": code,
            "reason": reason,
            "position": position,
        }
        with self.transaction() as run:
            run(sql.SETTLE, values)

    def delivery(self, delivery_id: int) -> Delivery | None:
        """Return one delivery; None if there is none of that number."""
        return next(map(_delivery, self.read(sql.ONE, {"delivery_id": delivery_id})), None)

    def with_outcomes(self, outcomes: Sequence[Outcome]) -> list[Delivery]:
        """Return the deliveries with one of the outcomes in the order in which they came."""
        listed = ", ".join(f"'{outcome.value}'" for outcome in outcomes)
        return [_delivery(row) for row in self.read(sql.WITH_OUTCOMES.replace("{outcomes}", listed))]

    def counts(self) -> dict[Outcome, int]:
        """Return how many deliveries there are of each outcome."""
        return {Outcome(outcome): count for outcome, count in self.read(sql.COUNTS)}

    def last_about(self, delivery: Delivery, license_id: str) -> Delivery | None:
        """Return the last delivery before this one about the same subject that had its effect."""
        asked = {
            "subject": delivery.subject,
            "before_id": delivery.delivery_id,
            "organization_id": delivery.organization_id,
            "license_id": license_id,
        }
        return next(map(_delivery, self.read(sql.OF_SUBJECT, asked)), None)


def _delivery(row: Sequence[Any]) -> Delivery:
    values = dict(zip(_NAMES, row, strict=True))
    return Delivery(**{**values, "outcome": Outcome(values["outcome"])})

"""What became of each message that left for a mail server: bookkeeping beside the log, one row a message.

The log holds what was told and when as events; this table holds what a sender needs besides and what no event
says: whom a message was for, and whether the server took it before anything could be recorded.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.stores.queries import Dialect, Run

TABLE = "deliveries"
_COLUMNS = (
    "key", "kind", "license_id", "cutover_id", "charge_date", "payer_id", "recipients", "message_id", "state",
    "attempts", "tried_us", "accepted_us", "reason",
)  # fmt: skip
_CREATE = """
CREATE TABLE IF NOT EXISTS {table} (
    key text PRIMARY KEY,
    kind text NOT NULL,
    license_id text NOT NULL,
    cutover_id text NOT NULL,
    charge_date text NOT NULL,
    payer_id text NOT NULL,
    recipients text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    tried_us bigint NOT NULL,
    accepted_us bigint,
    reason text
)"""
_BEGIN = """
INSERT INTO {table} (key, kind, license_id, cutover_id, charge_date, payer_id, recipients, message_id, state,
    attempts, tried_us)
VALUES ({key}, {kind}, {license_id}, {cutover_id}, {charge_date}, {payer_id}, {recipients}, {message_id},
    'trying', 1, {tried_us})
ON CONFLICT (key) DO UPDATE SET state = 'trying', attempts = {table_name}.attempts +
    CASE WHEN {table_name}.state = 'trying' AND {table_name}.tried_us = excluded.tried_us THEN 0 ELSE 1 END,
    recipients = excluded.recipients, payer_id = excluded.payer_id, tried_us = excluded.tried_us"""
_END = """
UPDATE {table} SET state = {state}, accepted_us = {accepted_us}, reason = {reason} WHERE key = {key}"""
_SETTLE = "UPDATE {table} SET state = 'settled' WHERE key = {key}"
_OF = "SELECT {columns} FROM {table} WHERE key {among_keys} ORDER BY key"
_IN_STATE = "SELECT {columns} FROM {table} WHERE kind = {kind} AND state = {state} ORDER BY key"


class DeliveryState(StrEnum):
    """Where a message stands.

    `trying`: it was on its way, and nobody knows what became of it until the next state is written.
    `accepted`: the server took it. `failed`: it did not, and may at another time. `refused`: it will not take
    it for these recipients. `settled`: it was accepted, and nothing can follow from it any more.
    """

    TRYING = "trying"
    ACCEPTED = "accepted"
    FAILED = "failed"
    REFUSED = "refused"
    SETTLED = "settled"


@dataclass(frozen=True)
class Message:
    """A message: what it is about, whom it is for, and what tells it from every other."""

    key: str
    kind: str
    license_id: str
    cutover_id: str
    charge_date: str
    payer_id: str
    recipients: tuple[str, ...]
    message_id: str


@dataclass(frozen=True)
class Delivery:
    """A message and where it stands; `attempts` counts those that were begun."""

    message: Message
    state: DeliveryState
    attempts: int
    tried_us: int
    accepted_us: int | None
    reason: str | None


class Deliveries:
    """The table of deliveries; it is made when the first message leaves."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        table: str,
        read: Run,
        write: Callable[[str, Mapping[str, Any]], None],
        is_there: Callable[[], bool],
    ) -> None:
        self._dialect = dialect
        self._table = table
        self._read = read
        self._write = write
        self._is_there = is_there
        self._made = False

    def begin(self, message: Message, tried_us: int) -> None:
        """Note that a message is about to leave, before it does.

        Noted twice for one instant, it is one attempt: the connection may break behind the first time.
        """
        if not self._made:
            self._write(_CREATE.format(table=self._table), {})
            self._made = True
        fields = {name: getattr(message, name) for name in _COLUMNS[:8]}
        fields |= {"recipients": json.dumps(message.recipients), "tried_us": tried_us}
        self._write(self._filled(_BEGIN, *fields, table_name=TABLE), fields)

    def accepted(self, key: str, accepted_us: int) -> None:
        """Note that the server took the message."""
        self._end(key, DeliveryState.ACCEPTED, accepted_us, None)

    def failed(self, key: str, reason: str, *, for_good: bool) -> None:
        """Note that the server did not take the message, and whether it would another time."""
        self._end(key, DeliveryState.REFUSED if for_good else DeliveryState.FAILED, None, reason)

    def settle(self, key: str) -> None:
        """Note that nothing can follow from an accepted message any more."""
        self._write(self._filled(_SETTLE, "key"), {"key": key})

    def of(self, keys: Sequence[str]) -> dict[str, Delivery]:
        """Return the deliveries of those keys that ever left."""
        if not keys or not self._exists():
            return {}
        statement = self._filled(_OF, among_keys=self._dialect.among("keys"))
        found = self._read(statement, {"keys": self._dialect.list_value(keys)})
        return {one.message.key: one for one in map(_delivery, found)}

    def in_state(self, kind: str, state: DeliveryState) -> list[Delivery]:
        """Return the deliveries of a kind that are in a state, by key."""
        if not self._exists():
            return []
        fields = {"kind": kind, "state": state.value}
        return [_delivery(row) for row in self._read(self._filled(_IN_STATE, *fields), fields)]

    def _end(self, key: str, state: DeliveryState, accepted_us: int | None, reason: str | None) -> None:
        fields = {"key": key, "state": state.value, "accepted_us": accepted_us, "reason": reason}
        self._write(self._filled(_END, *fields), fields)

    def _exists(self) -> bool:
        self._made = self._made or self._is_there()
        return self._made

    def _filled(self, template: str, *parameters: str, **others: str) -> str:
        named = {name: self._dialect.parameter(name) for name in parameters}
        return template.format(table=self._table, columns=", ".join(_COLUMNS), **named, **others)


def _delivery(row: Sequence[Any]) -> Delivery:
    *message, state, attempts, tried_us, accepted_us, reason = row
    message[6] = tuple(json.loads(message[6]))
    return Delivery(Message(*message), DeliveryState(state), attempts, tried_us, accepted_us, reason)

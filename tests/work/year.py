"""What must be true of a walked year, however often the worker was cut off."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from email.message import Message
from typing import Any

from ledger.application.ask import Question, ask_invoices, ask_notices
from ledger.application.issued_invoices import issued_invoices
from ledger.application.ledger import Ledger
from ledger.rules.calendar import first_instant
from replay.verify import verify_invoices
from tests.application.billing_world import assert_no_gap
from tests.application.desk import HandClock, log_of
from tests.work.world import BEGIN, END, PAPER, Line, record, story

NOTICE_DAYS = timedelta(days=14)
Key = tuple[str, str, str, str]


def rows(lines: Iterable[str], *, without: str = "") -> list[dict[str, Any]]:
    return [{name: value for name, value in json.loads(line).items() if name != without} for line in lines]


def key(row: dict[str, Any]) -> Key:
    return row["license_id"], row["cutover_id"], row["charge_date"], row["channel"]


class Year:
    """The log of a walked year, and beside it one with the same facts in which nobody billed or notified.

    What was due before the walk began was issued when it began: those invoices are in both.
    """

    def __init__(self, ledger: Ledger, beside_url: str, taken: list[Message]) -> None:
        self.ledger = ledger
        self.log = log_of(ledger)
        self.taken = taken
        clock = HandClock()
        clock.now = END
        self.beside = Ledger.open(beside_url, create=True, clock=clock)
        told = {line["id"] for line in story()}
        record(self.beside, [line for line in self.log if line["id"] in told or self._was_due_before(line)])

    def _was_due_before(self, line: Line) -> bool:
        if line["type"] != "InvoiceIssued":
            return False
        zone = self._zones[line["license_id"]]
        return first_instant(date.fromisoformat(line["billing_date"]), zone) < BEGIN

    @property
    def _zones(self) -> dict[str, str]:
        return {
            line["license_id"]: line.get("time_zone", "UTC")
            for line in self.log
            if line["type"] == "LicenseCreated"
        }

    def assert_right(self) -> None:
        try:
            self._assert_facts_are_all_there()
            self._assert_invoices()
            self._assert_notices()
            self._assert_mails()
        finally:
            self.beside.close()

    def _assert_facts_are_all_there(self) -> None:
        ids = Counter(line["id"] for line in self.log)
        assert set(ids.values()) == {1}
        assert {line["id"] for line in story() if datetime.fromisoformat(line["recorded_at"]) <= END} <= set(
            ids
        )

    def _assert_invoices(self) -> None:
        asked = Question(END, END)
        issued = rows(ask_invoices(self.ledger, asked).lines)
        assert all(row["number"] for row in issued)
        projected = rows(ask_invoices(self.beside, asked).lines, without="number")
        assert [{name: row[name] for name in row if name != "number"} for row in issued] == projected
        assert_no_gap(issued_invoices(self.ledger))
        verified = verify_invoices(self.ledger)
        assert (verified.invoices, verified.findings) == (len(issued), [])

    def _assert_notices(self) -> None:
        asked = Question(END, END)
        found = {key(row): row for row in rows(ask_notices(self.ledger, asked).lines)}
        projected = {key(row): row for row in rows(ask_notices(self.beside, asked).lines)}
        assert projected.keys() <= found.keys()
        for one, row in found.items():
            if row["channel"] == "banner" or row["state"] == "scheduled":
                assert row == projected[one]
            elif row["state"] != "sent":
                # the facts came when the charge had come
                assert one in projected
                assert not self._was_known(one, before=row["charge_date"]), row
            else:
                self._assert_in_time(one, row)

    def _assert_in_time(self, one: Key, row: dict[str, Any]) -> None:
        [sent] = [line for line in self.log if line["type"] == "NoticeSent" and key(line) == one]
        due_at, sent_at = (datetime.fromisoformat(at) for at in (row["due_at"], sent["effective_at"]))
        charge_at = first_instant(date.fromisoformat(row["charge_date"]), self._zones[one[0]])
        assert due_at <= sent_at < charge_at
        if row["late"]:
            assert one not in self._known(due_at)
        else:
            assert sent_at - due_at < timedelta(days=1)
            assert charge_at - due_at >= NOTICE_DAYS - timedelta(hours=1)

    def _was_known(self, one: Key, before: str) -> bool:
        charge_at = first_instant(date.fromisoformat(before), self._zones[one[0]])
        return one in self._known(charge_at - timedelta(microseconds=1))

    def _known(self, at: datetime) -> set[Key]:
        return {key(row) for row in rows(ask_notices(self.beside, Question(at, at)).lines)}

    def _assert_mails(self) -> None:
        """One for each e-mail notice, and one for each that applied no more."""
        sent = Counter(key(line) for line in self.log if line["type"] == "NoticeSent")
        assert set(sent.values()) <= {1}
        emails = {one for one in sent if one[3] == "email"}
        found = {key(row) for row in rows(ask_notices(self.beside, Question(END, END)).lines)}
        taken_back = emails - found
        assert len({message["Message-ID"] for message in self.taken}) == len(emails) + len(taken_back)


__all__ = ["PAPER", "Year"]

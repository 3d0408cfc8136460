"""Judge a history file line by line as the rule book's legal orders do, without any code of the ledger.

A plain second reading of `docs/rules.md` §2: after every line, each timeline that it touches is replayed from
its beginning in the order of (effective_at, position). Slow and simple on purpose.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]

AGENT_EVENTS = {"AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted"}
SEAT_EVENTS = {"SeatTaken", "SeatReleased"}
BOT_EVENTS = {"ChatBotAdded", "ChatBotRemoved"}
TERM_EVENTS = {"PricingModelSwitched", "PlanChanged", "BillingCycleChanged"}
NEVER_AHEAD = AGENT_EVENTS | SEAT_EVENTS | BOT_EVENTS
REQUIRED = {
    "LicenseCreated": {"license_id", "source", "plan", "billing_cycle"},
    "AgentCreated": {"license_id", "agent_id", "role"},
    "AgentSuspended": {"license_id", "agent_id"},
    "AgentActivated": {"license_id", "agent_id"},
    "AgentDeleted": {"license_id", "agent_id"},
    "ChatBotAdded": {"license_id", "bot_id"},
    "ChatBotRemoved": {"license_id", "bot_id"},
    "PricingModelSwitched": {"license_id", "pricing_model"},
    "PlanChanged": {"license_id", "plan"},
    "BillingCycleChanged": {"license_id", "billing_cycle"},
    "LicenseCancelled": {"license_id"},
    "SeatTaken": {"license_id", "agent_id"},
    "SeatReleased": {"license_id", "agent_id"},
    "PartnerRegistered": {"partner_id", "programme"},
    "PartnerTermsChanged": {"partner_id"},
    "PricePublished": {"plan", "billing_cycle", "currency", "unit_amount"},
    "CutoverAnnounced": {"cutover_id", "applies_to", "takes_effect", "on", "pricing_model"},
    "InvoiceIssued": {"number", "license_id", "billing_date", "known_through", "lines", "total", "digest"},
    "NoticeSent": {"license_id", "cutover_id", "charge_date", "channel", "attempt"},
    "NoticeFailed": {"license_id", "cutover_id", "charge_date", "channel", "attempt"},
}
OPTIONAL = {
    "LicenseCreated": {"partner_id", "payer", "currency", "billing_anchor", "time_zone", "pricing_model"},
    "AgentCreated": {"complimentary"},
    "PartnerRegistered": {"email", "discount_rate", "commission_rate"},
    "PartnerTermsChanged": {"discount_rate", "commission_rate"},
    "CutoverAnnounced": {"notice_days"},
}
FRAME = {"id", "type", "effective_at", "recorded_at", "actor"}


class Illegal(Exception):
    """Line {line} ({event_id}) is refused: {reason}."""

    def __init__(self, line: int, event_id: str, reason: str) -> None:
        super().__init__(f"line {line} ({event_id}) is refused: {reason}")


class Judge:
    """Read lines in the order of the log and refuse the first one that is not legal where it stands."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.late_lines = 0
        self.lines = 0
        self.seat_clashes: list[str] = []
        self._ids: dict[str, int] = {}
        self._recorded: list[str] = []
        self._partners: dict[str, list[Event]] = {}
        self._cutovers: list[Event] = []
        self._licenses: dict[str, list[Event]] = {}
        self._issued: dict[str, tuple[str, int]] = {}
        self._numbers: set[str] = set()

    def read(self, lines: Iterable[str]) -> "Judge":
        """Judge every line; raise Illegal at the first refusal."""
        for line in lines:
            self._one(json.loads(line))
        return self

    def _one(self, event: Event) -> None:
        self.lines += 1
        try:
            self._check(event)
        except ValueError as refusal:
            raise Illegal(self.lines, str(event.get("id")), str(refusal)) from None
        self.types[event["type"]] += 1
        self.late_lines += event["effective_at"] < event["recorded_at"]

    def _check(self, event: Event) -> None:
        kind = event["type"]
        self._check_frame(event)
        event["position"] = self.lines
        self._ids[event["id"]] = self.lines
        self._recorded.append(event["recorded_at"])
        if kind == "PartnerRegistered":
            _need(event["partner_id"] not in self._partners, "the partner is registered already")
            self._partners[event["partner_id"]] = [event]
        elif kind == "PartnerTermsChanged":
            known = self._partners.get(event["partner_id"])
            _need(
                known is not None and known[0]["effective_at"] <= event["effective_at"],
                "no such partner then",
            )
        elif kind == "CutoverAnnounced":
            _need(all(c["cutover_id"] != event["cutover_id"] for c in self._cutovers), "announced already")
            self._cutovers.append(event)
        elif kind == "InvoiceIssued":
            self._check_invoice(event)
        elif kind in {"NoticeSent", "NoticeFailed"}:
            self._check_notice(event)
        elif kind != "PricePublished":
            self._check_license(event)

    def _check_frame(self, event: Event) -> None:
        kind = event["type"]
        _need(event["id"] not in self._ids, "the id is taken")
        fields = set(event) - FRAME
        _need(REQUIRED[kind] <= fields, f"missing {REQUIRED[kind] - fields}")
        _need(fields <= REQUIRED[kind] | OPTIONAL.get(kind, set()), f"unknown fields in {fields}")
        for field in ("effective_at", "recorded_at"):
            text = event[field]
            _need(
                datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").tzinfo == UTC and len(text) == 27,
                f"{field} {text}",
            )
        _need(not self._recorded or self._recorded[-1] <= event["recorded_at"], "recorded_at decreases")
        if kind in NEVER_AHEAD:
            _need(event["effective_at"] <= event["recorded_at"], "effective after it is recorded")
        if kind == "BillingCycleChanged":
            _need(event["effective_at"] >= event["recorded_at"], "a cycle change may not be late")

    def _check_invoice(self, event: Event) -> None:
        history = self._licenses[event["license_id"]]
        instant = _first_instant(event["billing_date"], _zone(history[0]))
        _need(event["number"] not in self._numbers, "the number is taken")
        _need(event["recorded_at"] >= instant, "issued before the date's instant")
        through = self._ids[event["known_through"]]
        at_instant = sum(1 for recorded in self._recorded[:-1] if recorded <= instant)
        _need(
            at_instant <= through < event["position"],
            "known_through is before the date's instant or not known",
        )
        before_date, before_through = self._issued.get(event["license_id"], ("", 0))
        _need(before_date < event["billing_date"], "not in the order of billing dates")
        _need(before_through <= through, "known_through goes back")
        self._issued[event["license_id"]] = (event["billing_date"], through)
        self._numbers.add(event["number"])

    def _check_notice(self, event: Event) -> None:
        _need(event["license_id"] in self._licenses, "no such licence")
        _need(any(c["cutover_id"] == event["cutover_id"] for c in self._cutovers), "no such cutover")
        _need(event["channel"] in {"in_app", "email"}, "a banner is not sent")

    def _check_license(self, event: Event) -> None:
        license_id = event["license_id"]
        if event["type"] == "LicenseCreated":
            _need(license_id not in self._licenses, "the licence is created already")
            self._check_creation(event)
            self._licenses[license_id] = [event]
            return
        history = self._licenses.get(license_id)
        if history is None:
            raise ValueError("no such licence")
        history.append(event)
        history.sort(key=_order)
        _need(history[0]["type"] == "LicenseCreated", "before the licence was created")
        self._check_actor(event, history)
        clashes = _walk(history)
        if event["type"] in SEAT_EVENTS:
            _need(event["id"] not in clashes, "the seat cannot be taken or released then")
        self.seat_clashes.extend(clash for clash in clashes if clash not in self.seat_clashes)

    def _check_creation(self, event: Event) -> None:
        partner_id = event.get("partner_id")
        programme = None
        if partner_id is not None:
            _need(partner_id in self._partners, "its partner is not registered")
            programme = self._partners[partner_id][0]["programme"]
        created_on = _local_date(event["effective_at"], _zone(event))
        if "billing_anchor" in event:
            _need(event["billing_anchor"] > created_on, "the anchor is not after the local date of creation")
        facts = {"source": event["source"], "programme": programme}
        sets = [
            c for c in self._cutovers if c["on"] <= created_on and dict(facts, **c["applies_to"]) == facts
        ]
        if "pricing_model" in event and sets:
            last = max(sets, key=lambda cutover: (cutover["on"], cutover["position"]))
            _need(event["pricing_model"] == last["pricing_model"], "a cutover sets another model")

    def _check_actor(self, event: Event, history: list[Event]) -> None:
        actor = event["actor"]
        if actor == "system" or (event["type"] in SEAT_EVENTS and actor == event["agent_id"]):
            return
        for at in (event["effective_at"], event["recorded_at"]):
            state, role = "none", ""
            for fact in history:
                if fact.get("agent_id") != actor or fact is event or fact["effective_at"] > at:
                    continue
                state, role = _next_state(state, role, fact)
            _need(state == "active" and role in {"owner", "admin"}, f"{actor} may not do this")


def _next_state(state: str, role: str, fact: Event) -> tuple[str, str]:
    if fact["type"] == "AgentCreated":
        return "active", fact["role"]
    now = {"AgentSuspended": "suspended", "AgentActivated": "active", "AgentDeleted": "deleted"}
    return now.get(fact["type"], state), role


def _walk(history: list[Event]) -> list[str]:
    """Replay one licence's timeline; give the seat facts that clash, raise ValueError for anything else."""
    agents: dict[str, str] = {}
    seats: set[str] = set()
    bots: set[str] = set()
    clashes = []
    cancelled = False
    for fact in history:
        _need(not cancelled, f"{fact['id']} happens on a cancelled licence")
        kind, agent = fact["type"], fact.get("agent_id", "")
        if kind in AGENT_EVENTS:
            _step_agent(kind, agent, agents, fact)
            if agents[agent] != "active":
                seats.discard(agent)
        elif kind in SEAT_EVENTS:
            if not _step_seat(kind, agent, agents, seats):
                clashes.append(fact["id"])
        elif kind in BOT_EVENTS:
            _need(
                (fact["bot_id"] in bots) == (kind == "ChatBotRemoved"),
                f"{fact['id']} clashes with the ChatBot",
            )
            bots.symmetric_difference_update({fact["bot_id"]})
        cancelled = kind == "LicenseCancelled"
    return clashes


def _step_agent(kind: str, agent: str, agents: dict[str, str], fact: Event) -> None:
    before, after = {
        "AgentCreated": ({"none", "deleted"}, "active"),
        "AgentSuspended": ({"active"}, "suspended"),
        "AgentActivated": ({"suspended"}, "active"),
        "AgentDeleted": ({"active", "suspended"}, "deleted"),
    }[kind]
    _need(
        agents.get(agent, "none") in before, f"{fact['id']} clashes: {agent} is {agents.get(agent, 'none')}"
    )
    agents[agent] = after


def _step_seat(kind: str, agent: str, agents: dict[str, str], seats: set[str]) -> bool:
    if kind == "SeatReleased":
        fits = agent in seats
        seats.discard(agent)
        return fits
    fits = agents.get(agent) == "active" and agent not in seats
    if fits:
        seats.add(agent)
    return fits


def _order(event: Event) -> tuple[str, int]:
    return event["effective_at"], event["position"]


def _need(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


def _zone(created: Event) -> ZoneInfo:
    return ZoneInfo(created.get("time_zone", "UTC"))


def _local_date(instant: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(instant).astimezone(zone).date().isoformat()


def _first_instant(day: str, zone: ZoneInfo) -> str:
    """Give the first instant of a local day, walking over a skipped midnight or day by the minute."""
    wanted = date.fromisoformat(day)
    moment = datetime.combine(wanted, time(), UTC) - timedelta(hours=15)
    while moment.astimezone(zone).date() < wanted:
        moment += timedelta(minutes=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def group_by_license(lines: Iterable[str]) -> dict[str, list[Event]]:
    """Collect the events of each licence in the order of the log."""
    grouped: dict[str, list[Event]] = defaultdict(list)
    for line in lines:
        event = json.loads(line)
        if "license_id" in event:
            grouped[event["license_id"]].append(event)
    return grouped

"""Let things happen on a licence of a random history: on time, late, ahead, and clashing."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from tests.second_opinion.facts import history_of
from tests.second_opinion.legality import State, walk
from tests.second_opinion.licences import Cutover, cutovers_in
from tests.second_opinion.notices import charge_of
from tests.second_opinion.recipes import (
    CYCLES,
    DAY,
    MICROSECOND,
    MODELS,
    PLANS,
    between,
)
from tests.second_opinion.world import (
    SYSTEM,
    Site,
    World,
    any_time,
    late_or_now,
    now_or_ahead,
)

ATTEMPTS = 4
Happening = Callable[[World, Site, Random, datetime], bool]


def happen(world: World, site: Site, rng: Random, at: datetime) -> None:
    """Record something at `at`; try another kind if the first does not fit, give up after a few."""
    for _ in range(ATTEMPTS):
        if rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0](world, site, rng, at):
            return


def actor_for(site: Site, rng: Random, effective_at: datetime, at: datetime, spared: str = "") -> str:
    """Draw who does it: the system, or an owner or admin active at effective_at and at recorded_at."""
    if rng.random() < 0.7:
        return SYSTEM
    then, now = site.state(effective_at), site.state(at)

    def may_act(agent: str) -> bool:
        """Tell whether the agent may."""
        chiefs = {then.role[agent], now.role.get(agent)} <= {"owner", "admin"}
        return chiefs and now.status.get(agent) == "active" and agent != spared

    return rng.choice([SYSTEM, *(agent for agent in then.agents("active") if may_act(agent))])


def create_agent(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Create an agent, now and then one that was deleted before."""
    effective_at = late_or_now(rng, site, at)
    known = site.state(at).status
    gone = [agent for agent in site.state(effective_at).agents("absent") if agent not in site.acted]
    agent = f"agent-{len(known)}@{site.licence.license_id}.example"
    if gone and rng.random() < 0.5:
        agent = rng.choice(gone)
    role = "owner" if not known else rng.choice(("admin", "agent", "agent"))
    fields: dict[str, Any] = {"agent_id": agent, "role": role}
    if rng.random() < 0.25:
        fields["complimentary"] = rng.random() < 0.8
    fields["actor"] = actor_for(site, rng, effective_at, at, agent)
    return world.try_fact(site, "AgentCreated", effective_at, at, fields)


def about_agent(name: str, status: str) -> Happening:
    """Make the happening that records an agent's fact on an agent in a status."""

    def happening(world: World, site: Site, rng: Random, at: datetime) -> bool:
        """Record it, on an agent that never acted if the fact takes its powers away."""
        effective_at = late_or_now(rng, site, at)
        agents = site.state(effective_at).agents(status)
        if name in ("AgentSuspended", "AgentDeleted"):
            agents = [agent for agent in agents if agent not in site.acted]
        if not agents:
            return False
        agent = rng.choice(agents)
        fields = {
            "agent_id": agent,
            "actor": actor_for(site, rng, effective_at, at, agent),
        }
        return world.try_fact(site, name, effective_at, at, fields)

    return happening


def suspend_before_a_seat(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Suspend an agent, late, just before a seat that it already took."""
    idle = walk(site.timeline).idle
    taken = [
        event
        for event in site.timeline
        if event.type == "SeatTaken"
        and event.position not in idle
        and event.fields["agent_id"] not in site.acted
    ]
    if not taken:
        return False
    seat = rng.choice(taken)
    effective_at = seat.effective_at - rng.choice((MICROSECOND, DAY / 3, 5 * DAY))
    return world.try_fact(site, "AgentSuspended", effective_at, at, {"agent_id": seat.fields["agent_id"]})


def add_chatbot(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Add a ChatBot, now and then one that was removed before."""
    effective_at = late_or_now(rng, site, at)
    bot = rng.choice(("bot-1", "bot-2", "bot-3"))
    fields = {"bot_id": bot, "actor": actor_for(site, rng, effective_at, at)}
    return world.try_fact(site, "ChatBotAdded", effective_at, at, fields)


def remove_chatbot(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Remove a ChatBot."""
    effective_at = late_or_now(rng, site, at)
    bots = sorted(site.state(effective_at).chatbots)
    if not bots:
        return False
    fields = {
        "bot_id": rng.choice(bots),
        "actor": actor_for(site, rng, effective_at, at),
    }
    return world.try_fact(site, "ChatBotRemoved", effective_at, at, fields)


def about_seat(name: str, agents_of: Callable[[State], list[str]]) -> Happening:
    """Make the happening that records a seat's fact."""

    def happening(world: World, site: Site, rng: Random, at: datetime) -> bool:
        """Record it."""
        effective_at = late_or_now(rng, site, at)
        agents = agents_of(site.state(effective_at))
        return bool(agents) and world.try_fact(site, name, effective_at, at, {"agent_id": rng.choice(agents)})

    return happening


def change(name: str, field_name: str, values: tuple[str, ...], when: Any) -> Happening:
    """Make the happening that changes one of the licence's terms."""

    def happening(world: World, site: Site, rng: Random, at: datetime) -> bool:
        """Record it."""
        effective_at = when(rng, site, at)
        fields = {
            field_name: rng.choice(values),
            "actor": actor_for(site, rng, effective_at, at),
        }
        return world.try_fact(site, name, effective_at, at, fields)

    return happening


def cancel(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Cancel the licence; late only if nothing of its own came after."""
    effective_at = any_time(rng, site, at)
    own = [event.effective_at for event in site.timeline if not event.type.startswith("Seat")]
    if effective_at < max(own) <= at and rng.random() < 0.7:
        effective_at = between(rng, max(own), at)
    actor = actor_for(site, rng, effective_at, at)
    return world.try_fact(site, "LicenseCancelled", effective_at, at, {"actor": actor})


def issue_invoices(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Issue the invoices of one to four billing dates that have come, now and then leaving some out."""
    licence, last = site.licence, site.issued_n
    for _ in range(rng.randint(1, 4)):
        n = site.issued_n + (1 if rng.random() < 0.8 else rng.randint(1, 6))
        if licence.instant(n) > at:
            break
        issue(world, site, rng, n, at)
    return site.issued_n > last


def issue(world: World, site: Site, rng: Random, n: int, at: datetime) -> None:
    """Issue one invoice, with knowledge anywhere between the least that is legal and all there is."""
    licence, last = site.licence, len(world.events) - 1
    least = max(world.log.cut_at(licence.instant(n)) - 1, site.issued_through, licence.position)
    through = rng.choice((least, last, last, rng.randint(least, last)))
    earliest = max(licence.instant(n), site.issued_at or licence.instant(n))
    effective_at = at if rng.random() < 0.7 else between(rng, earliest, at)
    fields = {
        "number": f"{licence.license_id}/{n:03d}",
        "license_id": licence.license_id,
        "billing_date": licence.date(n).isoformat(),
        "known_through": world.lines[through]["id"],
        "lines": [],
        "total": 0,
        "digest": "",
    }
    world.record("InvoiceIssued", effective_at, at, fields)
    site.issued_n, site.issued_through, site.issued_at = n, through, effective_at


def notify(world: World, site: Site, rng: Random, at: datetime) -> bool:
    """Send a notice, or fail to: of the present charge date, or of one that might have been."""
    licence = site.licence
    known = cutovers_in(world.events)
    cutovers = [
        cutover
        for cutover in known
        if cutover.takes_effect == "on_billing_date" and cutover.applies_to(licence.source, licence.programme)
    ]
    if not cutovers or site.state(at).cancelled:
        return False
    cutover = rng.choice(cutovers)
    charge_date = charge_date_for(world, site, rng, cutover)
    channel = rng.choice(("in_app", "email"))
    before = site.attempts.setdefault((cutover.cutover_id, charge_date, channel), [])
    if "NoticeSent" in before and rng.random() < 0.7:
        return False
    name = rng.choice(("NoticeSent", "NoticeSent", "NoticeFailed"))
    before.append(name)
    fields = {
        "license_id": licence.license_id,
        "cutover_id": cutover.cutover_id,
        "charge_date": charge_date,
        "channel": channel,
        "attempt": len(before),
    }
    effective_at = at if rng.random() < 0.7 else between(rng, max(licence.created_at, at - 40 * DAY), at)
    world.record(name, effective_at, at, fields)
    return True


def charge_date_for(world: World, site: Site, rng: Random, cutover: Cutover) -> str:
    """Draw a charge date: mostly the present one, else a billing date on or after the cutover's day."""
    licence = site.licence
    charge = charge_of(history_of(world.log, licence).facts(len(world.events)), cutover)
    if charge is not None and rng.random() < 0.75:
        return charge.date.isoformat()
    months = (cutover.on.year - licence.anchor.year) * 12 + cutover.on.month - licence.anchor.month + 1
    return licence.date(max(0, months) + rng.randint(0, 11)).isoformat()


WEIGHTS: dict[Happening, int] = {
    create_agent: 18,
    about_agent("AgentSuspended", "active"): 9,
    about_agent("AgentActivated", "suspended"): 12,
    about_agent("AgentDeleted", "active"): 4,
    about_agent("AgentDeleted", "suspended"): 3,
    suspend_before_a_seat: 4,
    add_chatbot: 8,
    remove_chatbot: 4,
    about_seat("SeatTaken", lambda state: sorted(set(state.agents("active")) - state.seated)): 22,
    about_seat("SeatReleased", lambda state: sorted(state.seated)): 14,
    change("PricingModelSwitched", "pricing_model", MODELS, any_time): 4,
    change("PlanChanged", "plan", PLANS, any_time): 4,
    change("BillingCycleChanged", "billing_cycle", CYCLES, now_or_ahead): 6,
    cancel: 1,
    issue_invoices: 5,
    notify: 11,
}

"""Let accounts and ChatBots come and go."""

from ledger.application.simulation.instants import DAY_US, SECOND_US
from ledger.application.simulation.license_facts import LicenseFacts
from ledger.application.simulation.world import BOT_NAMES, FIRST_WORDS, GIVEN_NAMES, SECOND_WORDS

ACTIVE, SUSPENDED, DELETED = "active", "suspended", "deleted"
LARGEST_TEAM = 40


class Account:
    """Follow one account or ChatBot; `free_us` is when its last fact was true and recorded."""

    __slots__ = ("free_us", "may_go", "name", "role", "state")

    def __init__(self, name: str, role: str, free_us: int, *, may_go: bool) -> None:
        self.name = name
        self.role = role
        self.state = ACTIVE
        self.free_us = free_us
        self.may_go = may_go


class Staff:
    """Tell the facts of a licence's accounts and ChatBots."""

    def __init__(self, facts: LicenseFacts) -> None:
        dice = facts.dice
        self._facts = facts
        self.accounts: list[Account] = []
        self._bots: list[Account] = []
        self._domain = f"{dice.one_of(FIRST_WORDS)}-{dice.one_of(SECOND_WORDS)}.example"
        self._first_name = dice.below(len(GIVEN_NAMES))
        self._named = 0
        size = dice.roll()
        self._team = 2 + int(size * size * size * LARGEST_TEAM)

    def open_accounts(self) -> None:
        """Create the owner with the licence, then the first colleagues over a few days."""
        facts, dice = self._facts, self._facts.dice
        now_us = facts.origin.born_us
        self._hire(now_us, now_us, "owner", "system", may_go=False)
        facts.owner = self.accounts[0].name
        partner = facts.origin.partner
        if facts.origin.is_resold and partner and dice.chance(0.6):
            now_us += 40 * SECOND_US + dice.below(DAY_US // 12)
            self._create(
                partner.email, "admin", now_us, now_us, "system", extra=',"complimentary":true', may_go=False
            )
        for number in range(dice.between(0, min(self._team - 1, 6))):
            now_us += 30 * SECOND_US + dice.below(DAY_US)
            is_first_admin = number == 0 and dice.chance(0.5)
            role = "admin" if is_first_admin else "agent"
            recorded_us = now_us if is_first_admin else facts.recorded(now_us)
            self._hire(now_us, recorded_us, role, facts.owner, may_go=not is_first_admin)
            if is_first_admin:
                facts.admin, facts.admin_from_us = self.accounts[-1].name, now_us

    def change(self, now_us: int) -> None:
        """Let one thing happen, as far as there is someone it can happen to."""
        draw = self._facts.dice.roll()
        if draw < 0.34:
            self._join(now_us)
        elif draw < 0.56:
            self._move("AgentSuspended", now_us, (ACTIVE,), SUSPENDED)
        elif draw < 0.70:
            self._move("AgentActivated", now_us, (SUSPENDED,), ACTIVE)
        elif draw < 0.80:
            self._move("AgentDeleted", now_us, (ACTIVE, SUSPENDED), DELETED)
        elif draw < 0.93:
            self._add_bot(now_us)
        else:
            self._remove_bot(now_us)

    def free_agents(self, now_us: int) -> list[Account]:
        """List the active accounts about which everything is known by `now_us`."""
        return [account for account in self.accounts if account.state == ACTIVE and account.free_us < now_us]

    def suspend(self, account: Account, effective_us: int, recorded_us: int) -> None:
        """Suspend this account, which is active and known to be."""
        facts = self._facts
        body = f'"type":"AgentSuspended",{facts.me},"agent_id":"{account.name}"'
        facts.tell(recorded_us, effective_us, body, facts.actor(effective_us))
        account.state = SUSPENDED
        account.free_us = recorded_us

    def _join(self, now_us: int) -> None:
        facts, dice = self._facts, self._facts.dice
        if sum(1 for account in self.accounts if account.state == ACTIVE) >= self._team:
            return
        role = "admin" if dice.chance(0.1) else "agent"
        actor = facts.actor(now_us)
        back = [account for account in self.accounts if account.state == DELETED and account.free_us < now_us]
        if back and dice.chance(0.4):
            account = dice.one_of(back)
            self.accounts.remove(account)
            self._create(account.name, role, now_us, facts.recorded(now_us), actor)
        else:
            self._hire(now_us, facts.recorded(now_us), role, actor)

    def _hire(
        self, effective_us: int, recorded_us: int, role: str, actor: str, *, may_go: bool = True
    ) -> None:
        """Create an account with a name that nobody here has had."""
        lap, place = divmod(self._first_name + self._named * 7, len(GIVEN_NAMES))
        self._named += 1
        name = f"{GIVEN_NAMES[place]}{lap or ''}@{self._domain}"
        self._create(name, role, effective_us, recorded_us, actor, may_go=may_go)

    def _create(
        self,
        name: str,
        role: str,
        effective_us: int,
        recorded_us: int,
        actor: str,
        *,
        extra: str = "",
        may_go: bool = True,
    ) -> None:
        facts = self._facts
        body = f'"type":"AgentCreated",{facts.me},"agent_id":"{name}","role":"{role}"{extra}'
        facts.tell(recorded_us, effective_us, body, actor)
        self.accounts.append(Account(name, role, recorded_us, may_go=may_go))

    def _move(self, event: str, now_us: int, from_states: tuple[str, ...], to_state: str) -> None:
        facts = self._facts
        able = [
            account
            for account in self.accounts
            if account.may_go and account.state in from_states and account.free_us < now_us
        ]
        if not able:
            return
        account = facts.dice.one_of(able)
        recorded_us = facts.recorded(now_us)
        body = f'"type":"{event}",{facts.me},"agent_id":"{account.name}"'
        facts.tell(recorded_us, now_us, body, facts.actor(now_us))
        account.state = to_state
        account.free_us = recorded_us

    def _add_bot(self, now_us: int) -> None:
        facts = self._facts
        here = {bot.name for bot in self._bots}
        absent = [name for name in BOT_NAMES if name not in here]
        if len(absent) <= len(BOT_NAMES) - 3:
            return
        recorded_us = facts.recorded(now_us)
        name = facts.dice.one_of(absent)
        body = f'"type":"ChatBotAdded",{facts.me},"bot_id":"{name}"'
        facts.tell(recorded_us, now_us, body, facts.actor(now_us))
        self._bots.append(Account(name, "bot", recorded_us, may_go=True))

    def _remove_bot(self, now_us: int) -> None:
        facts = self._facts
        able = [bot for bot in self._bots if bot.may_go and bot.free_us < now_us]
        if not able:
            return
        bot = facts.dice.one_of(able)
        recorded_us = facts.recorded(now_us)
        body = f'"type":"ChatBotRemoved",{facts.me},"bot_id":"{bot.name}"'
        facts.tell(recorded_us, now_us, body, facts.actor(now_us))
        # gone, and not back before the removal is known
        bot.may_go = False
        bot.free_us = recorded_us
        if recorded_us == now_us:
            self._bots.remove(bot)

"""Tell small histories by hand, one licence each, for checks with the arithmetic beside them."""

from datetime import datetime
from typing import Any

from tests.second_opinion.histories import History
from tests.second_opinion.reading import Ask, Row, answer
from tests.second_opinion.words import instant_of, instant_text


class Story:
    """A small history told by hand; dates without a time mean 00:00 UTC."""

    def __init__(self) -> None:
        """Begin with an empty log."""
        self.lines: History = []

    def tell(self, name: str, effective: str, recorded: str | None = None, **fields: Any) -> "Story":
        """Add a line, recorded when it takes effect unless said otherwise."""
        times = {
            "effective_at": instant_text(at(effective)),
            "recorded_at": instant_text(at(recorded or effective)),
        }
        line = {"id": f"e{len(self.lines)}", "type": name, **fields, **times, "actor": "system"}
        self.lines.append(line)
        return self

    def price(self, unit_amount: int, cycle: str = "monthly", recorded: str = "2024-01-01") -> "Story":
        """Publish the plan's price, effective from 2024 on."""
        key = {"plan": "team", "billing_cycle": cycle, "currency": "USD"}
        return self.tell("PricePublished", "2024-01-01", recorded, unit_amount=unit_amount, **key)

    def partner(self, rate: str) -> "Story":
        """Register a reseller."""
        terms = {"programme": "solution", "discount_rate": rate}
        return self.tell("PartnerRegistered", "2024-01-01", partner_id="p", **terms)

    def licence(self, model: str | None, cycle: str = "monthly", **fields: Any) -> "Story":
        """Create licence `l` on 10 March 2024, in UTC, with its first billing date on 1 April."""
        fields = {"source": "signup", "plan": "team", "billing_anchor": "2024-04-01", **fields}
        if model is not None:
            fields["pricing_model"] = model
        return self.tell("LicenseCreated", "2024-03-10", license_id="l", billing_cycle=cycle, **fields)

    def fact(self, name: str, effective: str, recorded: str | None = None, **fields: Any) -> "Story":
        """Add a fact of licence `l`."""
        return self.tell(name, effective, recorded, license_id="l", **fields)

    def agent(self, agent_id: str, effective: str, recorded: str | None = None, **fields: Any) -> "Story":
        """Create an agent."""
        return self.fact("AgentCreated", effective, recorded, agent_id=agent_id, role="agent", **fields)

    def ask(self, ask: Ask, as_of: str, known_at: str | None = None) -> list[Row]:
        """Ask the second opinion."""
        return answer(self.lines, ask, at(as_of), at(known_at) if known_at else None)

    def bills(self, as_of: str, known_at: str | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """Give each invoice's lines, by billing date, as (kind, date or None, quantity or None, amount)."""
        return {
            row["billing_date"]: [
                (
                    line["kind"],
                    line.get("date") or line.get("billing_date"),
                    line.get("quantity"),
                    line["amount"],
                )
                for line in row["lines"]
            ]
            for row in self.ask("invoices", as_of, known_at)
        }


def at(text: str) -> datetime:
    """Read an instant, or a date as its first instant in UTC."""
    return instant_of(text if "T" in text else f"{text}T00:00:00Z")


def cutover(on: str, takes_effect: str = "on_billing_date", **fields: Any) -> dict[str, Any]:
    """Give the fields of a cutover of all signups to pay-per-user."""
    told = {"cutover_id": "c", "applies_to": {"source": "signup"}, "pricing_model": "ppu"}
    return told | {"takes_effect": takes_effect, "on": on} | fields

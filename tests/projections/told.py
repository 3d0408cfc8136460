"""Tell small histories by hand and have the kernel answer, so that a case is its facts and its arithmetic."""

from datetime import timedelta
from typing import Any

from tests.projections.frames import Asked, framed
from tests.second_opinion.reading import Ask, Row, answer, faults
from tests.second_opinion.story import at
from tests.second_opinion.words import instant_text

LONG_AGO = "2000-01-01"
Bill = tuple[str, str | None, int | None, int]


def nudged(instant: str, microseconds: int) -> str:
    """Give the instant so many microseconds later."""
    return instant_text(at(instant) + timedelta(microseconds=microseconds))


class Told:
    """A history of a few lines; dates without a time mean 00:00 UTC.

    Each question goes to the kernel, with positions that have gaps and rows in disorder, and to the second
    opinion, which must say the same.
    """

    def __init__(self) -> None:
        """Begin with an empty log."""
        self.lines: list[dict[str, Any]] = []

    def tell(self, name: str, effective: str, recorded: str | None = None, **fields: Any) -> "Told":
        """Add a line, recorded when it takes effect unless said otherwise."""
        times = {
            "effective_at": instant_text(at(effective)),
            "recorded_at": instant_text(at(recorded or effective)),
        }
        self.lines.append({"id": f"e{len(self.lines)}", "type": name, "actor": "system", **fields, **times})
        return self

    @property
    def last_id(self) -> str:
        """Name the last line told."""
        return str(self.lines[-1]["id"])

    # what there is to tell

    def price(
        self, unit_amount: int, effective: str = LONG_AGO, recorded: str | None = None, **key: str
    ) -> "Told":
        """Publish a price: of plan team, monthly, in USD unless said otherwise."""
        key = {"plan": "team", "billing_cycle": "monthly", "currency": "USD"} | key
        return self.tell("PricePublished", effective, recorded, **key, unit_amount=unit_amount)

    def partner(self, rate: str | None, effective: str = LONG_AGO) -> "Told":
        """Register reseller `p`."""
        rates = {} if rate is None else {"discount_rate": rate}
        return self.tell("PartnerRegistered", effective, partner_id="p", programme="solution", **rates)

    def terms(self, rate: str, effective: str, recorded: str | None = None) -> "Told":
        """Change the discount of reseller `p`."""
        return self.tell("PartnerTermsChanged", effective, recorded, partner_id="p", discount_rate=rate)

    def cutover(self, on: str, announced: str, cutover_id: str = "c", **fields: Any) -> "Told":
        """Announce a cutover on billing dates, of signups to pay-per-user unless said otherwise."""
        told = {"applies_to": {"source": "signup"}, "takes_effect": "on_billing_date", "pricing_model": "ppu"}
        return self.tell("CutoverAnnounced", announced, cutover_id=cutover_id, on=on, **told | fields)

    def licence(
        self,
        model: str | None,
        effective: str = "2024-03-10",
        recorded: str | None = None,
        license_id: str = "l",
        **fields: Any,
    ) -> "Told":
        """Create a licence: signed up on 10 March 2024, in UTC, monthly from 1 April, or as said."""
        told = {
            "source": "signup",
            "plan": "team",
            "billing_cycle": "monthly",
            "billing_anchor": "2024-04-01",
        }
        named = told | ({} if model is None else {"pricing_model": model}) | fields
        return self.tell("LicenseCreated", effective, recorded, license_id=license_id, **named)

    def fact(self, name: str, effective: str, recorded: str | None = None, **fields: Any) -> "Told":
        """Add a fact of licence `l`, or of the one named."""
        return self.tell(name, effective, recorded, **{"license_id": "l"} | fields)

    def agent(self, agent_id: str, effective: str, recorded: str | None = None, **fields: Any) -> "Told":
        """Create an agent."""
        return self.fact("AgentCreated", effective, recorded, agent_id=agent_id, role="agent", **fields)

    def seat(self, agent_id: str, taken: str, released: str | None = None) -> "Told":
        """Let an agent take a seat, and release it if told when."""
        self.fact("SeatTaken", taken, agent_id=agent_id)
        return self.fact("SeatReleased", released, agent_id=agent_id) if released else self

    def switch(self, pricing_model: str, effective: str, recorded: str | None = None) -> "Told":
        """Switch the licence's model by hand."""
        return self.fact("PricingModelSwitched", effective, recorded, pricing_model=pricing_model)

    def cycle(self, billing_cycle: str, effective: str, recorded: str | None = None) -> "Told":
        """Change the licence's billing cycle."""
        return self.fact("BillingCycleChanged", effective, recorded, billing_cycle=billing_cycle)

    def issue(self, number: str, billing_date: str, known_through: str, issued: str) -> "Told":
        """Issue an invoice that knows the log up to the line of that id."""
        named = {"number": number, "billing_date": billing_date, "known_through": known_through}
        return self.fact("InvoiceIssued", issued, lines=[], total=0, digest="", **named)

    def notice(
        self, name: str, channel: str, charge_date: str, effective: str, recorded: str | None = None
    ) -> "Told":
        """Send a notice of cutover `c`, or fail to."""
        of = {"cutover_id": "c", "charge_date": charge_date, "channel": channel, "attempt": 1}
        return self.fact(name, effective, recorded, **of)

    # what there is to ask

    def at(self, as_of: str, known_at: str | None = None) -> Asked:
        """Put the lines in front of the kernel."""
        log = framed(self.lines, spaced_by=len(self.lines)).shuffled(len(self.lines))
        return log.at(at(as_of), at(known_at) if known_at else None)

    def ask(self, ask: Ask, as_of: str, known_at: str | None = None) -> list[Row]:
        """Ask the kernel."""
        rows = self.at(as_of, known_at).rows(ask)
        assert rows == answer(self.lines, ask, at(as_of), at(known_at) if known_at else None)
        return rows

    def bills(self, as_of: str, known_at: str | None = None) -> dict[str, list[Bill]]:
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

    def periods(self, as_of: str, known_at: str | None = None) -> list[tuple[str, str, str]]:
        """Give the first day, the end and the model of each period billed."""
        return [
            (row["period_start"], row["period_end"], row["pricing_model"])
            for row in self.ask("invoices", as_of, known_at)
            if row["period_start"]
        ]

    def models(self, as_of: str, known_at: str | None = None) -> list[str]:
        """Give the model of each period billed, in the order of time."""
        return [model for _, _, model in self.periods(as_of, known_at)]

    def seats(self, as_of: str, known_at: str | None = None) -> dict[str, Any]:
        """Give the counts of the one licence there is."""
        [row] = self.ask("seats", as_of, known_at)
        return row

    def notices(self, as_of: str, *names: str) -> list[tuple[Any, ...]]:
        """Give some columns of the notices."""
        return [tuple(row[name] for name in names) for row in self.ask("notices", as_of)]

    def missing_prices(self, as_of: str, known_at: str | None = None) -> list[tuple[str, str, str]]:
        """Give plan, cycle and date of each price that is missing."""
        rows = self.at(as_of, known_at).missing_prices()
        found = faults(self.lines, at(as_of), at(known_at) if known_at else None)
        assert [{"kind": "missing_price", **row} for row in rows] == [
            fault for fault in found if fault["kind"] == "missing_price"
        ]
        return [(row["plan"], row["billing_cycle"], row["date"]) for row in rows]

    def clashing_seats(self, as_of: str) -> list[str]:
        """Name the SeatTaken without effect."""
        log = framed(self.lines)
        names = {position: name for name, position in log.positions.items()}
        return [names[position] for position in log.at(at(as_of)).clashing_positions()]

"""The sample programme's licences, one small function each, grouped by what they show."""

from collections.abc import Callable

from examples.scenarios import calendar, counting, cutovers, late, market, money, notices, zones
from examples.scenarios.pen import Pen

Scenario = Callable[[Pen], None]

GROUPS: dict[str, tuple[Scenario, ...]] = {
    "The two cutovers": cutovers.SCENARIOS,
    "Notices": notices.SCENARIOS,
    "What is counted": counting.SCENARIOS,
    "Dates, plans and cycles": calendar.SCENARIOS,
    "Partners, prices and issued invoices": money.SCENARIOS,
    "Facts recorded late": late.SCENARIOS,
    "Midnights that are skipped or come twice": zones.SCENARIOS,
}


def license_id_of(scenario: Scenario) -> str:
    """Give the id of the licence that a scenario is named after."""
    return scenario.__name__.replace("_", "-")


def write_all() -> Pen:
    """Write the market and every licence; the pen holds the log and what is expected of it."""
    pen = Pen()
    market.open_market(pen)
    for scenarios in GROUPS.values():
        for scenario in scenarios:
            scenario(pen)
    return pen

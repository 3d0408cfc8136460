"""An explanation as a part of a page: headings, lists and tables, without styles or scripts of its own."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from desk import words
from desk.explaining.told import Told
from ledger.rules.instants import format_instant
from replay.explain.explanation import Explanation


def explanation_html(of: Explanation, told: Told, *, heading: int = 2) -> str:
    """Return the fragment; `heading` is the level of its own heading, those inside are one below."""
    return _template().render(of=of, told=told, level=heading).strip()


@cache
def _template() -> Template:
    surroundings = Environment(
        loader=PackageLoader("desk.web", "fragments"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    surroundings.filters["instant"] = words.instant
    surroundings.filters["iso"] = format_instant
    return surroundings.get_template("explanation.html")

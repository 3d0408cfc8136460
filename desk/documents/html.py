"""The page of an invoice as HTML: one file that needs nothing beside it, the same on every machine."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.documents.page import Page


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("desk.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def html_of(page: Page, paper: str = "A4") -> str:
    """Return the page as a whole HTML document; `paper` is the size that it is printed on."""
    return _environment().get_template("invoice.html").render(page=page, paper=paper)

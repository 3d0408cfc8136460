"""How a view becomes a page: the templates, what they can say, and what every page shows around them."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from desk import words
from desk.explaining.phrases import says
from desk.web import navigation
from desk.web.access import visitor_of
from desk.web.csrf import form_token, keep_form_cookie
from desk.web.desk import desk_of
from ledger.rules.instants import format_instant, parse_instant

STATIC: Final = Path(__file__).parent / "static"


def new_templates() -> Environment:
    """Return the templates, which escape everything and know no name that they were not given."""
    templates = Environment(
        loader=PackageLoader("desk.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        money=words.money,
        number=words.number,
        day=_day,
        month=words.month,
        instant=_instant,
        percent=words.percent,
        model=lambda model: words.MODELS[model],
        units=words.units,
        count=words.count,
        says=says,
    )
    templates.globals.update(static=_static, query=_query)
    return templates


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page: the template with the context and what the frame around it needs."""
    desk, visitor = desk_of(request), visitor_of(request)
    written = desk.templates.get_template(template).render(
        {
            "visitor": visitor,
            "csrf": form_token(request),
            "links": navigation.links_for(visitor),
            "path": request.url.path,
            "url": request.app.url_path_for,
            "is_partial": is_partial(request),
            "house": desk.settings.title,
            **context,
        }
    )
    response = HTMLResponse(written, status_code, headers=dict(headers or {}))
    keep_form_cookie(request, response)
    return response


def is_partial(request: Request) -> bool:
    """Tell whether a part of a page is asked for, to be put into the page that is there."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _day(value: date | str | None) -> str:
    if value is None:
        return "–"
    return words.day(date.fromisoformat(value) if isinstance(value, str) else value)


def _instant(value: datetime | str | None) -> Markup:
    """Write an instant in UTC, with what a browser needs to say it in local time."""
    if value is None:
        return Markup("–")
    moment = parse_instant(value) if isinstance(value, str) else value
    shown = f"{words.day(moment.date())}, {words.clock(moment)}"
    return Markup('<time datetime="{}">{} UTC</time>').format(format_instant(moment), shown)


@cache
def _static(name: str) -> str:
    """Return the address of a file; it changes with the file, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _query(*parts: Mapping[str, object], **more: object) -> str:
    """Return `?name=value&…` of what has a value, the later parts first; nothing of nothing."""
    merged: dict[str, object] = {}
    for part in (*parts, more):
        merged |= part
    given = {name: value for name, value in merged.items() if value not in (None, "", False)}
    return f"?{urlencode(given)}" if given else ""

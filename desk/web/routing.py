"""How a page is put on the web: its rule is part of putting it there, and data stands beside each page."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from desk.web import names as names  # the convertor of `{license_id:name}`
from desk.web.access import Rule
from desk.web.csrf import CHECKED
from desk.web.problems import API, PROBLEMS
from desk.web.rendering import page

Route = TypeVar("Route", bound=Callable[..., Any])


class View(BaseModel):
    """What a page shows, and what the data beside it says: amounts in minor units, instants in UTC."""

    model_config = ConfigDict(frozen=True)


class Pages:
    """The routes of one page. Every way to add one asks for its access rule."""

    def __init__(self) -> None:
        self.router = APIRouter()

    def read(
        self, path: str, template: str, rule: Rule, *, summary: str, name: str | None = None
    ) -> Callable[[Route], Route]:
        """Put a function that returns a View on the web twice: as a page, and as JSON under /api."""

        def put(function: Route) -> Route:
            self.page(path, rule, name=name or function.__name__)(_as_page(function, template))
            self.data(path, rule, summary=summary, name=f"api_{name or function.__name__}")(function)
            return function

        return put

    def page(self, path: str, rule: Rule, name: str) -> Callable[[Route], Route]:
        """Put a function that returns a page on the web."""
        return self.router.get(
            path,
            name=name,
            dependencies=[Depends(rule)],
            include_in_schema=False,
            response_class=HTMLResponse,
            response_model=None,
        )

    def data(
        self, path: str, rule: Rule, *, summary: str, name: str, method: str = "GET"
    ) -> Callable[[Route], Route]:
        """Put a function that returns a View on the web as JSON; changes are checked as forms are."""
        return self.router.api_route(
            API.rstrip("/") + path,
            methods=[method],
            name=name,
            summary=summary,
            dependencies=[Depends(rule)] if method == "GET" else [Depends(rule), CHECKED],
            responses={**PROBLEMS},
        )

    def download(self, path: str, rule: Rule, *, summary: str, media_type: str) -> Callable[[Route], Route]:
        """Put a function that returns a file on the web, under /api: problems are data there too."""
        return self.router.get(
            API.rstrip("/") + path,
            summary=summary,
            dependencies=[Depends(rule)],
            response_class=Response,
            responses={**PROBLEMS, 200: {"content": {media_type: {}}}},
        )

    def form(self, path: str, rule: Rule, name: str) -> Callable[[Route], Route]:
        """Put a function that takes a form on the web; the form must have come from one of our pages."""
        return self.router.post(
            path,
            name=name,
            dependencies=[Depends(rule), CHECKED],
            include_in_schema=False,
            response_class=HTMLResponse,
            response_model=None,
        )


def _as_page(function: Callable[..., View], template: str) -> Callable[..., Response]:
    """Return a function with the same parameters that shows the view by a template."""

    @wraps(function)
    def shown(page_request: Request, **given: Any) -> Response:
        return page(page_request, template, {"view": function(**given)})

    signature = inspect.signature(function)
    request = inspect.Parameter("page_request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in signature.parameters.values()]
    shown.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what FastAPI looks at
        parameters=[request, *keywords], return_annotation=Response
    )
    return shown

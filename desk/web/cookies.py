"""The session's cookie: no script reads it, no other site's form sends it, over https if there is."""

from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

_NAME = "ledger_session"
# a browser takes a cookie of this name only over https, from this host, for all of it
_SECURE_NAME = f"__Host-{_NAME}"
_WEEK_S = 7 * 24 * 3_600


def session_cookie(request: Request) -> str | None:
    """Return the token that a browser holds."""
    return request.cookies.get(_name(request))


def keep_session_cookie(request: Request, headers: MutableHeaders, token: str) -> None:
    """Let the browser hold a token."""
    _set(request, headers, token, _WEEK_S)


def drop_session_cookie(request: Request, headers: MutableHeaders) -> None:
    """Let the browser forget its token."""
    _set(request, headers, "", 0)


def _name(request: Request) -> str:
    return _SECURE_NAME if request.url.scheme == "https" else _NAME


def _set(request: Request, headers: MutableHeaders, value: str, max_age_s: int) -> None:
    name = _name(request)
    cookie = SimpleCookie({name: value})
    cookie[name]["path"] = "/"
    cookie[name]["max-age"] = max_age_s
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "Lax"
    cookie[name]["secure"] = request.url.scheme == "https"
    headers.append("set-cookie", cookie.output(header="").strip())

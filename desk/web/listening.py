"""Serve an application on a port until the process is told to stop."""

import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI

# what is under way then has this long to end
_GRACE_S = 20


class _Server(uvicorn.Server):
    """The library's server, which also heeds a signal that came before it looked out for any."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, to end at once if that is wanted by now."""
        await super().startup(sockets)
        self.should_exit = self.should_exit or self._stop.is_set()


def listen(
    app: FastAPI,
    host: str,
    port: int,
    *,
    stop: threading.Event,
    told: Callable[[str], None],
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Serve until SIGTERM or SIGINT comes; port 0 is any free one, and `told` is given the address.

    The signals' handlers of before are called at the end. Requests that have begun are answered first.
    `trusted_proxies` are addresses whose word is taken for whom a request comes from. Raises OSError if the
    port is taken or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2_048) as listener:
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        told(f"http://{shown}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            timeout_graceful_shutdown=_GRACE_S,
        )
        _Server(config, stop).run(sockets=[listener])

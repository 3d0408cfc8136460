"""Serve an application on a port until the process is told to stop."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

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
    with _listener(host, port) as listener:
        told(_address(host, listener))
        _Server(_config(app, trusted_proxies), stop).run(sockets=[listener])


@contextmanager
def listening(app: FastAPI, host: str, port: int) -> Iterator[str]:
    """Serve in a thread of its own while the block lasts, and give the address; port 0 is any free one.

    Raises OSError if the port is taken or not ours to take.
    """
    with _listener(host, port) as listener:
        server = uvicorn.Server(_config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="http")
        thread.start()
        try:
            yield _address(host, listener)
        finally:
            server.should_exit = True
            thread.join()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2_048)


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _config(app: FastAPI, trusted_proxies: Sequence[str] = ()) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=_GRACE_S,
    )

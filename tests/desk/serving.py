"""A receiver of webhooks on a loopback port, served by the real server in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from desk.web.webhooks import webhook_app, webhook_router
from ledger.application.ledger import Ledger
from tests.application.webhooks import ORGANISATIONS, SECRET

LIMIT_BYTES = 4_096
OLD_SECRET = "an older one, ż"
PATIENCE_S = 120


@contextmanager
def receiver(ledger: Ledger) -> Iterator[httpx.Client]:
    """Serve a ledger's webhooks and return a client of it."""
    router = webhook_router(
        ledger,
        secrets=(OLD_SECRET, SECRET),
        organisations=ORGANISATIONS,
        body_limit_bytes=LIMIT_BYTES,
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(webhook_app(router, "0"), log_config=None, access_log=False, lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=base, timeout=PATIENCE_S) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)

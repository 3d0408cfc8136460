"""A wire to PostgreSQL that is cut at a chosen moment, as a network does it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import psycopg

_ANSWER_TO_COMMIT = b"COMMIT\x00"
_LONGEST_WAIT_S = 30


class CuttingProxy:
    """Pass bytes both ways; once armed, cut the connection on which a COMMIT is asked for or answered."""

    def __init__(self, server_url: str) -> None:
        with psycopg.connect(server_url) as connection:
            info = connection.info
            self._server = (info.host, info.port)
            login = quote(info.user) + (f":{quote(info.password)}" if info.password else "")
            database = quote(info.dbname)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = f"postgresql://{login}@127.0.0.1:{port}/{database}?sslmode=disable&gssencmode=disable"
        self._cut_before = threading.Event()
        self._cut_behind = threading.Event()
        self._refusing = threading.Event()
        self._clients: list[socket.socket] = []
        self.cuts = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut_before_commit(self) -> None:
        """Cut the next connection that asks to commit; the server never hears of it."""
        self._cut_before.set()

    def cut_behind_commit(self) -> None:
        """Cut the next connection that has committed; the client never hears of it."""
        self._cut_behind.set()

    def refuse(self) -> None:
        """Cut every connection, and let nobody in until `let_in`."""
        self._refusing.set()
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def let_in(self) -> None:
        """Let new connections in again."""
        self._refusing.clear()

    def close(self) -> None:
        """Stop; connections must be closed by then."""
        # a blocked accept() does not notice that its socket is closed
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_LONGEST_WAIT_S)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refusing.is_set():
                    client.close()
                    continue
                self._clients.append(client)
                server = self._connect()
                for source, target, word, armed in (
                    (client, server, b"COMMIT", self._cut_before),
                    (server, client, _ANSWER_TO_COMMIT, self._cut_behind),
                ):
                    pump = threading.Thread(target=self._pump, args=(source, target, word, armed))
                    self._threads.append(pump)
                    pump.start()

    def _connect(self) -> socket.socket:
        host, port = self._server
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pump(
        self, source: socket.socket, target: socket.socket, word: bytes, armed: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if word in data and armed.is_set():
                    armed.clear()
                    self.cuts += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()


@contextmanager
def cutting_proxy(server_url: str) -> Iterator[CuttingProxy]:
    """Open a proxy to a server."""
    proxy = CuttingProxy(server_url)
    try:
        yield proxy
    finally:
        proxy.close()

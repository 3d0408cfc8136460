"""Real mail servers that do as they are told: they refuse, hang, drop the line, or take what they get."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "ledger", "open sesame"
STAGES = ("EHLO", "MAIL", "RCPT", "DATA", "body")


@dataclass
class Manners:
    """How a server behaves: what it answers to recipients and messages, and where it drops the line."""

    recipient: Callable[[str], str] = lambda _: "250 OK"
    message: str = "250 OK"
    hangs: bool = False
    drops_at: str | None = None
    sender: str = "250 OK"
    taken: list[Message] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        if self.drops_at == "body":
            _abort(server)
            return "250 nobody hears it"
        if self.message.startswith("250"):
            content = envelope.content
            self.taken.append(message_from_bytes(content if isinstance(content, bytes) else b""))
            self.recipients.append(envelope.rcpt_tos)
        return self.message


class _Dropping(SMTP):
    """A server that drops the line at a command."""

    async def _drop(self, stage: str) -> bool:
        if self.event_handler.drops_at == stage:
            _abort(self)
            return True
        return False

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - the library's name
        if not await self._drop("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - the library's name
        if not await self._drop("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - the library's name
        if not await self._drop("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        if not await self._drop("DATA"):
            await super().smtp_DATA(arg)


@contextmanager
def serving(
    manners: Manners, *, port: int = 0, tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[int]:
    """Run a server on this machine and give its port; `tls` encrypts from the first byte."""
    loop = asyncio.new_event_loop()
    conversations: list[SMTP] = []

    def conversation() -> SMTP:
        conversations.append(_Dropping(manners, hostname="mail.example", loop=loop, **options))
        return conversations[-1]

    server = loop.run_until_complete(loop.create_server(conversation, "127.0.0.1", port, ssl=tls))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server, conversations), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server, conversations: list[SMTP]) -> None:
    server.close()
    for one in conversations:
        _abort(one)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _abort(conversation: SMTP) -> None:
    transport = conversation.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()


def with_login(server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
    """Let in who knows the password."""
    right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)

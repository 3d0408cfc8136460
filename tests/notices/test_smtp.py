"""What a mail server does, and what the ledger makes of it: a notice is sent only on the server's word."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from desk.configuration import Configuration, Mail
from desk.mail.smtp import SmtpMailer
from ledger.application.ledger import Ledger
from ledger.application.mailing import Letter, MailNotAccepted, Withdrawal
from ledger.application.notice_outcomes import Subject
from ledger.application.notice_posting import Post
from ledger.application.run_notices import run_notices
from ledger.rules.words import Channel
from tests.application.desk import HandClock
from tests.notices.servers import PASSWORD, STAGES, USER, Manners, serving, with_login
from tests.notices.world import (
    AP,
    DUE,
    never_slept,
    no_address,
    notices_in,
    open_at,
    programme,
    results,
    with_licence,
)

SENT = [("email", "sent"), ("in_app", "sent")]
FAILED = [("email", "failed"), ("in_app", "sent")]
# Where nobody answers, a test waits so long; where somebody does, a busy machine has this much time.
SHORT_S, LONG_S = 1, 20


def mailer(port: int, tls: ssl.SSLContext | None = None, **mail: Any) -> SmtpMailer:
    given = {"security": "none", "sender": "billing@chat.example", "timeout_seconds": LONG_S, **mail}
    return SmtpMailer(Configuration(mail=Mail(host="127.0.0.1", port=port, **given)), tls)


def notified(ledger: Ledger, port: int, **mail: Any) -> list[tuple[str, str]]:
    """Run notices through a server on this machine."""
    with mailer(port, **mail) as sending:
        return results(run_notices(ledger, Post(sending, no_address, 8, never_slept)))


@pytest.fixture
def bakery(sqlite_ledger: Ledger, clock: HandClock) -> Ledger:
    open_at(sqlite_ledger, with_licence(programme()), clock)
    return sqlite_ledger


@pytest.fixture
def later(clock: HandClock) -> Callable[[], datetime]:
    return lambda: clock.pass_by(days=1)


def emails(ledger: Ledger) -> list[str]:
    """Name the events of the e-mail, in order."""
    return [name for name, channel, _ in notices_in(ledger) if channel == "email"]


class TestAServer:
    def test_that_takes_the_message_makes_it_sent(self, bakery: Ledger) -> None:
        with serving(manners := Manners()) as port:
            assert notified(bakery, port) == SENT
        [message] = manners.taken
        assert (message["To"], message["From"]) == (AP, "License Ledger <billing@chat.example>")
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert manners.recipients == [[AP]]
        assert emails(bakery) == ["NoticeSent"]

    def test_that_refuses_the_recipient_is_not_asked_again(
        self, bakery: Ledger, later: Callable[[], datetime]
    ) -> None:
        with serving(Manners(recipient=lambda _: "550 no such user")) as port:
            assert notified(bakery, port) == FAILED
        later()
        with serving(manners := Manners()) as port:
            assert notified(bakery, port) == [("email", "given_up")]
        assert manners.taken == []
        assert emails(bakery) == ["NoticeFailed"]

    def test_that_refuses_the_message_is_not_asked_again(
        self, bakery: Ledger, later: Callable[[], datetime]
    ) -> None:
        with serving(Manners(message="554 it looks like spam")) as port:
            assert notified(bakery, port) == FAILED
            later()
            assert notified(bakery, port) == [("email", "given_up")]

    @pytest.mark.parametrize(
        "manners", [Manners(recipient=lambda _: "450 greylisted"), Manners(message="451 disk full")]
    )
    def test_that_refuses_for_now_is_asked_again(
        self, bakery: Ledger, clock: HandClock, manners: Manners
    ) -> None:
        with serving(manners) as port:
            assert notified(bakery, port) == FAILED
            manners.recipient, manners.message = Manners().recipient, "250 OK"
            assert notified(bakery, port) == [("email", "waiting")]
            clock.pass_by(minutes=1)
            assert notified(bakery, port) == [("email", "sent")]
        assert emails(bakery) == ["NoticeFailed", "NoticeSent"]
        assert len(manners.taken) == 1

    def test_that_hangs_behind_the_message_may_have_it_so_the_id_stays(
        self, bakery: Ledger, later: Callable[[], datetime]
    ) -> None:
        with serving(manners := Manners(hangs=True)) as port:
            assert notified(bakery, port, timeout_seconds=SHORT_S) == FAILED
            assert emails(bakery) == ["NoticeFailed"]
            [tried] = bakery.store.deliveries.of([key_of(bakery)]).values()
            manners.hangs = False
            later()
            assert notified(bakery, port) == [("email", "sent")]
        assert [message["Message-ID"] for message in manners.taken] == [tried.message.message_id]

    @pytest.mark.parametrize("stage", STAGES)
    def test_that_drops_the_line_makes_it_fail_and_gets_another_try(
        self, bakery: Ledger, later: Callable[[], datetime], stage: str
    ) -> None:
        with serving(manners := Manners(drops_at=stage)) as port:
            assert notified(bakery, port) == FAILED
            assert manners.taken == []
            manners.drops_at = None
            later()
            assert notified(bakery, port) == [("email", "sent")]
        assert emails(bakery) == ["NoticeFailed", "NoticeSent"]

    def test_that_is_down_and_comes_back_gets_it_then(
        self, bakery: Ledger, later: Callable[[], datetime]
    ) -> None:
        with serving(Manners()) as port:
            pass
        assert notified(bakery, port) == FAILED
        later()
        with serving(manners := Manners(), port=port):
            assert notified(bakery, port) == [("email", "sent")]
        assert len(manners.taken) == 1

    def test_that_is_down_is_said_so_in_words(self) -> None:
        with serving(Manners()) as port:
            pass
        with mailer(port) as sending, pytest.raises(MailNotAccepted) as refused:
            sending.send(a_letter())
        assert refused.value.reason == "Connection refused"

    def test_that_refuses_the_sender_takes_nobody_s_mail(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        told = with_licence(with_licence(programme()), "cafe")
        open_at(sqlite_ledger, told, clock)
        with serving(Manners(sender="550 who are you")) as port:
            done = notified(sqlite_ledger, port)
        assert [result for channel, result in done if channel == "email"] == ["failed", "waiting"]

    def test_that_takes_it_for_some_has_taken_it(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        told = with_licence(programme(), payer="client")
        told.fact("AgentCreated", "2024-07-05", license_id="bakery", agent_id="gone@x.example", role="owner")
        open_at(sqlite_ledger, told, clock)
        manners = Manners(recipient=lambda who: "550 gone" if who.startswith("gone") else "250 OK")
        with serving(manners) as port, mailer(port) as sending:
            [email, _] = run_notices(sqlite_ledger, Post(sending, no_address, 8, never_slept)).outcomes
        assert (email.result.value, email.reason) == ("sent", "not taken for gone@x.example")

    def test_is_asked_over_one_connection_while_it_answers(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        told = programme()
        for name in ("a", "b", "c"):
            with_licence(told, name)
        open_at(sqlite_ledger, told, clock)
        greeted: list[str] = []

        class Counting(Manners):
            async def handle_EHLO(  # noqa: N802 - the library's name
                self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
            ) -> list[str]:
                session.host_name = hostname
                greeted.append(hostname)
                return responses

        with serving(manners := Counting()) as port:
            assert notified(sqlite_ledger, port).count(("email", "sent")) == 3
        assert len(greeted) == 1
        assert len(manners.taken) == 3

    def test_that_left_meanwhile_is_met_again(self) -> None:
        with serving(Manners()) as port, mailer(port) as sending:
            sending.send(a_letter())
            assert sending._connection is not None
            assert sending._connection.sock is not None
            sending._connection.sock.close()
            assert sending.send(a_letter()) == ()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server and its client need: a certificate that the client trusts."""
    return trusting(tmp_path_factory.mktemp("tls"))


class TestLettersThatNobodyCanSend:
    @pytest.mark.parametrize("recipient", ["a\nBcc: b@x.example", "żółw@x.example"])
    def test_are_refused_for_good_and_alone(self, recipient: str) -> None:
        with serving(manners := Manners()) as port, mailer(port) as sending:
            with pytest.raises(MailNotAccepted) as refused:
                sending.send(replace(a_letter(), recipients=(recipient,)))
            assert (refused.value.for_good, refused.value.server_wide) == (True, False)
            assert sending.send(a_letter()) == ()
        assert len(manners.taken) == 1


class TestEncryption:
    @pytest.fixture(params=["starttls", "tls"])
    def encrypted(
        self, request: pytest.FixtureRequest, tls: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> Iterator[tuple[str, int, Manners]]:
        manners = Manners()
        if request.param == "tls":
            options: dict[str, Any] = {"tls": tls[0], "auth_require_tls": False}
        else:
            options = {"tls_context": tls[0], "require_starttls": True, "auth_required": True}
        with serving(manners, authenticator=with_login, **options) as port:
            yield request.param, port, manners

    def test_and_login_are_used(
        self, tls: tuple[ssl.SSLContext, ssl.SSLContext], encrypted: tuple[str, int, Manners]
    ) -> None:
        security, port, manners = encrypted
        with mailer(port, tls[1], security=security, user=USER, password=PASSWORD) as sending:
            assert sending.send(a_letter()) == ()
        assert len(manners.taken) == 1

    def test_refuses_a_wrong_password_for_all_mail(
        self, tls: tuple[ssl.SSLContext, ssl.SSLContext], encrypted: tuple[str, int, Manners]
    ) -> None:
        security, port, _ = encrypted
        with mailer(port, tls[1], security=security, user=USER, password="wrong") as sending:
            with pytest.raises(MailNotAccepted) as refused:
                sending.send(a_letter())
            assert (refused.value.server_wide, refused.value.for_good) == (True, False)
            assert "535" in refused.value.reason
            assert "wrong" not in str(refused.value)

    def test_sends_nothing_to_a_server_that_nobody_vouches_for(
        self, encrypted: tuple[str, int, Manners]
    ) -> None:
        security, port, manners = encrypted
        with mailer(port, security=security) as sending, pytest.raises(MailNotAccepted) as refused:
            sending.send(a_letter())
        assert refused.value.server_wide
        assert manners.taken == []

    def test_is_not_left_out_where_the_server_has_none(self) -> None:
        with serving(manners := Manners()) as port, mailer(port, security="starttls") as sending:
            with pytest.raises(MailNotAccepted) as refused:
                sending.send(a_letter())
            assert refused.value.server_wide
        assert manners.taken == []


def a_letter() -> Letter:
    withdrawal = Withdrawal("bakery", "resellers", DUE.date(), None)
    return Letter("0" * 32, "<0@chat.example>", "acme", (AP,), DUE, withdrawal)


def key_of(ledger: Ledger) -> str:
    subject = Subject("bakery", "resellers", datetime(2024, 8, 24, tzinfo=UTC).date(), Channel.EMAIL)
    return subject.key(ledger.store.ledger_id(create=False) or "")


def trusting(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate, and contexts of a server that has it and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())
    return server, client

"""Hand letters to a mail server, and say of each whether the server took it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from desk.configuration import Configuration, Mail
from desk.mail.message import as_message
from ledger.application.mailing import Letter, MailNotAccepted

_FOR_GOOD = 500
_NOT_NOW = 421


class SmtpMailer:
    """A Mailer that keeps its connection from one letter to the next, and makes a new one when it broke.

    Nothing is connected before the first letter. `tls` is what encrypted connections are checked by (default:
    the system's certificates). Close it, or use it in a with statement.
    """

    def __init__(self, configuration: Configuration, tls: ssl.SSLContext | None = None) -> None:
        self._configuration = configuration
        self._tls = tls
        self._connection: smtplib.SMTP | None = None

    def message_id(self, key: str) -> str:
        """Return the Message-ID of a key, in the domain of the sender."""
        return f"<{key}@{self._configuration.mail.sender.rpartition('@')[2]}>"

    def send(self, letter: Letter) -> tuple[str, ...]:
        """Return the recipients that were refused while the message was taken for others.

        Raises MailNotAccepted unless the server answered the message itself with its yes.
        """
        message = self._written(letter)
        connection = self._connected()
        try:
            with _told():
                refused = connection.send_message(message, self._configuration.mail.sender, letter.recipients)
        except MailNotAccepted:
            # whatever state the conversation is in, the next letter begins a new one
            self.close()
            raise
        return tuple(refused)

    def _written(self, letter: Letter) -> EmailMessage:
        try:
            return as_message(letter, self._configuration)
        except (ValueError, MessageError, IndexError) as error:
            # an address that no header can hold: it would not fit another time either
            raise MailNotAccepted(f"it cannot be written: {_in_words(error)}", for_good=True) from error

    def _connected(self) -> smtplib.SMTP:
        """Return a connection that answers."""
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._connection.noop()[0] < _NOT_NOW:
                    return self._connection
            self.close()
        with _told(connecting=True):
            self._connection = self._connect(self._configuration.mail)
        return self._connection

    def _connect(self, mail: Mail) -> smtplib.SMTP:
        timeout = mail.timeout_seconds
        if mail.security == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, timeout=timeout, context=self._context()
            )
        else:
            made = smtplib.SMTP(mail.host, mail.port, timeout=timeout)
        try:
            if mail.security == "starttls":
                made.starttls(context=self._context())
            if mail.user is not None:
                made.login(mail.user, mail.password.get_secret_value() if mail.password else "")
        except BaseException:
            made.close()
            raise
        return made

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def close(self) -> None:
        """Take leave of the server, if it listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _told(*, connecting: bool = False) -> Iterator[None]:
    """Raise MailNotAccepted for what the library raises; while connecting, no letter would fare better."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        answers = error.recipients
        reason = "; ".join(f"{who}: {_answer(code, said)}" for who, (code, said) in answers.items())
        codes = [code for code, _ in answers.values()]
        raise MailNotAccepted(
            reason, for_good=min(codes) >= _FOR_GOOD, server_wide=_NOT_NOW in codes
        ) from error
    except smtplib.SMTPSenderRefused as error:
        said = _answer(error.smtp_code, error.smtp_error)
        raise MailNotAccepted(f"it refuses the sender {error.sender}: {said}", server_wide=True) from error
    except smtplib.SMTPResponseException as error:
        for_good = not connecting and error.smtp_code >= _FOR_GOOD
        raise MailNotAccepted(
            _answer(error.smtp_code, error.smtp_error),
            for_good=for_good,
            server_wide=connecting or error.smtp_code == _NOT_NOW,
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailNotAccepted(_in_words(error), for_good=not connecting, server_wide=connecting) from error
    except TimeoutError as error:
        raise MailNotAccepted("it did not answer in time", server_wide=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotAccepted(_in_words(error), server_wide=True) from error


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}".strip()


def _in_words(error: BaseException) -> str:
    """Return the reason on one line, without the system's number of it."""
    # smtplib's own errors are OSErrors too; theirs are the server's words
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException) and error.strerror:
        return " ".join(error.strerror.split())
    return " ".join(str(error).split()) or type(error).__name__

"""An alert as an e-mail message, and a mail server to take it."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from time import monotonic
from typing import Any

from monitor.errors import AlertError
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.settings import Email
from monitor.show.text import safe_line


def email_message(channel: Email, entry: Entry, document: str, now: datetime) -> EmailMessage:
    """The text of the alert with its JSON attached. The Message-ID is the alert's own, so that a
    mailbox knows a message that comes twice."""
    message = EmailMessage()
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.to)
    message["Subject"] = f"[monitor] {safe_line(entry.title)}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{entry.alert_id}.{entry.channel}@{channel.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers this
    message.set_content(json.loads(document)["text"])
    message.add_attachment(
        document.encode(), maintype="application", subtype="json", filename="alert.json"
    )
    return message


class _CutOff:
    """A session that is hung up after ``within_s``, whatever the server is doing.

    The timeout of a socket begins anew with every byte that drips in; this one does not.
    """

    sock: socket.socket | None

    def __init__(self, host: str, port: int, within_s: float, **more: Any) -> None:
        self._timer = threading.Timer(within_s, self._hang_up)
        self._timer.daemon = True
        self._timer.start()
        try:
            super().__init__(host, port, timeout=within_s, **more)  # type: ignore[call-arg]
        except BaseException:
            self._timer.cancel()
            raise

    def close(self) -> None:
        self._timer.cancel()
        super().close()  # type: ignore[misc]

    def _hang_up(self) -> None:
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)


class _Plain(_CutOff, smtplib.SMTP):
    pass


class _Tls(_CutOff, smtplib.SMTP_SSL):
    pass


def send_email(
    channel: Email,
    entry: Entry,
    document: str,
    now: datetime,
    user: str | None,
    password: str | None,
    within_s: float,
) -> None:
    """Hand the message to the server. Blocking; cut off after ``within_s`` whatever the server
    does. Raises :class:`~monitor.errors.AlertError`."""
    message = email_message(channel, entry, document, now)
    where = f"{channel}: {channel.server}:{channel.port}"
    begun = monotonic()
    try:
        with _connected(channel, within_s) as server:
            if channel.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if user is not None and password is not None:
                server.login(user, password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise AlertError(f"{where}: the login was refused ({error.smtp_code})") from None
    except (smtplib.SMTPException, OSError) as error:
        late = monotonic() - begun >= within_s or isinstance(error, TimeoutError)
        said = f"not done after {within_s:g} seconds" if late else safe_line(str(error))
        raise AlertError(f"{where}: {said}") from None


def _connected(channel: Email, within_s: float) -> smtplib.SMTP:
    if channel.security == "tls":
        context = ssl.create_default_context()
        return _Tls(channel.server, channel.port, within_s, context=context)
    return _Plain(channel.server, channel.port, within_s)

"""An alert to a channel. Returns once the receiver has taken it, or raises within seconds."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from monitor.errors import AlertError
from monitor.net.send import send
from monitor.net.values import Limits
from monitor.show.alerts.email import send_email
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.settings import Channel, Command, Email, Ntfy, Webhook
from monitor.show.text import safe_line

WITHIN_S = 20.0
_NTFY_BYTES = 3500  # of a message; ntfy makes an attachment of more than 4,096


async def deliver(
    channel: Channel,
    entry: Entry,
    document: str,
    now: datetime,
    *,
    env: Mapping[str, str] = os.environ,
    proxy: str | None = None,
    within_s: float = WITHIN_S,
) -> None:
    """Send ``document``, the JSON text of ``entry``.

    A receiver that hangs is cut off after ``within_s`` seconds. Secrets are read from ``env``, by
    the names in the settings; no message of an error holds one. Raises
    :class:`~monitor.errors.FetchError` or :class:`~monitor.errors.AlertError`.
    """
    limits = Limits(total_s=within_s, read_s=within_s, connect_s=within_s, proxy=proxy)
    match channel:
        case Webhook():
            body = document.encode()
            url = channel.url or env[channel.url_env or ""]
            key = env[channel.key_env] if channel.key_env else None
            await send(url, body, webhook_headers(entry.alert_id, body, now, key), limits)
        case Ntfy():
            server, message = ntfy_message(channel, document)
            token = env[channel.token_env] if channel.token_env else None
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            await send(server, message, headers, limits)
        case Email():
            user = env[channel.user_env] if channel.user_env else None
            password = env[channel.password_env] if channel.password_env else None
            await asyncio.to_thread(
                send_email, channel, entry, document, now, user, password, within_s
            )
        case Command():
            await _run(channel, entry, document, within_s)


def webhook_headers(alert_id: str, body: bytes, now: datetime, key: str | None) -> dict[str, str]:
    """The headers of the Standard Webhooks specification, signed where there is a ``key``.

    The signature is HMAC-SHA256 over ``id.timestamp.body``, in base64 after ``v1,``. A key that
    begins with ``whsec_`` is base64 after that, as the specification has it; any other is taken
    as it is.
    """
    sent = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": alert_id,
        "webhook-timestamp": sent,
    }
    if key is not None:
        secret = key.encode()
        if key.startswith("whsec_"):
            secret = base64.b64decode(key.removeprefix("whsec_"))
        signed = hmac.new(secret, f"{alert_id}.{sent}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
    return headers


def ntfy_message(channel: Ntfy, document: str) -> tuple[str, bytes]:
    """The server's address, and the message as the JSON that ntfy takes."""
    parts = urlsplit(channel.url)
    folder, _, topic = parts.path.rstrip("/").rpartition("/")
    told = json.loads(document)
    text = told["text"].partition("\n\n")[2]  # the title stands in the title
    if len(text.encode()) > _NTFY_BYTES:
        text = text.encode()[:_NTFY_BYTES].decode(errors="ignore") + "…"
    message = {"topic": topic, "title": told["title"], "message": text}
    url = told["posts"][0]["post"]["url"] or ""
    if url.startswith(("http://", "https://")):
        message["click"] = url
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", "")), json.dumps(
        message
    ).encode()


async def _run(channel: Command, entry: Entry, document: str, within_s: float) -> None:
    """Run the command in a process group of its own, which is ended as a whole in the end."""
    ours = {"MONITOR_ALERT_ID": entry.alert_id, "MONITOR_ALERT_TITLE": entry.title}
    # Files, not pipes: a pipe stays open as long as anything that the command started holds it.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(document.encode())
        given.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *channel.run,
                stdin=given,
                stdout=DEVNULL,
                stderr=said,
                env=os.environ | ours,
                start_new_session=True,
            )
        except OSError as error:
            raise AlertError(f"{channel}: {error.strerror}") from None
        try:
            async with asyncio.timeout(within_s):
                status = await process.wait()
        except TimeoutError:
            raise AlertError(f"{channel}: not done after {within_s:g} seconds") from None
        finally:
            # Also what it left behind in its group, and also where we are cancelled.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if status:
            said.seek(0)
            lines = said.read(64 * 1024).decode(errors="replace").strip()
            last = safe_line(lines.rpartition("\n")[2])[:200]
            raise AlertError(f"{channel}: ended with {status}{f': {last}' if last else ''}")

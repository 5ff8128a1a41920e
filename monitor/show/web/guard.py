"""What every answer carries, and what every request must pass.

No inline script runs and nothing is loaded from elsewhere.

A page of another site can make a browser ask this server, and a name of its own can be made to
resolve to 127.0.0.1 (DNS rebinding). So a request must name a host that is ours, and one that
changes something must come from a page of ours and carry the token that only such a page knows.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses requests for hosts that are not ours, and adds :data:`HEADERS` to every answer."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if host_name(Headers(scope=scope).get("host", "")) in self._hosts:
            await self._app(scope, receive, guarded)
        else:
            said = "This monitor is not served under that name (see --allow-host).\n"
            await PlainTextResponse(said, 421)(scope, receive, guarded)


def host_name(host: str) -> str:
    """``[::1]:8420`` → ``::1``, ``Localhost:8420`` → ``localhost``."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server listening on ``host``."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def from_our_page(headers: Headers, token: str, given: str) -> bool:
    """Whether a request was made by a page of ours: its origin is this host, and it knows the
    token. Browsers name the origin of every form they send."""
    origin, host = headers.get("origin", ""), headers.get("host", "")
    ours = origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())
    return ours and hmac.compare_digest(token.encode(), given.encode("utf-8", "replace"))

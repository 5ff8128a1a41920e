"""Telling another server something: one POST, done or failed within a time that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from monitor import __version__
from monitor.errors import BadStatus, TimedOut, Unreachable

from .retry_after import wait_asked_for
from .robots_cache import ROBOT
from .values import Headers, Limits

_ANSWER_READ = 64 * 1024  # bytes; what a receiver answers is not looked at


async def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits = Limits(total_s=20.0),  # noqa: B008 - frozen
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """POST ``body``; returns once the receiver has answered with a success.

    The URL comes from the user's settings, so private addresses are fine; redirects are not
    followed, since the body is meant for this receiver. A receiver that hangs is cut off after
    ``limits.total_s`` whatever it is doing. Raises :class:`~monitor.errors.FetchError`, whose text
    holds no more of the URL than its host, for a path can be a secret.
    """
    shown = _origin(url)
    common = {"User-Agent": f"{ROBOT}/{__version__}"}
    timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
    try:
        async with (
            asyncio.timeout(limits.total_s),
            httpx.AsyncClient(timeout=timeout, trust_env=False, proxy=limits.proxy) as client,
            client.stream("POST", url, content=body, headers=common | dict(headers)) as response,
        ):
            status = response.status_code
            answered = Headers(response.headers.raw)
            read = 0
            async for piece in response.aiter_raw():
                read += len(piece)
                if read > _ANSWER_READ:
                    break
    except (TimeoutError, httpx.TimeoutException):
        raise TimedOut(shown, f"no answer within {limits.total_s:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Redacted: messages of the HTTP library may repeat the URL.
        said = str(error).replace(url, shown) or type(error).__name__
        raise Unreachable(shown, said) from None
    if not 200 <= status < 300:
        cap = limits.retry_after_cap_s
        wait = wait_asked_for(answered, status=status, now=clock(), cap_s=cap)
        raise BadStatus(shown, status, wait)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"

"""One JSON request to a server that the user named in the settings, and its JSON answer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from monitor.errors import BadStatus, ParseError, TimedOut, TooLarge, Unreachable

from .values import Limits


def post_json(url: str, body: Mapping[str, Any], limits: Limits = Limits()) -> Any:  # noqa: B008
    """The decoded JSON answer to ``body``. Blocking. The URL comes from the user's settings, so
    private addresses are fine; redirects are not followed, since ``body`` may hold a key.

    Raises FetchError, and ParseError where the answer is not JSON. No message holds ``body``.
    """
    end = time.monotonic() + limits.total_s
    received = bytearray()
    timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
    try:
        with (
            httpx.Client(timeout=timeout, trust_env=False, proxy=limits.proxy) as client,
            client.stream("POST", url, json=dict(body)) as response,
        ):
            for piece in response.iter_bytes(1 << 16):
                received += piece
                if len(received) > limits.max_bytes:
                    raise TooLarge(url, f"more than {limits.max_bytes} bytes")
                if time.monotonic() > end:
                    raise TimedOut(url, f"not done after {limits.total_s:g} s")
            status, kind = response.status_code, response.headers.get("content-type", "")
    except httpx.TimeoutException:
        raise TimedOut(url, f"no answer in {limits.read_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(url, str(error) or type(error).__name__) from None
    if status != 200:
        raise BadStatus(url, status)
    try:
        return json.loads(received)
    except ValueError:
        shown = kind.partition(";")[0] or "something else"
        raise ParseError(f"{url}: answered {shown}, not JSON") from None

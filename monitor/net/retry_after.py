"""How long a server asks us to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def wait_asked_for(
    headers: Mapping[str, str], *, status: int, now: datetime, cap_s: float
) -> float | None:
    """Seconds to wait from ``now`` (UTC), between 0 and ``cap_s``; None where none are asked for.

    Retry-After counts with any error status. Mastodon says when its rate limit starts anew only in
    X-RateLimit-Reset (an ISO 8601 time), Bluesky in RateLimit-Reset (seconds since 1970): those
    count with 429.
    """
    wait = retry_after(headers.get("retry-after"), date=headers.get("date"), now=now, cap_s=cap_s)
    if wait is None and status == 429:
        reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
        moment = _reset(reset.strip(), now)
        if moment is not None:
            wait = min(max((moment - now).total_seconds(), 0.0), cap_s)
    return wait


def retry_after(
    value: str | None, *, date: str | None, now: datetime, cap_s: float
) -> float | None:
    """Seconds to wait from now, between 0 and ``cap_s``; None where the header says nothing usable.

    ``value`` is Retry-After as received: seconds or an HTTP date (RFC 9110, 10.2.3). A date is
    read against the server's own ``Date`` header where there is one, so that a server whose clock
    is wrong still means what it says. Negative waits are 0.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", value, re.ASCII):
        seconds = float(value)
    else:
        until = http_date(value)
        if until is None:
            return None
        seconds = (until - (http_date(date or "") or now)).total_seconds()
    return min(max(seconds, 0.0), cap_s)


def http_date(value: str) -> datetime | None:
    """An HTTP date in UTC, or None where it is not one."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _reset(value: str, now: datetime) -> datetime | None:
    try:
        if not re.fullmatch(r"[0-9]{1,12}", value, re.ASCII):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        # The IETF draft counts seconds from now; a number that large can only be a time.
        seconds = int(value)
        return datetime.fromtimestamp(seconds if seconds > 1e9 else now.timestamp() + seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None

"""How long a server asks us to wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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

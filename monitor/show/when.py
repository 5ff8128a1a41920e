"""Times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from monitor.errors import InputError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(
    r"(\d{1,6})\s*(?:(s)(?:ec(?:ond)?s?)?|(m)(?:in(?:ute)?s?)?|(h)(?:ours?)?|(d)(?:ays?)?"
    r"|(w)(?:eeks?)?)(?:\s+ago)?"
)


def instant(text: str, now: datetime) -> datetime:
    """The moment meant by ``2h``, ``3 days ago``, ``today``, ``yesterday`` or an ISO 8601 time.

    Days begin at midnight in UTC; an ISO time without a zone is in UTC. Raises
    :class:`~monitor.errors.InputError` for anything else.
    """
    said = text.strip().lower()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if said in days:
        return days[said]
    try:
        if found := _AGO.fullmatch(said):
            unit = next(unit for unit in found.groups()[1:] if unit)
            return now - timedelta(**{_UNITS[unit]: int(found[1])})
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{text!r} is not a time such as 2h, 3d, yesterday or 2024-02-02T18:00Z"
        ) from None

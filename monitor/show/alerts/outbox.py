"""What is still to be sent to whom, and when to try. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.errors import BadStatus, MonitorError

FIRST_RETRY_S = 30.0
LAST_RETRY_S = 3600.0
GIVE_UP_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert on its way to one channel.

    ``channel`` is the channel's id, ``label`` what people call it. The alert's JSON text lies
    beside it in the store: it is long, and entries are looked at every second.
    """

    alert_id: str
    rule: str
    channel: str
    label: str
    title: str
    created_at: datetime
    next_at: datetime
    attempts: int = 0
    last_error: str | None = None

    @property
    def key(self) -> str:
        return f"{self.alert_id}/{self.channel}"


def failed(entry: Entry, error: MonitorError, now: datetime) -> Entry:
    """``entry`` after a try that failed: later each time, and never sooner than the receiver asks.

    The wait doubles from 30 seconds to an hour.
    """
    wait = min(FIRST_RETRY_S * 2**entry.attempts, LAST_RETRY_S)
    if isinstance(error, BadStatus) and error.retry_after:
        wait = max(wait, error.retry_after)
    return replace(
        entry,
        attempts=entry.attempts + 1,
        last_error=str(error),
        next_at=now + timedelta(seconds=wait),
    )


def hopeless(entry: Entry, now: datetime) -> bool:
    """Whether its receiver has refused it for so long that trying on helps nobody."""
    return now - entry.created_at > GIVE_UP_AFTER

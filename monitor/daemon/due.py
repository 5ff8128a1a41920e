"""Which feeds to ask now, and how many at once. Pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from monitor.config import PollRate
from monitor.model import Feed

_AT_ONCE = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)
_PATIENCE = timedelta(days=2)  # the longest a server's Retry-After is obeyed is a day
_MANY = 5_000  # waiting posts, some minutes of analysing


def due(
    feeds: Iterable[Feed], next_polls: Mapping[str, datetime], now: datetime, rate: PollRate
) -> list[Feed]:
    """Feeds to ask now, the longest due first.

    One that seems to be due later than any feed ever is was put off under a clock that ran ahead:
    it is due.
    """
    absurd = now + timedelta(seconds=10 * rate.at_least) + _PATIENCE
    when = [(next_polls.get(feed.name, _AT_ONCE), feed) for feed in feeds]
    ready = [(at, feed) for at, feed in when if at <= now or absurd < at < _NEVER]
    return [feed for _, feed in sorted(ready, key=lambda item: item[0])]


def slots(concurrency: int, waiting: int) -> int:
    """How many feeds may be asked at once while ``waiting`` posts wait for analysis.

    Back-pressure: the more wait, the fewer, so that the machine goes on analysing what it has; but
    every feed is still asked in its turn, because a post that has left its feed is lost.
    """
    return max(1, concurrency * _MANY // max(waiting, _MANY))

"""What is to be told, gathered by rule and event until its hour. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.show.alerts.settings import Quiet, Rule

POSTS_NAMED = 500  # a group that waits for hours remembers no more ids, it counts them


@dataclass(frozen=True, slots=True)
class Group:
    """Posts that one alert will tell of: those of one rule about one event (``""``: none).

    ``number`` counts all of them, ``posts`` names them, oldest first. ``usual`` is the rate of a
    spike, ``title`` that of an emerging story.
    """

    rule: str
    event_id: str
    since: datetime
    posts: tuple[str, ...] = ()
    number: int = 0
    usual: float | None = None
    title: str | None = None

    def plus(self, posts: Sequence[str]) -> Group:
        named = (*self.posts, *posts)[:POSTS_NAMED]
        return replace(self, posts=named, number=self.number + len(posts))


def due_at(rule: Rule, group: Group, last: datetime | None, started: datetime) -> datetime:
    """When ``group`` may be told, by everything but quiet hours.

    ``last`` is when the rule last told of the same event, ``started`` when the monitor was started.
    """
    times = [group.since + timedelta(seconds=rule.digest or 0)]
    times.append(started + timedelta(seconds=rule.grace))
    if last is not None:
        times.append(last + timedelta(seconds=rule.cooldown_s))
    return max(times)


def quiet_until(quiet: Quiet | None, now: datetime) -> datetime | None:
    """When the quiet hours end in which ``now`` lies; None outside of them."""
    if quiet is None:
        return None
    local = now.astimezone(ZoneInfo(quiet.zone))
    clock = local.time().replace(tzinfo=None)
    over_midnight = quiet.start > quiet.end
    inside = (
        clock >= quiet.start or clock < quiet.end
        if over_midnight
        else quiet.start <= clock < quiet.end
    )
    if not inside:
        return None
    ends = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def is_due(
    rule: Rule, group: Group, last: datetime | None, started: datetime, now: datetime
) -> bool:
    """Whether ``group`` is told now."""
    return now >= due_at(rule, group, last, started) and quiet_until(rule.quiet, now) is None

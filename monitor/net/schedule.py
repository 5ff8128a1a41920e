"""When a feed is asked next. Pure decisions on :class:`~monitor.model.FeedState`.

A feed is asked about as often as it publishes, between the two bounds the user sets. A failure
puts the next try further away, with jitter on every path, and never further than a few times the
longest interval: no number of failures makes a feed dead, and after an outage all recover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from monitor.errors import BadStatus, MonitorError, TimedOut, Unreachable
from monitor.model import FeedState

WEIGHT = 0.25  # of the newest gap in the running mean
TRUST_304 = 24  # answers in a row; then the feed is asked without validators once
DEAD_MOVE = 3  # failures at a new address before the old one is asked again
BROKEN_FACTOR = 6  # a feed that answers wrongly waits up to this many times at_least_s


def after_success(
    state: FeedState,
    *,
    now: datetime,
    published: Sequence[datetime],
    every_s: float,
    at_least_s: float,
    rng: Random,
    not_modified: bool = False,
) -> FeedState:
    """The state to save after a poll that worked.

    ``state`` carries the validators and cursor the source set; ``published`` are the publication
    times of the posts in the answer, in any order. The wait is the feed's expected interval
    between posts, within ``every_s`` and ``at_least_s`` (seconds) and with up to 10 % of jitter.
    """
    seen = sorted(moment for moment in published if moment <= now)
    interval = _interval(state, seen)
    newest = max((m for m in (*seen[-1:], state.newest_at) if m is not None), default=None)
    expected = _expected(interval, newest, now) or every_s
    wait = min(max(expected, every_s), at_least_s)
    wait = rng.uniform(max(every_s, 0.9 * wait), max(every_s, min(at_least_s, 1.1 * wait)))
    unchanged = state.not_modified + 1 if not_modified else 0
    if unchanged >= TRUST_304:
        state, unchanged = replace(state, etag=None, last_modified=None), 0
    return replace(
        state,
        next_at=now + timedelta(seconds=wait),
        failures=0,
        last_ok_at=now,
        last_error=None,
        last_error_at=None,
        stopped=None,
        newest_at=newest,
        interval_s=interval,
        not_modified=unchanged,
    )


def after_failure(
    state: FeedState,
    error: MonitorError,
    *,
    now: datetime,
    every_s: float,
    at_least_s: float,
    rng: Random,
) -> FeedState:
    """The state to save after a poll that failed.

    The wait doubles with every failure in a row. 410 stops the feed (``stopped`` says so). A wait
    the server asked for (Retry-After) is never cut short.
    """
    failures = state.failures + 1
    asked = error.retry_after if isinstance(error, BadStatus) else None
    wait = backoff_s(failures, every_s, _longest(error, at_least_s))
    wait = max(wait, asked or 0.0) * rng.uniform(1.0, 1.25)
    return replace(
        state,
        next_at=now + timedelta(seconds=wait),
        failures=failures,
        last_error=str(error),
        last_error_at=now,
        stopped=f"gone for good: {error}" if isinstance(error, BadStatus) and error.gone else None,
        moved_to=state.moved_to if failures < DEAD_MOVE else None,
        not_modified=0,
    )


def backoff_s(failures: int, first_s: float, longest_s: float) -> float:
    """Seconds to wait after this many failures in a row: doubling, capped, without jitter."""
    return min(first_s * 2.0 ** min(failures - 1, 30), max(first_s, longest_s))


def _longest(error: MonitorError, at_least_s: float) -> float:
    """A host that is down or busy is asked again soon; one that answers wrongly, more rarely."""
    transient = isinstance(error, Unreachable | TimedOut) or (
        isinstance(error, BadStatus) and error.status in (408, 425, 429, 500, 502, 503, 504)
    )
    return at_least_s if transient else BROKEN_FACTOR * at_least_s


def _interval(state: FeedState, seen: Sequence[datetime]) -> float | None:
    """The running mean of seconds between posts, with the gaps this poll shows."""
    start = state.newest_at
    times = [moment for moment in seen if start is None or moment > start]
    if start is not None:
        times = [start, *times]
    mean = state.interval_s
    for earlier, later in pairwise(times):
        gap = (later - earlier).total_seconds()
        mean = gap if mean is None else mean + WEIGHT * (gap - mean)
    return mean


def _expected(interval: float | None, newest: datetime | None, now: datetime) -> float | None:
    """Seconds until the next post may be expected.

    A silence longer than the mean counts as one more gap: a feed that fell asleep is asked less
    often before its next post says so.
    """
    if newest is None:
        return interval
    silence = max((now - newest).total_seconds(), 0.0)
    if interval is None:
        return silence
    return interval + WEIGHT * max(silence - interval, 0.0)

"""How many posts are usual, and when there are more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.show.alerts.settings import Spike

_PARTS = 4  # of a window; the finer, the sooner a spike is seen and the more is kept
POSTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Rate:
    """Posts counted by when they were published.

    ``counts`` is by part of a window (a quarter), numbered from 1970. ``posts`` are the last ones
    counted, as (seconds since 1970, id).
    """

    counts: Mapping[int, int]
    posts: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spiking:
    """``count`` posts within the window, where ``usual`` are usual."""

    count: int
    usual: float
    posts: tuple[str, ...]


def counted(rate: Rate, spike: Spike, post_id: str, at: datetime) -> Rate:
    """``rate`` with one post more."""
    part = int(at.timestamp() / (spike.window / _PARTS))
    counts = dict(rate.counts) | {part: rate.counts.get(part, 0) + 1}
    posts = sorted((*rate.posts, (at.timestamp(), post_id)))[-POSTS_KEPT:]
    return Rate(counts, tuple(posts))


def pruned(rate: Rate, spike: Spike, now: datetime) -> Rate:
    """``rate`` without what is older than the time that says what is usual."""
    oldest = (now.timestamp() - spike.usual - spike.window) / (spike.window / _PARTS)
    return Rate({part: n for part, n in rate.counts.items() if part >= oldest}, rate.posts)


def spiking(rate: Rate, spike: Spike, began: datetime, now: datetime) -> Spiking | None:
    """Whether more is posted than usual; ``began`` is when counting did."""
    ending = now.timestamp()
    part_s = spike.window / _PARTS
    newest = int(ending / part_s)
    current = range(newest - _PARTS + 1, newest + 1)
    seen_s = min(current.start * part_s - began.timestamp(), spike.usual)
    if seen_s < 4 * spike.window:
        return None
    oldest = current.start - seen_s / part_s
    before = sum(n for part, n in rate.counts.items() if oldest <= part < current.start)
    usual = before / (seen_s / spike.window)
    count = sum(rate.counts.get(part, 0) for part in current)
    if count < max(spike.least, spike.times * usual):
        return None
    ids = [post_id for at, post_id in rate.posts if at >= current.start * part_s]
    return Spiking(count, usual, tuple(ids))

"""Which posts are translated first, and how many: pure decisions for the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class HasTime(Protocol):
    """A post, as far as it is needed here."""

    @property
    def at(self) -> datetime: ...


P = TypeVar("P", bound=HasTime)


def freshest_first(posts: Sequence[P]) -> list[P]:
    """In a backlog the newest posts matter most. Posts of one instant keep their order."""
    return sorted(posts, key=lambda post: post.at, reverse=True)


def left_in_budget(spent: Sequence[tuple[datetime, int]], per_hour: int, now: datetime) -> int:
    """Characters that may still be translated now. ``spent`` holds when and how many were."""
    since = now - timedelta(hours=1)
    return max(0, per_hour - sum(size for at, size in spent if at > since))


def within_budget(sizes: Sequence[int], budget: int) -> int:
    """How many of the first texts fit the budget; a lone one that is larger than any budget left
    is let through when nothing else was, so that it cannot block the queue for ever."""
    total = 0
    for taken, size in enumerate(sizes):
        total += size
        if total > budget:
            return 1 if taken == 0 and budget > 0 else taken
    return len(sizes)


def token_batches(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Indices into ``sizes`` (tokens each) in batches of at most ``most`` padded tokens, texts of
    like length together."""
    batches: list[list[int]] = []
    for index in sorted(range(len(sizes)), key=lambda i: sizes[i]):
        padded = sizes[index] * (len(batches[-1]) + 1) if batches else 0
        if batches and padded <= most:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches

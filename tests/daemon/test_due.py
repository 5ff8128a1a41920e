"""Which feeds are asked, and how many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.config import PollRate
from monitor.daemon.due import due, slots
from monitor.model import Feed
from tests.builders import NOW

FEEDS = [Feed(name, "feed") for name in ("new", "late", "just", "soon", "ended")]
NEXT = {
    "late": NOW - timedelta(hours=2),
    "just": NOW,
    "soon": NOW + timedelta(seconds=1),
    "ended": datetime.max.replace(tzinfo=UTC),
}


def names(now: datetime) -> list[str]:
    return [feed.name for feed in due(FEEDS, NEXT, now, PollRate())]


def test_due_feeds_come_longest_due_first_and_those_never_asked_before_all() -> None:
    assert names(NOW) == ["new", "late", "just"]


def test_a_feed_that_ended_is_never_asked() -> None:
    assert "ended" not in names(NOW + timedelta(days=10_000))


def test_when_the_clock_is_set_back_a_year_all_feeds_are_due() -> None:
    assert names(NOW - timedelta(days=366)) == ["new", "late", "just", "soon"]


def test_a_server_that_asked_for_a_day_of_patience_gets_it() -> None:
    assert names(NOW - timedelta(days=1)) == ["new"]


@pytest.mark.parametrize(
    ("waiting", "free"),
    [(0, 32), (5_000, 32), (10_000, 16), (50_000, 3), (10_000_000, 1)],
)
def test_the_more_posts_wait_the_fewer_feeds_are_asked_at_once_but_never_none(
    waiting: int, free: int
) -> None:
    assert slots(32, waiting) == free

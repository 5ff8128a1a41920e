"""Now and then: old posts go, and feeds gone quiet are named."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest

from monitor.config import Config, Keep
from monitor.daemon.house import House, quiet, silence, tidy
from monitor.model import Decision, Feed, FeedState
from monitor.store import FeedFigures, SqliteStore
from tests.builders import NOW, a_post, an_analysis

DAY = timedelta(days=1)
HABIT = FeedFigures(posts=40, per_day=1.4, last_at=NOW, longest_gap=2 * DAY)


def fill(store: SqliteStore, days: int, text: str = "words", each: int = 1) -> None:
    posts = [
        a_post(f"{day}-{n}", text, collected_at=NOW - day * DAY, published_at=NOW - day * DAY)
        for day in range(days)
        for n in range(each)
    ]
    store.record_poll(FeedState("marsad", last_ok_at=NOW), posts, NOW)
    pending = store.pending(days * each, NOW)
    store.save_analyses([(item, an_analysis()) for item in pending])


class Time:
    """A clock that may be set, and one that may not."""

    def __init__(self) -> None:
        self.now, self.passed = NOW, 0.0

    def pass_(self, span: timedelta) -> None:
        self.now += span
        self.passed += span.total_seconds()

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.passed


def test_posts_older_than_the_age_go(store: SqliteStore) -> None:
    fill(store, days=5)
    assert tidy(store, Keep(age=2.5 * 86400), NOW) == 2
    assert store.counts().posts == 3


def test_without_bounds_everything_is_kept(store: SqliteStore) -> None:
    fill(store, days=5)
    assert tidy(store, Keep(), NOW + 9999 * DAY) == 0


def test_a_store_that_grew_too_large_drops_its_oldest_until_there_is_room(
    store: SqliteStore,
) -> None:
    fill(store, days=20, text="x" * 10_000, each=60)
    assert store.size() > 10_000_000
    dropped = tidy(store, Keep(size=10_000_000), NOW)
    assert 0 < dropped < 1200
    assert store.size() <= 9_000_000
    assert "0-0" in {item.post.external_id for item in store.linked()}


def test_reviewed_posts_stay_even_where_the_store_is_too_large(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, days=1, text="x" * 3_000_000)
    store.decide(Decision("telegram:0-0", None, "none", "ana", NOW))
    keep = Keep.model_construct(age=None, size=1_000_000)
    assert tidy(store, keep, NOW) == 0
    assert "all that is left of it was reviewed or waits" in caplog.text


def test_a_clock_set_ahead_does_not_empty_the_store_and_a_day_later_all_is_as_usual(
    store: SqliteStore,
) -> None:
    time = Time()
    fill(store, days=3)
    config = Config(keep=Keep(age=30 * 86400.0))
    house = House(config, store, time.clock, time.monotonic)
    time.now += 365 * DAY
    house.keep()
    time.pass_(timedelta(hours=23))
    house.keep()
    assert store.counts().posts == 3
    time.pass_(timedelta(hours=2))
    house.keep()
    assert store.counts().posts == 0  # so the clock is right after all


def test_a_feed_gone_quiet_is_named_once(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    time = Time()
    fill(store, days=14)
    house = House(Config(feeds=(Feed("marsad", "feed"),)), store, time.clock, time.monotonic)
    with caplog.at_level(logging.WARNING):
        assert house.keep() == frozenset()
        time.pass_(3 * DAY)
        assert house.keep() == {"marsad"}
        assert house.keep() == {"marsad"}
    said = "feed marsad is silent for longer than usual: 3 days, at most 24 hours before"
    assert caplog.messages.count(said) == 1


@pytest.mark.parametrize(
    ("state", "figures", "silent", "said"),
    [
        (FeedState("a"), HABIT, 4 * DAY, True),
        (FeedState("a"), HABIT, 2.9 * DAY, False),  # little longer than its longest weekend
        (FeedState("a", failures=1), HABIT, 9 * DAY, False),  # its failure says it already
        (FeedState("a", stopped="410"), HABIT, 9 * DAY, False),
        (FeedState("a"), FeedFigures(posts=3, last_at=NOW, longest_gap=DAY), 9 * DAY, False),
        (FeedState("a"), FeedFigures(), 9 * DAY, False),
        (
            FeedState("a"),
            FeedFigures(posts=900, last_at=NOW, longest_gap=timedelta(minutes=5)),
            timedelta(minutes=20),
            False,
        ),
    ],
)
def test_a_feed_is_quiet_against_its_own_habit_only(
    state: FeedState, figures: FeedFigures, silent: timedelta, said: bool
) -> None:
    assert quiet(state, figures, NOW + silent) is said


def test_silences_are_said_in_words() -> None:
    assert silence(HABIT, NOW + 5 * DAY) == "5 days, at most 2 days before"
    hourly = FeedFigures(posts=99, last_at=NOW, longest_gap=timedelta(minutes=50))
    assert silence(hourly, NOW + timedelta(hours=3)) == "3 hours, at most 50 minutes before"

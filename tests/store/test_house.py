"""Keeping house: what is old goes and stays gone, a copy is made of a store in use, numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.model import Decision, FeedState, Filter, Post, Translation
from monitor.store import Store
from tests.builders import NOW, a_link, a_post, an_analysis

DAY = timedelta(days=1)


def aged(days: int) -> Post:
    return a_post(str(days), text=f"{days} days old", collected_at=NOW - days * DAY)


def keep(store: Store, *posts: Post) -> None:
    store.record_poll(FeedState("marsad"), posts, NOW)


def analyse_all(store: Store) -> None:
    for item in store.pending(1000, NOW):
        store.save_analyses([(item, an_analysis(links=(a_link(item.post.id),)))])


def ids(store: Store, which: Filter | None = None) -> set[str]:
    return {item.post.external_id for item in store.linked(which)}


# what is old


def test_posts_collected_too_long_ago_are_dropped_oldest_first(store: Store) -> None:
    keep(store, *(aged(days) for days in range(5)))
    analyse_all(store)
    assert store.prune(NOW - 2 * DAY, limit=1) == 1
    assert ids(store) == {"0", "1", "2", "3"}
    assert store.prune(NOW - 2 * DAY) == 1
    assert store.prune(NOW - 2 * DAY) == 0
    assert ids(store) == {"0", "1", "2"}


def test_a_dropped_post_leaves_nothing_behind(store: Store) -> None:
    keep(store, aged(9))
    keep(store, a_post("9", text="edited", collected_at=NOW - 9 * DAY))
    analyse_all(store)
    store.prune(NOW)
    assert store.versions("telegram:9") == []
    assert ids(store, Filter(search="edited")) == set()
    counts = store.counts()
    assert (counts.posts, counts.linked) == (0, 0)


def test_the_linker_forgets_a_dropped_post_at_the_next_start(store: Store) -> None:
    keep(store, aged(9))
    (item,) = store.pending(1, NOW)
    store.save_analyses([(item, an_analysis())], {item.post.id: b"its words and vector"})
    store.prune(NOW)
    assert list(store.remembered()) == []


def test_a_dropped_post_does_not_come_back_when_a_feed_shows_it_again(store: Store) -> None:
    keep(store, aged(9))
    analyse_all(store)
    store.prune(NOW)
    again = store.record_poll(FeedState("marsad"), [aged(9)], NOW)
    assert (again.new, again.seen) == (0, 1)
    assert store.counts().posts == 0


def test_a_post_somebody_decided_about_is_never_dropped(store: Store) -> None:
    keep(store, aged(8), aged(9))
    analyse_all(store)
    store.decide(Decision("telegram:9", "qaim", "reject", "ana", NOW))
    assert store.prune(NOW) == 1
    assert ids(store) == {"9"}


def test_a_post_that_waits_for_analysis_is_not_dropped(store: Store) -> None:
    keep(store, aged(9))
    assert store.prune(NOW) == 0


def test_a_change_after_the_last_was_dropped_is_still_seen_by_who_follows(
    store: Store,
) -> None:
    keep(store, aged(9))
    analyse_all(store)
    seen = store.last_seq()
    store.prune(NOW)
    keep(store, aged(1))
    analyse_all(store)
    assert [item.post.external_id for item in store.linked(after_seq=seen)] == ["1"]


def test_cached_translations_and_opened_pages_go_with_the_posts_of_their_time(
    store: Store,
) -> None:
    store.put_many({"k": Translation("Hello", "ar", "en", "e", "m")})
    old = NOW - 9 * DAY
    store.record_poll(FeedState("a"), [aged(8)], old, pages=["https://a.example/old"])
    store.record_poll(FeedState("a"), [], NOW, pages=["https://a.example/new"])
    analyse_all(store)
    store.prune(NOW)
    asked = ["https://a.example/old", "https://a.example/new"]
    assert store.unopened(asked) == ["https://a.example/old"]
    assert set(store.get_many(["k"])) == {"k"}  # made just now, whatever NOW says


def test_dropping_makes_room(store: Store) -> None:
    keep(store, *(a_post(str(n), text="x" * 5000) for n in range(50)))
    analyse_all(store)
    before = store.size()
    store.prune(NOW + DAY)
    assert store.size() < before / 2


# backup


# trouble


def test_posts_put_off_by_a_clock_that_ran_ahead_are_due_when_it_is_right_again(
    store: Store,
) -> None:
    keep(store, aged(1))
    (item,) = store.pending(1, NOW)
    store.postpone(item.post.id, item.version, "engine is down", NOW + timedelta(days=400))
    assert len(store.pending(1, NOW)) == 1


# numbers


def test_queues_say_how_many_wait_and_since_when(store: Store) -> None:
    keep(store, aged(1), aged(2), aged(3))
    first = next(item for item in store.pending(3, NOW) if item.post.external_id == "3")
    store.postpone(first.post.id, first.version, "engine is down", NOW + timedelta(hours=1))
    analysis, retry = store.queues(NOW)
    assert (analysis.posts, analysis.oldest_at) == (2, NOW - 2 * DAY)
    assert (retry.posts, retry.oldest_at) == (1, NOW - 3 * DAY)
    analysis, retry = store.queues(NOW + timedelta(hours=1))
    assert (analysis.posts, retry.posts, retry.oldest_at) == (3, 0, None)


def test_a_feeds_habit_is_read_off_its_posts(store: Store) -> None:
    ages = (0.5, 1.5, 4.5, 8.5, 40)  # days; the last is too long ago to count
    keep(store, *(a_post(str(age), published_at=NOW - age * DAY) for age in ages))
    found = store.feed_figures("marsad", NOW)
    assert found.posts == 4
    assert found.last_at == NOW - 0.5 * DAY
    assert found.longest_gap == 4 * DAY
    assert found.per_day == pytest.approx(3 / 7)
    assert store.feed_figures("unheard-of", NOW).posts == 0

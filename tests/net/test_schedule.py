"""When a feed is asked next: as often as it publishes, later after failures, and never never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import (
    AddressBlocked,
    BadRedirect,
    BadStatus,
    FetchError,
    MonitorError,
    ParseError,
    PreviewUnavailable,
    RobotsDenied,
    TimedOut,
    TooLarge,
    Unreachable,
)
from monitor.model import FeedState
from monitor.net import after_failure, after_success
from monitor.net.schedule import BROKEN_FACTOR, DEAD_MOVE, TRUST_304

NOW = datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
EVERY, AT_LEAST = 300.0, 3600.0
FRESH = FeedState(feed="a")

URL = "https://example.org/feed"
FAILURES: Sequence[MonitorError] = [
    FetchError(URL, "odd"),
    Unreachable(URL, "refused"),
    TimedOut(URL, "no data"),
    *(BadStatus(URL, status) for status in (400, 401, 403, 404, 410, 429, 500, 502, 503)),
    BadStatus(URL, 429, 0.0),
    BadStatus(URL, 503, 86_400.0),
    TooLarge(URL, "too large"),
    AddressBlocked(URL, "private"),
    BadRedirect(URL, "circle"),
    RobotsDenied(URL, "closed"),
    ParseError("not a feed"),
    PreviewUnavailable("no preview"),
]


def succeed(
    state: FeedState = FRESH,
    published: Sequence[datetime] = (),
    now: datetime = NOW,
    seed: int = 0,
    not_modified: bool = False,
) -> FeedState:
    return after_success(
        state,
        now=now,
        published=published,
        every_s=EVERY,
        at_least_s=AT_LEAST,
        rng=Random(seed),
        not_modified=not_modified,
    )


def fail(state: FeedState, error: MonitorError, now: datetime = NOW, seed: int = 0) -> FeedState:
    return after_failure(
        state, error, now=now, every_s=EVERY, at_least_s=AT_LEAST, rng=Random(seed)
    )


def wait(state: FeedState, now: datetime = NOW) -> float:
    assert state.next_at is not None
    return (state.next_at - now).total_seconds()


def minutes_ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=m) for m in minutes]


# After a success


@given(
    st.lists(st.datetimes(timezones=st.just(UTC)), max_size=20),
    st.floats(min_value=0, max_value=1e7) | st.none(),
    st.integers(),
    st.booleans(),
)
def test_the_wait_is_always_within_the_bounds_of_the_user(
    published: list[datetime], interval: float | None, seed: int, not_modified: bool
) -> None:
    state = replace(FRESH, interval_s=interval)
    after = succeed(state, published, seed=seed, not_modified=not_modified)
    assert EVERY <= wait(after) <= AT_LEAST + 1e-3


def test_a_feed_is_asked_about_as_often_as_it_publishes() -> None:
    busy = succeed(published=minutes_ago(*range(0, 60, 2)))
    usual = succeed(published=minutes_ago(*range(0, 600, 20)))
    quiet = succeed(published=minutes_ago(*range(0, 60_000, 2_000)))
    assert wait(busy) == pytest.approx(EVERY, rel=0.11)
    assert wait(usual) == pytest.approx(20 * 60, rel=0.11)
    assert wait(quiet) == pytest.approx(AT_LEAST, rel=0.11)


def test_a_burst_brings_the_next_poll_nearer() -> None:
    state = replace(FRESH, newest_at=NOW - timedelta(hours=1), interval_s=3600.0)
    after = succeed(state, minutes_ago(10, 9, 8, 7, 6, 5, 4, 3, 2, 1))
    assert wait(after) < AT_LEAST / 3


def test_a_feed_that_fell_asleep_is_asked_less_often_before_its_next_post() -> None:
    awake = replace(FRESH, newest_at=NOW - timedelta(minutes=5), interval_s=600.0)
    asleep = replace(awake, newest_at=NOW - timedelta(days=3))
    assert wait(succeed(asleep)) > 3 * wait(succeed(awake))


def test_posts_dated_in_the_future_move_nothing() -> None:
    after = succeed(published=[NOW + timedelta(days=400)])
    assert after.newest_at is None


def test_posts_seen_before_are_not_counted_again() -> None:
    first = succeed(published=minutes_ago(40, 20, 0))
    again = succeed(first, minutes_ago(40, 20, 0))
    assert again.interval_s == first.interval_s
    assert again.newest_at == NOW


def test_feeds_polled_together_do_not_stay_together() -> None:
    waits = {wait(succeed(published=minutes_ago(0), seed=seed)) for seed in range(20)}
    assert len(waits) == 20


def test_a_success_clears_what_failures_left() -> None:
    failed = fail(FRESH, BadStatus(URL, 410))
    after = succeed(failed)
    assert (after.failures, after.last_error, after.stopped) == (0, None, None)
    assert after.last_ok_at == NOW


def test_a_feed_that_answers_304_for_ever_is_asked_without_validators_now_and_then() -> None:
    state = replace(FRESH, etag='"abc"', last_modified="yesterday")
    forgotten = []
    for _ in range(3 * TRUST_304):
        state = succeed(replace(state, etag='"abc"', last_modified="yesterday"), not_modified=True)
        forgotten.append(state.etag is None and state.last_modified is None)
    assert forgotten.count(True) == 3
    assert forgotten[TRUST_304 - 1]


def test_a_full_answer_starts_the_count_of_304s_anew() -> None:
    state = replace(FRESH, etag='"abc"', not_modified=TRUST_304 - 1)
    assert succeed(state).not_modified == 0
    assert succeed(state).etag == '"abc"'


# After a failure


@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_every_failure_stores_the_next_time_to_try_with_jitter(error: MonitorError) -> None:
    waits = set()
    for seed in range(20):
        after = fail(FRESH, error, seed=seed)
        assert after.failures == 1
        assert after.last_error == str(error)
        assert after.last_error_at == NOW
        waits.add(wait(after))
    assert min(waits) >= EVERY
    assert len(waits) == 20


@given(st.sampled_from(FAILURES), st.integers(min_value=0, max_value=10**9), st.integers())
def test_no_number_of_failures_makes_a_feed_dead(
    error: MonitorError, failures: int, seed: int
) -> None:
    after = fail(replace(FRESH, failures=failures), error, seed=seed)
    longest = BROKEN_FACTOR * AT_LEAST
    if isinstance(error, BadStatus):
        longest = max(longest, error.retry_after or 0.0)
    assert EVERY <= wait(after) <= 1.25 * longest + 1
    assert (after.stopped is not None) == (isinstance(error, BadStatus) and error.gone)


@pytest.mark.parametrize("status", [429, 503])
def test_ten_requests_for_patience_in_a_row_leave_the_feed_alive(status: int) -> None:
    state = FRESH
    for _ in range(10):
        state = fail(state, BadStatus(URL, status, 30.0))
    assert state.stopped is None
    assert wait(state) <= 1.25 * AT_LEAST
    assert succeed(state).failures == 0


@given(st.floats(min_value=0, max_value=86_400), st.integers())
def test_a_wait_the_host_asked_for_is_never_cut_short(seconds: float, seed: int) -> None:
    assert wait(fail(FRESH, BadStatus(URL, 429, seconds), seed=seed)) >= seconds - 1e-3


def test_each_failure_in_a_row_doubles_the_wait_up_to_a_limit() -> None:
    state, waits = FRESH, []
    for _ in range(8):
        state = fail(state, Unreachable(URL, "refused"))
        waits.append(round(wait(state) / wait(fail(FRESH, Unreachable(URL, "x"))), 3))
    assert waits == [1, 2, 4, 8, 12, 12, 12, 12]


def test_410_stops_the_feed_and_says_why() -> None:
    after = fail(FRESH, BadStatus(URL, 410))
    assert after.stopped == f"gone for good: {URL}: HTTP 410"


def test_a_move_that_leads_to_a_dead_end_is_undone() -> None:
    state = replace(FRESH, moved_to="https://parked.example/")
    for _ in range(DEAD_MOVE - 1):
        state = fail(state, BadStatus(URL, 404))
        assert state.moved_to is not None
    assert fail(state, BadStatus(URL, 404)).moved_to is None


def test_a_failure_keeps_validators_and_cursor() -> None:
    state = replace(FRESH, etag='"a"', last_modified="b", cursor={"since": 1})
    after = fail(state, TimedOut(URL, "slow"))
    assert (after.etag, after.last_modified, after.cursor) == ('"a"', "b", {"since": 1})


def test_when_the_network_returns_after_an_outage_all_feeds_recover() -> None:
    """A thousand feeds, a two-day outage, and an hour and a quarter later each has been asked."""
    rng = Random(7)
    back = NOW + timedelta(days=2)
    recovered = []
    for number in range(1000):
        state, now = replace(FRESH, feed=str(number)), NOW
        while state.last_ok_at is None:
            if now < back:
                state = fail(state, Unreachable(URL, "no network"), now, seed=rng.randrange(10**9))
            else:
                state = succeed(state, (), now)
            assert state.next_at is not None
            recovered_at, now = now, state.next_at
        recovered.append((recovered_at - back).total_seconds())
    assert max(recovered) <= 1.25 * AT_LEAST
    # And not all at one moment: no tenth of the time after the outage sees half of them.
    tenths = [int(10 * seconds / (1.25 * AT_LEAST)) for seconds in recovered]
    assert max(tenths.count(tenth) for tenth in range(10)) < 500

"""Backing off from a whole host: only after several URLs, never for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadStatus, FetchError, TimedOut, TooLarge, Unreachable
from monitor.net.hosts import LONGEST_S, URLS, Hosts, HostState, host_after_failure, paused

NOW = datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
DOWN = Unreachable("https://example.org/1", "refused")


def after(*failures: tuple[str, FetchError], state: HostState | None = None) -> HostState:
    state = state or HostState()
    for url, error in failures:
        state = host_after_failure(state, url, error, now=NOW, rng=Random(0))
    return state


def test_one_url_failing_for_ever_says_nothing_about_its_host() -> None:
    assert after(*[("/1", DOWN)] * 100).until is None


def test_several_urls_failing_in_a_row_pause_the_host() -> None:
    state = after(("/1", DOWN), ("/2", TimedOut("", "slow")), ("/3", BadStatus("", 503)))
    assert state.until is not None
    assert state.until > NOW
    assert isinstance(paused(state, "/4", "example.org", now=NOW), BadStatus)
    assert paused(state, "/4", "example.org", now=state.until) is None


def test_an_answer_of_any_other_kind_shows_the_host_alive() -> None:
    for alive in (BadStatus("", 404), BadStatus("", 500), TooLarge("", "big")):
        assert after(("/1", DOWN), ("/2", DOWN), ("/3", alive)) == HostState()


def test_requests_under_way_when_the_pause_begins_do_not_lengthen_it() -> None:
    state = after(("/1", DOWN), ("/2", DOWN), ("/3", DOWN))
    assert after(("/4", DOWN), ("/5", DOWN), state=state) == state


@given(st.integers(min_value=0, max_value=10**6), st.integers())
def test_however_often_it_failed_the_pause_ends(pauses: int, seed: int) -> None:
    failed = frozenset(f"/{n}" for n in range(URLS))
    state = HostState(failed, pauses, NOW, DOWN)
    again = host_after_failure(state, "/9", DOWN, now=NOW, rng=Random(seed))
    assert again.until is not None
    assert NOW < again.until <= NOW + timedelta(seconds=1.25 * LONGEST_S)
    assert len(again.failed) <= URLS


def test_hosts_that_recovered_and_the_oldest_of_many_are_forgotten() -> None:
    hosts = Hosts(lambda: NOW, Random(0))
    for n in range(10_000):
        hosts.failed(f"host{n}", "/", DOWN)
    assert len(hosts) <= 5_000
    hosts.succeeded("host9999")
    assert len(hosts) <= 4_999

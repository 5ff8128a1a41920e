"""What is done now and then: old posts go, and feeds that have gone quiet are named."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.config import Config, Keep
from monitor.model import FeedState
from monitor.store import FeedFigures, Store

log = logging.getLogger(__name__)

_FEW = 10  # posts in four weeks: no habit to speak of
_BEYOND = 1.5  # times the longest silence of the last weeks
_SPARE = 0.9  # of the permitted size, so that it is not at the limit at once again
_SET_S = 60.0  # what the clock may differ from the time that has passed
_WARY = timedelta(days=1)


class House:
    """Keeps one store in order. Not told to run more often than it needs: once an hour will do."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._last = clock(), monotonic()
        self._wary_until = 0.0
        self._quiet: frozenset[str] = frozenset()

    def keep(self) -> frozenset[str]:
        """Do what is to be done; returns the feeds that are quiet against their habit."""
        now = self._clock()
        if self._clock_was_set(now):
            log.warning("the clock was set: nothing is dropped for its age before a day is over")
        elif self._monotonic() >= self._wary_until:
            dropped = tidy(self._store, self.config.keep, now)
            if dropped:
                log.info("%d old posts dropped", dropped)
        quiet = frozenset(self._feeds_gone_quiet(now))
        for name in sorted(quiet - self._quiet):
            figures = self._store.feed_figures(name, now)
            log.warning("feed %s is silent for longer than usual: %s", name, silence(figures, now))
        self._quiet = quiet
        return quiet

    def _clock_was_set(self, now: datetime) -> bool:
        """A clock that jumps a year ahead must not empty the store."""
        (before, at), self._last = self._last, (now, self._monotonic())
        jump = (now - before).total_seconds() - (self._last[1] - at)
        if abs(jump) < _SET_S:
            return False
        self._wary_until = self._last[1] + _WARY.total_seconds()
        return True

    def _feeds_gone_quiet(self, now: datetime) -> list[str]:
        names = [feed.name for feed in self.config.feeds]
        states = self._store.feed_states(names)
        return [s.feed for s in states if quiet(s, self._store.feed_figures(s.feed, now), now)]


def tidy(store: Store, keep: Keep, now: datetime) -> int:
    """Drop what is too old or too much; returns how many posts."""
    dropped = 0
    if keep.age is not None:
        while found := store.prune(now - timedelta(seconds=keep.age)):
            dropped += found
    if keep.size is not None and store.size() > keep.size:
        while store.size() > _SPARE * keep.size:
            found = store.prune(now)
            dropped += found
            if not found:
                log.warning("the store is larger than keep.size, and all that is left of it was "
                            "reviewed or waits for analysis")  # fmt: skip
                break
    return dropped


def quiet(state: FeedState, figures: FeedFigures, now: datetime) -> bool:
    """Whether a feed that answers well has published nothing for much longer than it ever did in
    the last four weeks (nights and weekends are among them)."""
    if state.failures or state.stopped or figures.posts < _FEW or figures.longest_gap is None:
        return False
    assert figures.last_at is not None
    return now - figures.last_at > max(_BEYOND * figures.longest_gap, timedelta(hours=1))


def silence(figures: FeedFigures, now: datetime) -> str:
    """How long nothing has come, beside the longest that is usual."""
    assert figures.last_at is not None
    assert figures.longest_gap is not None
    return f"{_spoken(now - figures.last_at)}, at most {_spoken(figures.longest_gap)} before"


def _spoken(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"

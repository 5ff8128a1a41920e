"""Backing off from a whole host, which happens second: a feed backs off first, on its own.

One bad route does not speak for its host. Only where several different URLs in a row got no answer,
or were asked for patience (429, 503), and none succeeded in between, is the host left alone for a
while: for its other feeds too, without a connection being opened for each of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from monitor.errors import BadStatus, FetchError, TimedOut, Unreachable

URLS = 3  # different URLs that must fail in a row before their host is left alone
FIRST_S = 30.0
LONGEST_S = 900.0
MAX_HOSTS = 5_000  # remembered; the longest untouched are forgotten


@dataclass(frozen=True, slots=True)
class HostState:
    """What is held against a host since it last answered.

    ``failed`` are URLs that failed, ``pauses`` how often it was left alone, ``error`` is the latest
    failure. Nothing is asked before ``until``.
    """

    failed: frozenset[str] = frozenset()
    pauses: int = 0
    until: datetime | None = None
    error: FetchError | None = None


def host_after_failure(
    state: HostState, url: str, error: FetchError, *, now: datetime, rng: Random
) -> HostState:
    """What is known of a host after a URL of it failed.

    An error that shows the host alive (404, a body too large) clears what was held against it. The
    pause doubles with each one in a row, with jitter, up to ``LONGEST_S`` or to the longest wait
    the host itself asked for.
    """
    if not speaks_for_host(error):
        return HostState()
    if state.until is not None and now < state.until:
        return state  # a request that was under way when the pause began says nothing new
    failed = state.failed | {url}
    if len(failed) < URLS:
        return HostState(failed, error=error)
    asked = error.retry_after or 0.0 if isinstance(error, BadStatus) else 0.0
    wait = max(min(FIRST_S * 2.0 ** min(state.pauses, 30), LONGEST_S), asked)
    until = now + timedelta(seconds=wait * rng.uniform(1.0, 1.25))
    # When the pause is over one more failure begins the next, and one success ends it all.
    return HostState(frozenset(sorted(failed)[:URLS]), state.pauses + 1, until, error)


def speaks_for_host(error: FetchError) -> bool:
    """Whether a failure may be the whole host's: no answer, or a request for patience."""
    if isinstance(error, BadStatus):
        return error.asks_for_patience
    return isinstance(error, Unreachable | TimedOut)


def paused(state: HostState, url: str, host: str, *, now: datetime) -> FetchError | None:
    """The error to raise for ``url`` instead of asking, while its host is left alone."""
    if state.until is None or state.error is None or now >= state.until:
        return None
    if isinstance(state.error, BadStatus):
        return BadStatus(url, state.error.status, (state.until - now).total_seconds())
    when = f"{state.until:%H:%M:%S} UTC"
    reason = f"{host} is left alone until {when}, for now: {state.error.reason}"
    return type(state.error)(url, reason)


class Hosts:
    """Remembers the hosts that fail. In memory only: after a restart each is given a new chance."""

    def __init__(self, clock: Callable[[], datetime], rng: Random) -> None:
        self._clock = clock
        self._rng = rng
        self._states: OrderedDict[str, HostState] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states)

    def check(self, host: str, url: str) -> None:
        """Raises the host's latest failure again while it is left alone."""
        state = self._states.get(host)
        error = paused(state, url, host, now=self._clock()) if state else None
        if error is not None:
            raise error

    def succeeded(self, host: str) -> None:
        self._states.pop(host, None)

    def failed(self, host: str, url: str, error: FetchError) -> None:
        before = self._states.get(host, HostState())
        state = host_after_failure(before, url, error, now=self._clock(), rng=self._rng)
        if state == HostState():
            self.succeeded(host)
            return
        self._states[host] = state
        self._states.move_to_end(host)
        while len(self._states) > MAX_HOSTS:
            self._states.popitem(last=False)

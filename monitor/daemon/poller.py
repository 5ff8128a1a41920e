"""Asks the feeds that are due, so many at once as back-pressure allows."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any

from monitor.config import Config
from monitor.daemon.due import due, slots
from monitor.daemon.patience import Patience
from monitor.daemon.stages import Stages
from monitor.model import Feed
from monitor.net import Client, Limits
from monitor.pipeline import POLL_WITHIN_S, WRITERS, Polled, poll_feed
from monitor.store import Store

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
OnPolled = Callable[[Feed, Polled, float], None]


class Poller:
    """The polls of one daemon. ``on_polled`` is told how each ended and how many seconds it took;
    ``spawn`` starts a task whose error somebody hears of."""

    def __init__(
        self,
        config: Config,
        store: Store,
        stages: Stages,
        spawn: Spawn,
        on_polled: OnPolled,
        clock: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self.config = config
        self.waiting = 0  # posts that wait for analysis
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self.held_up: set[str] = set()  # feeds whose last poll the store could not be had for
        self._store = store
        self._stages = stages
        self._spawn = spawn
        self._on_polled = on_polled
        self._clock = clock
        self._patience = patience
        self._rng = random.Random()  # noqa: S311  jitter, not secrets
        self._writers = asyncio.Semaphore(WRITERS)
        self._clients = AsyncExitStack()
        self._client: Client | None = None

    async def __aenter__(self) -> Poller:
        await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._clients.aclose()

    async def change(self, config: Config) -> None:
        """Go on with new settings; polls in hand end with the old ones."""
        before, self.config = self.config, config
        if config.net != before.net:
            await self._open()  # the old client stays open for the polls in hand

    def start_due(self, next_polls: Mapping[str, datetime]) -> None:
        """Start what is due and has a free slot."""
        free = slots(self.config.poll.concurrency, self.waiting) - len(self.in_hand)
        for feed in self._due(next_polls)[: max(free, 0)]:
            self._start(feed, self._poll(feed))

    def start_all(self, stop: asyncio.Event) -> None:
        """Start all that is due now, each in its turn, none after ``stop``."""
        limit = asyncio.Semaphore(self.config.poll.concurrency)

        async def in_turn(feed: Feed) -> None:
            async with limit:
                if not stop.is_set():
                    await self._poll(feed)

        for feed in self._due(self._store.next_polls()):
            self._start(feed, in_turn(feed))

    def overdue(self, next_polls: Mapping[str, datetime]) -> tuple[int, float]:
        """How many feeds wait to be asked, and for how many seconds the longest of them does."""
        waiting, now = self._due(next_polls), self._clock()
        # A feed never asked is not late, it is new.
        late = [(now - next_polls[f.name]).total_seconds() for f in waiting if f.name in next_polls]
        return len(waiting), max([0.0, *late])

    async def _open(self) -> None:
        net = self.config.net
        limits = Limits(contact=net.contact, allow=net.allow, proxy=net.proxy)
        self._client = await self._clients.enter_async_context(Client(limits))

    def _due(self, next_polls: Mapping[str, datetime]) -> list[Feed]:
        feeds = [feed for feed in self.config.feeds if feed.name not in self.in_hand]
        return due(feeds, next_polls, self._clock(), self.config.poll)

    def _start(self, feed: Feed, work: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(work)
        self.in_hand[feed.name] = task
        task.add_done_callback(partial(self._ended, feed.name))

    def _ended(self, name: str, _task: asyncio.Task[None]) -> None:
        del self.in_hand[name]

    async def _poll(self, feed: Feed) -> None:
        assert self._client is not None
        began = time.monotonic()
        rate, now = self.config.poll, self._clock()
        self.held_up.add(feed.name)
        with self._patience.waits(f"feed {feed.name} is asked again"):
            # The poll cuts itself off a little earlier.
            with self._stages.doing("poll", feed.name, most_s=POLL_WITHIN_S + 60):
                polled = await poll_feed(
                    feed, self._store, self._client, rate, now, self._rng, self._writers
                )
            self.held_up.discard(feed.name)
            self._on_polled(feed, polled, time.monotonic() - began)

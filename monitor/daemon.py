"""The long-lived daemon: ticks, polls what is due, works off what is pending, ends cleanly.

APScheduler only ticks. When a feed is due, and what is still to be done for a post, stands in the
store; so stopping at any instant loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.config import Config
from monitor.model import Feed, LinkedPost
from monitor.net import Client, Limits
from monitor.pipeline import Analyser, Polled, poll_feed, work_off
from monitor.show.alerts.alerter import Alerter
from monitor.store import SqliteStore

log = logging.getLogger(__name__)

TICK_S = 1.0
STOP_WITHIN_S = 20.0  # what is in hand may take this long to finish after SIGTERM

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Daemon:
    """One daemon on one store. ``on_linked`` and ``on_polled`` are told what happens."""

    def __init__(
        self,
        config: Config,
        store: SqliteStore,
        analyser: Analyser,
        *,
        on_linked: Callable[[LinkedPost], None] = lambda _: None,
        on_polled: Callable[[Feed, Polled], None] = lambda _feed, _polled: None,
        alerter: Alerter | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._config = config
        self._store = store
        self._analyser = analyser
        self._on_linked = on_linked
        self._on_polled = on_polled
        self._alerter = alerter
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  jitter, not secrets
        self._stop = asyncio.Event()
        self._work = asyncio.Event()
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, Polled] = {}
        self._broken: BaseException | None = None
        self._shown = store.last_seq()

    def stop(self) -> None:
        """Take nothing new in; finish what is in hand."""
        self._stop.set()
        self._work.set()

    async def run(self) -> None:
        """Until :meth:`stop`, SIGTERM or SIGINT. Raises what made going on impossible."""
        self._listen_to_signals()
        async with self._client() as client:
            ticker = AsyncIOScheduler(timezone=UTC)
            ticker.add_job(
                self._start_due,
                "interval",
                seconds=TICK_S,
                args=[client],
                next_run_time=self._clock(),
                coalesce=True,
                misfire_grace_time=None,  # a late tick is still a tick
            )
            ticker.start()
            working = [self._watched(self._work_until_stopped())]
            if self._alerter:
                working.append(self._watched(self._alerter.run(self._stop)))
            await self._stop.wait()
            ticker.shutdown(wait=False)
            await self._finish([*working, *self._polling.values()])
        self._raise_if_broken()

    async def run_once(self) -> Sequence[Polled]:
        """Poll everything due, finish all work, and return the polls that failed."""
        self._listen_to_signals()
        limit = asyncio.Semaphore(self._config.poll.concurrency)
        async with self._client() as client:

            async def one(feed: Feed) -> None:
                async with limit:
                    if not self._stop.is_set():
                        await self._poll(feed, client)

            due = self._due()
            polls = [self._watched(one(feed)) for feed in due]
            self._polling.update(zip((feed.name for feed in due), polls, strict=True))
            stopped = asyncio.create_task(self._stop.wait())
            # _watched keeps their errors.
            everything = asyncio.ensure_future(asyncio.gather(*polls, return_exceptions=True))
            ends: list[asyncio.Future[Any]] = [everything, stopped]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            await self._finish(polls)
            self._polling.clear()
        while not self._stop.is_set() and await self._work_once():
            pass
        self._raise_if_broken()
        if self._alerter and not self._stop.is_set():
            await self._alerter.run_once()
        return list(self._failed.values())

    # polling

    def _client(self) -> Client:
        net = self._config.net
        return Client(Limits(contact=net.contact, allow=net.allow, proxy=net.proxy))

    def _due(self) -> Sequence[Feed]:
        """Feeds to ask now, longest due first."""
        now = self._clock()
        feeds = [feed for feed in self._config.feeds if feed.name not in self._polling]
        states = self._store.feed_states([feed.name for feed in feeds])
        due = [
            (state.next_at or datetime.min.replace(tzinfo=UTC), feed)
            for feed, state in zip(feeds, states, strict=True)
            if state.stopped is None and (state.next_at is None or state.next_at <= now)
        ]
        return [feed for _, feed in sorted(due, key=lambda item: item[0])]

    async def _start_due(self, client: Client) -> None:
        free = self._config.poll.concurrency - len(self._polling)
        for feed in self._due()[: max(free, 0)]:
            if self._stop.is_set():
                return
            task = self._watched(self._poll(feed, client))
            self._polling[feed.name] = task
            task.add_done_callback(partial(self._polled, feed.name))

    def _polled(self, name: str, _task: asyncio.Task[None]) -> None:
        del self._polling[name]

    async def _poll(self, feed: Feed, client: Client) -> None:
        polled = await poll_feed(
            feed, self._store, client, self._config.poll, self._clock(), self._rng
        )
        if polled.error is not None:
            self._failed[feed.name] = polled
        else:
            self._failed.pop(feed.name, None)
        self._on_polled(feed, polled)
        self._work.set()

    # analysing

    async def _work_until_stopped(self) -> None:
        while not self._stop.is_set():
            self._work.clear()
            while not self._stop.is_set() and await self._work_once():
                pass
            try:
                # Postponed posts become due by the clock alone.
                await asyncio.wait_for(self._work.wait(), timeout=5.0)
            except TimeoutError:
                continue

    async def _work_once(self) -> int:
        taken = await asyncio.to_thread(work_off, self._store, self._analyser, self._clock())
        for item in self._store.linked(after_seq=self._shown):
            self._shown = item.seq
            self._on_linked(item)
        return taken

    # ending

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._told_to_stop)

    def _told_to_stop(self) -> None:
        if self._stop.is_set():  # told twice: polls in hand are cut off, they lose nothing
            for task in self._polling.values():
                task.cancel()
        self.stop()

    def _watched(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run ``work``; an error in it (a full disk, a bug) ends the daemon and is told."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_error)
        return task

    def _note_error(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = self._broken or error
            self.stop()

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    async def _finish(self, in_hand: Sequence[asyncio.Task[None]]) -> None:
        if not in_hand:
            return
        _, late = await asyncio.wait(in_hand, timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()
        if late:
            log.warning("%d polls or batches were cut off after %g s", len(late), STOP_WITHIN_S)
            await asyncio.wait(late)

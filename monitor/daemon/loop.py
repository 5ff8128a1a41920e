"""The daemon itself: ticks, polls what is due, has it analysed, shows it, ends cleanly.

APScheduler only ticks. When a feed is due, and what is still to be done for a post, stands in the
store; so stopping at any instant loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.config import Config
from monitor.daemon.deadline import STOP_WITHIN_S, Deadline
from monitor.daemon.house import House
from monitor.daemon.metrics import Metrics
from monitor.daemon.notify import Notifier
from monitor.daemon.patience import Patience
from monitor.daemon.poller import Poller
from monitor.daemon.stages import Stages
from monitor.daemon.worker import STUCK_S, Worker
from monitor.errors import ConfigError, MonitorError, StoreLocked
from monitor.model import Feed, LinkedPost
from monitor.pipeline import Polled
from monitor.show.alerts.alerter import Alerter
from monitor.store import Store

log = logging.getLogger(__name__)

TICK_S = 1.0
LOOK_S = 5.0
HOUSE_S = 3600.0
_ASLEEP_S = 5.0  # a ticker that has not ticked for so long is woken
_READ = 200  # posts read back at once

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Parts:
    """Settings and what was made by them; SIGHUP exchanges all three."""

    config: Config
    worker: Worker  # not started yet
    alerter: Alerter | None = None


Reload = Callable[[], Parts]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Daemon:
    """One daemon on one store. ``on_linked`` and ``on_polled`` are told what happens, ``on_ready``
    that :meth:`run` has loaded the models (feeds are polled before).

    ``reload`` makes the parts anew from the files; it raises :class:`ConfigError` where these are
    wrong.
    """

    def __init__(
        self,
        parts: Parts,
        store: Store,
        *,
        reload: Reload | None = None,
        on_linked: Callable[[LinkedPost], None] = lambda _: None,
        on_polled: Callable[[Feed, Polled], None] = lambda _feed, _polled: None,
        on_ready: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
        notifier: Notifier | None = None,
    ) -> None:
        config = parts.config
        self._store = store
        self._worker = parts.worker
        self._alerter = parts.alerter
        self._reload = reload
        self._on_linked = on_linked
        self._on_polled = on_polled
        self._on_ready = on_ready
        self._clock = clock
        self._notifier = notifier or Notifier()
        self._stop = asyncio.Event()
        self._deadline = Deadline()
        self._work = asyncio.Event()
        self._reload_wanted = asyncio.Event()
        self._next_parts: Parts | None = None
        self._alerts_end = asyncio.Event()
        self._alerting: asyncio.Task[None] | None = None
        self._failed: dict[str, Polled] = {}
        self._broken: BaseException | None = None
        self._shown = store.last_seq()
        self._ticked = time.monotonic()
        self.ready = False  # the models are loaded
        self.beat_at = time.monotonic()
        self.stages = Stages()
        self._patience = Patience()
        self._poller = Poller(
            config, store, self.stages, self._watched, self._polled, clock, self._patience
        )
        self._house = House(config, store, clock)
        self.metrics = Metrics(store, self.stages, clock)

    def stop(self) -> None:
        """Take nothing new in; finish what is in hand by the deadline that begins now."""
        self._deadline.begin()
        self._stop.set()
        self._work.set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop, be it by a signal."""
        return self._stop.is_set()

    async def run(self) -> None:
        """Until :meth:`stop`, SIGTERM or SIGINT. Raises what made going on impossible."""
        self._listen_to_signals()
        async with self._poller:
            ticker = AsyncIOScheduler(timezone=UTC)
            for job, every_s in ((self._tick, TICK_S), (self._keep_house, HOUSE_S)):
                ticker.add_job(
                    job,
                    "interval",
                    seconds=every_s,
                    next_run_time=utc_now(),
                    coalesce=True,
                    misfire_grace_time=None,  # a late tick is still a tick
                )
            ticker.start()
            heart = self._watched(self._beat(ticker))
            looking = self._watched(self._look_now_and_then())
            reloading = self._watched(self._reload_when_told())
            worker = self._watched(self._work_until_stopped())
            self._start_alerts()
            try:
                await self._stop.wait()
            finally:
                self.stop()  # also where we are cancelled
                ticker.shutdown(wait=False)
            self._notifier.stopping()
            if not self.ready:
                worker.cancel()  # what is still being loaded is not needed any more
            for task in (heart, looking, reloading):
                task.cancel()
            self._alerts_end.set()
            await self._deadline.finish([worker, *self._poller.in_hand.values()])
            await self._end_alerts()
            await self._end_workers()
        self._raise_if_broken()

    async def run_once(self) -> list[Polled]:
        """Poll everything due, finish all work; returns the polls that failed. Raises
        :class:`StoreLocked` where the store could not be had for some of it."""
        self._listen_to_signals()
        starting = self._watched(self._start_worker())
        async with self._poller:
            self._poller.start_all(self._stop)
            await self._ended_or_stopped([starting, *self._poller.in_hand.values()])
        await self._ended_or_stopped([self._watched(self._work_all())])
        await self._end_workers()
        if self._alerter and not self._stop.is_set():
            await self._ended_or_stopped([self._watched(self._alerter.run_once())])
        self._raise_if_broken()
        if self._poller.held_up and not self._stop.is_set():
            names = ", ".join(sorted(self._poller.held_up))
            raise StoreLocked(f"the store could not be had for the polls of {names}")
        return list(self._failed.values())

    async def _work_all(self) -> None:
        while not self._stop.is_set() and await self._work_once():
            pass

    # polling

    async def _tick(self) -> None:
        self._ticked = time.monotonic()
        with self._patience.waits("feeds wait"):
            # In a thread: a server that is away may take seconds to say so.
            next_polls = await asyncio.to_thread(self._store.next_polls)
            if not self._stop.is_set():
                self._poller.start_due(next_polls)

    def _polled(self, feed: Feed, polled: Polled, took_s: float) -> None:
        if polled.error is not None:
            self._failed[feed.name] = polled
        else:
            self._failed.pop(feed.name, None)
        self.metrics.polled(feed, polled, took_s)
        self._on_polled(feed, polled)
        self._work.set()

    # analysing

    async def _start_worker(self) -> None:
        with self.stages.doing("analysis", "loading its models", most_s=STUCK_S):
            await self._worker.start()
        self.ready = True

    async def _work_until_stopped(self) -> None:
        await self._start_worker()
        self._notifier.ready()
        self._on_ready()
        while not self._stop.is_set():
            self._work.clear()
            await self._take_over()
            with self._patience.waits("analysing waits"):
                while not self._stop.is_set() and await self._work_once():
                    await self._take_over()
            try:
                # Postponed posts become due by the clock alone.
                async with asyncio.timeout(LOOK_S):
                    await self._work.wait()
            except TimeoutError:
                continue

    async def _work_once(self) -> int:
        began = time.monotonic()
        # The worker cuts itself off a little earlier.
        with self.stages.doing("analysis", most_s=STUCK_S + 60):
            taken = await self._worker.work(self._clock())
        self.metrics.analysed(taken, time.monotonic() - began, self._worker.restarts)
        await self._show_new()
        return taken

    async def _show_new(self) -> None:
        while True:
            # In a thread: a few hundred posts take a tenth of a second to read.
            found = await asyncio.to_thread(self._read, self._shown)
            for item in found:
                self._shown = item.seq
                self.metrics.linked(item)
                self._on_linked(item)
            if len(found) < _READ:
                return

    def _read(self, after: int) -> list[LinkedPost]:
        return list(self._store.linked(after_seq=after, limit=_READ))

    # settings

    def reload_settings(self) -> None:
        """Read settings and events again; go on with the old ones where the new are wrong."""
        self._reload_wanted.set()

    async def _reload_when_told(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            if self._reload is not None:
                self._notifier.reloading()
                await self._renew(self._reload)
                self._notifier.ready()

    async def _renew(self, reload: Reload) -> None:
        try:
            parts = await asyncio.to_thread(reload)
            with self.stages.doing("reload", most_s=STUCK_S):
                await parts.worker.start()
        except ConfigError as error:
            for problem in error.problems:
                log.error("not reloaded, the settings in use are kept: %s", problem)  # noqa: TRY400
            return
        except MonitorError as error:
            log.error("not reloaded, the settings in use are kept: %s", error)  # noqa: TRY400
            return
        if self._next_parts is not None:  # told again before the first were put to work
            await self._next_parts.worker.stop(STOP_WITHIN_S)
        self._next_parts = parts
        self._work.set()

    async def _take_over(self) -> None:
        """Between two batches: go on with the parts that were made anew."""
        if self._next_parts is None:
            return
        parts, self._next_parts = self._next_parts, None
        old, self._worker = self._worker, parts.worker
        await old.stop(STOP_WITHIN_S)
        await self._poller.change(parts.config)
        self._house.config = parts.config
        await self._end_alerts()
        self._alerter = parts.alerter
        self._start_alerts()
        log.warning("settings and events are reloaded: %d feeds", len(parts.config.feeds))

    async def _end_workers(self) -> None:
        if self._next_parts is not None:
            await self._next_parts.worker.stop(self._deadline.left_s)
        await self._worker.stop(self._deadline.left_s if self.ready else 0)

    # alerts

    def _start_alerts(self) -> None:
        if self._alerter is not None:
            self._alerts_end = asyncio.Event()
            self._alerting = self._watched(self._alert(self._alerter, self._alerts_end))

    async def _alert(self, alerter: Alerter, end: asyncio.Event) -> None:
        while not end.is_set():
            with self._patience.waits("alerts wait"):
                await alerter.run(end)
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), TICK_S)

    async def _end_alerts(self) -> None:
        if self._alerting is not None:
            self._alerts_end.set()
            await self._deadline.finish([self._alerting])
            self._alerting = None

    # looking after ourselves

    async def _beat(self, ticker: AsyncIOScheduler) -> None:
        """Every second by a clock that nobody sets; APScheduler's own may be set back a day.

        Waits for nothing else, above all not for the store: it shows that the loop turns.
        """
        told_at = -LOOK_S
        while True:
            began = time.monotonic()
            await asyncio.sleep(TICK_S)
            self.beat_at = now = time.monotonic()
            self.metrics.beat(now - began - TICK_S)
            if now - self._ticked > _ASLEEP_S:
                log.warning("the clock was set: ticking again")
                for job in ticker.get_jobs():
                    job.modify(next_run_time=utc_now())
                self._ticked = now
            if now - told_at >= LOOK_S:
                told_at = now
                self._notifier.alive(
                    f"{len(self._poller.config.feeds)} feeds, {len(self._failed)} in trouble, "
                    f"{self._poller.waiting} posts waiting"
                )

    async def _look_now_and_then(self) -> None:
        while True:
            with self._patience.waits("the queues are not known"):
                await self._look()
            for item in self.stages.newly_stuck():
                log.error("stuck: %s", item)
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        queues = await asyncio.to_thread(self._store.queues, self._clock())
        next_polls = await asyncio.to_thread(self._store.next_polls)
        self._poller.waiting = sum(queue.posts for queue in queues if queue.stage == "analysis")
        self.metrics.overdue = self._poller.overdue(next_polls)

    async def _keep_house(self) -> None:
        with (
            self.stages.doing("house", most_s=HOUSE_S),
            self._patience.waits("keeping house waits an hour"),
        ):
            self.metrics.quiet = await asyncio.to_thread(self._house.keep)

    # ending

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._told_to_stop)
        if self._reload is not None:
            loop.add_signal_handler(signal.SIGHUP, self.reload_settings)

    def _told_to_stop(self) -> None:
        if self._stop.is_set():  # told twice: polls in hand are cut off, they lose nothing
            for task in self._poller.in_hand.values():
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

    async def _ended_or_stopped(self, in_hand: Sequence[asyncio.Task[None]]) -> None:
        """Until all have ended (_watched keeps their errors) or, told to stop, are finished."""
        stopped = asyncio.ensure_future(self._stop.wait())
        everything = asyncio.ensure_future(asyncio.gather(*in_hand, return_exceptions=True))
        ends: list[asyncio.Future[Any]] = [everything, stopped]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self._stop.is_set() and not self.ready:
            in_hand[0].cancel()  # what is still being loaded is not needed any more
        await self._deadline.finish(in_hand)

"""Alerts over a store: rounds are made and kept, and what is in the outbox is sent.

The store is asked in threads only: where another program holds it, writing waits for seconds, and
the event loop is the daemon's.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from monitor.errors import AlertError, MonitorError, StoreError
from monitor.model import Filter, LinkedPost
from monitor.show.alerts import notes
from monitor.show.alerts.outbox import Entry, failed, hopeless
from monitor.show.alerts.rounds import Changes, Read, Story, emerge, look, tell
from monitor.show.alerts.send import deliver
from monitor.show.alerts.settings import Rule

log = logging.getLogger(__name__)

TICK_S = 1.0
STORIES_EVERY = timedelta(minutes=10)
TIDY_EVERY = timedelta(hours=1)
KEPT_FOR = timedelta(days=30)  # what was met, what was sent, and what never could be
STOP_WITHIN_S = 5.0
BATCH = 500
NEVER = datetime.min.replace(tzinfo=UTC)
EVERYTHING = Filter(others=True)


class Kept(Read, Protocol):
    """What alerting needs of a store."""

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]: ...
    def note(self, changes: Mapping[str, str | None], now: datetime) -> None: ...
    def forget_notes(self, prefix: str, before: datetime) -> int: ...
    def last_seq(self) -> int: ...


def no_stories() -> Sequence[Story]:
    return ()


class Alerter:
    """The one alerter of a store, run by its daemon. All times are UTC.

    ``started`` is when the monitor was started: what comes in a rule's ``grace`` after it is told
    together. ``stories`` finds emerging stories; it may take seconds and runs in a thread.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        store: Kept,
        started: datetime,
        *,
        stories: Callable[[], Sequence[Story]] = no_stories,
        env: Mapping[str, str] = os.environ,
        proxy: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rules = {rule.name: rule for rule in rules}
        self._store = store
        self._started = started
        self._stories = stories
        self._env, self._proxy, self._clock = env, proxy, clock
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._patience: dict[str, datetime] = {}  # until when a channel that failed is left alone
        self._unnoted: Changes = {}  # results of deliveries that are still to be kept
        self._noting = asyncio.Lock()
        self._stories_at = self._tidy_at = NEVER

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; deliveries in hand then have a few seconds more."""
        while not stop.is_set():
            await self.step()
            try:
                await asyncio.wait_for(stop.wait(), TICK_S)
            except TimeoutError:
                continue
        if self._sending:
            _, late = await asyncio.wait(self._sending.values(), timeout=STOP_WITHIN_S)
            for task in late:  # nothing is lost: it stands in the outbox
                task.cancel()

    async def run_once(self) -> None:
        """Look at everything new, tell what is due, and try each delivery that is due once."""
        await self.step()
        while self._sending:
            await asyncio.wait(self._sending.values())
            await asyncio.sleep(0)  # their callbacks
            await self._start_sending(self._clock())

    async def step(self) -> None:
        """One round. Deliveries are begun, not awaited: none holds up the others."""
        now = self._clock()
        await asyncio.to_thread(self._decide, now)
        await self._start_sending(now)

    def _decide(self, now: datetime) -> None:
        """Put into the outbox what is to be told."""
        emerging = [rule for rule in self._rules.values() if rule.kind == "emerging"]
        if emerging and now - self._stories_at >= STORIES_EVERY:
            self._stories_at = now
            self._keep(emerge(emerging, self._store, self._stories(), now), now)
        self._look(now)
        self._keep(tell(self._rules, self._store, self._started, now), now)
        if now - self._tidy_at >= TIDY_EVERY:
            self._tidy_at = now
            for prefix in (notes.SEEN, notes.DOCUMENT, notes.SENT, notes.FAILED):
                self._store.forget_notes(prefix, now - KEPT_FOR)

    def begin(self) -> int:
        """Remember where to begin: what the store has before its first rule is not told.

        Returns how far the changes of the store have been looked at. Called by every round; to be
        called first where posts come before the first round.
        """
        now = self._clock()
        keys = [notes.key("began", name) for name in self._rules]
        known = self._store.noted([*keys, notes.CURSOR])
        begun: Changes = {key: notes.dump(now) for key in keys if key not in known}
        if notes.CURSOR not in known:
            begun[notes.CURSOR] = str(self._store.last_seq())
        self._keep(begun, now)
        return int(self._store.notes(notes.CURSOR)[notes.CURSOR])

    def _look(self, now: datetime) -> None:
        cursor = self.begin()
        while posts := list(self._store.linked(EVERYTHING, after_seq=cursor, limit=BATCH)):
            cursor = posts[-1].seq
            changes = look(self._rules.values(), self._store, posts, now)
            self._store.note(changes | {notes.CURSOR: str(cursor)}, now)

    def _keep(self, changes: Mapping[str, str | None], now: datetime) -> None:
        if changes:
            self._store.note(changes, now)

    # sending

    async def _start_sending(self, now: datetime) -> None:
        """Begin what is due, one delivery at a time to each channel."""
        # What these have in hand may be read from the outbox a moment before it leaves it.
        busy = frozenset(self._sending)
        await self._keep_results()
        entries = await asyncio.to_thread(notes.every, self._store, Entry, notes.OUTBOX)
        due: dict[str, list[Entry]] = {}
        for entry in sorted(entries.values(), key=lambda entry: entry.next_at):
            if max(entry.next_at, self._patience.get(entry.channel, NEVER)) <= now:
                due.setdefault(entry.channel, []).append(entry)
        for channel, some in due.items():
            if channel not in busy:
                self._sending[channel] = asyncio.create_task(self._send_all(some))
                self._sending[channel].add_done_callback(partial(self._sent, channel))

    def _sent(self, channel: str, _task: asyncio.Task[None]) -> None:
        del self._sending[channel]

    async def _send_all(self, entries: Sequence[Entry]) -> None:
        """Send to one channel. Where it fails once, the others wait as long as that one."""
        for entry in entries:
            after = await self._send(entry)
            try:
                await self._keep_results()
            except StoreError as error:  # kept in mind, and not sent again, until it can be noted
                log.warning("alert %s: its delivery is not noted yet: %s", entry.alert_id, error)
            self._patience[entry.channel] = after
            if after > self._clock():
                return

    async def _send(self, entry: Entry) -> datetime:
        """Try one delivery; answers when its channel can be tried again."""
        try:
            await self._deliver(entry)
        except MonitorError as error:
            tried = failed(entry, error, self._clock())
        except Exception as error:  # a bug must not end the daemon, nor lose the alert
            log.exception("alert %s failed in a way nobody thought of", entry.alert_id)
            tried = failed(entry, AlertError(f"a bug in us: {error!r}"), self._clock())
        else:
            now = self._clock()
            done = replace(entry, attempts=entry.attempts + 1, last_error=None, next_at=now)
            sent = {notes.OUTBOX: None, notes.DOCUMENT: None, notes.SENT: notes.dump(done)}
            self._unnoted |= {prefix + entry.key: doc for prefix, doc in sent.items()}
            return NEVER
        self._unnoted |= _refused(tried, self._clock())
        return tried.next_at

    async def _keep_results(self) -> None:
        async with self._noting:
            kept = dict(self._unnoted)
            await asyncio.to_thread(self._keep, kept, self._clock())
            # Meanwhile other deliveries may have ended.
            for key in kept:
                if self._unnoted[key] == kept[key]:
                    del self._unnoted[key]

    async def _deliver(self, entry: Entry) -> None:
        rule = self._rules.get(entry.rule)
        channel = (
            next((each for each in rule.to if each.id == entry.channel), None) if rule else None
        )
        if channel is None:
            raise AlertError(f"{entry.label}: no longer in the settings")
        name = notes.DOCUMENT + entry.key
        document = (await asyncio.to_thread(self._store.notes, name))[name]
        await deliver(channel, entry, document, self._clock(), env=self._env, proxy=self._proxy)


def _refused(entry: Entry, now: datetime) -> Changes:
    """The notes after a try that failed."""
    if hopeless(entry, now):
        log.error("alert %s to %s is given up: %s", entry.alert_id, entry.label, entry.last_error)
        return {notes.OUTBOX + entry.key: None, notes.FAILED + entry.key: notes.dump(entry)}
    log.warning("alert %s is not sent yet: %s", entry.alert_id, entry.last_error)
    return {notes.OUTBOX + entry.key: notes.dump(entry)}

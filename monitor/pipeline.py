"""The way a post takes: fetched → kept → language → English → event → kept.

::

    poll_feed     what is due is fetched, politely, and kept at once with the feed's new state
    analyse       what it says · in English · which event            (monitor.analyser; in batches)
    work_off      pending posts, then owed translations → analyse → kept; one bad post never holds
                  up the others

What is still to be done for a post is state in the store. ``kill -9`` at any instant loses nothing.

The daemon polls and its analysing process works off, and neither needs what the other stands on:
HTTP and the sources here, models and numpy there, 20 MB each.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.config import PollRate
from monitor.errors import MonitorError, ParseError, StoreError
from monitor.model import Feed, FeedState
from monitor.store import PendingPost, Recorded, Store

if TYPE_CHECKING:
    from monitor.analyser import Analyser
    from monitor.net import Fetch

log = logging.getLogger(__name__)

BATCH = 64  # posts analysed together
WRITERS = 3  # polls that write at once: threads are few, and a locked store holds each up
POLL_WITHIN_S = 900.0  # a poll with many articles on one slow host takes minutes


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll of one feed ended: what it brought, or why it failed."""

    state: FeedState
    recorded: Recorded = field(default_factory=Recorded)
    warnings: tuple[str, ...] = ()
    error: MonitorError | None = None


async def poll_feed(
    feed: Feed,
    store: Store,
    client: Fetch,
    rate: PollRate,
    now: datetime,
    rng: random.Random,
    writers: asyncio.Semaphore,
) -> Polled:
    """Ask one feed once and keep what it brings, with the time to ask it next. ``writers`` is
    shared by all polls (:data:`WRITERS`)."""
    from monitor import sources
    from monitor.net.schedule import after_failure, after_success

    (state,) = store.feed_states([feed.name])
    every_s, at_least_s = rate.every, rate.at_least
    try:
        async with asyncio.timeout(POLL_WITHIN_S) as limit:
            poll = await sources.poll(feed, sources.Context(client, now, state, store.unopened))
    except StoreError:
        raise
    except Exception as error:
        if isinstance(error, MonitorError):
            told = error
        elif limit.expired():
            told = ParseError(f"the poll was stuck and cut off after {POLL_WITHIN_S:.0f} s")
        else:
            told = ParseError(f"a bug in us: {error!r}")
            log.exception("polling feed %s failed in a way nobody thought of", feed.name)
        state = after_failure(state, told, now=now, every_s=every_s, at_least_s=at_least_s, rng=rng)
        async with writers:
            await asyncio.to_thread(store.save_feed_state, state)
        return Polled(state, error=told)
    published = [post.published_at for post in poll.posts if post.published_at]
    state = after_success(
        poll.state,
        now=now,
        published=published,
        every_s=every_s,
        at_least_s=at_least_s,
        rng=rng,
        not_modified=poll.not_modified,
    )
    if poll.not_before and state.next_at and poll.not_before > state.next_at:
        state = replace(state, next_at=poll.not_before)  # the server asked for patience
    # In a thread: writing waits its turn, and other polls must not wait with it.
    async with writers:
        recorded = await asyncio.to_thread(
            store.record_poll, state, poll.posts, now, pages=poll.pages, deleted=poll.deleted
        )
    return Polled(state, recorded, poll.warnings)


def work_off(
    store: Store,
    analyser: Analyser,
    now: datetime,
    batch: int = BATCH,
    *,
    on_taken: Callable[[Sequence[PendingPost]], None] = lambda _: None,
) -> int:
    """Analyse one batch of pending posts, or, where there are none, of posts whose translation is
    owed and can be made now. Returns how many were taken up; ``on_taken`` is told which before
    anything is done to them."""
    analyser.renew(now)
    pending = store.pending(batch, now)
    hurry = len(pending) == batch or (bool(pending) and analyser.translator.slow())
    if not pending:
        pending = store.owed(analyser.translator.languages(), batch, now)
    # Shown in the order they were published, whatever order they were picked in.
    pending.sort(key=lambda item: item.post.at)
    if not pending:
        return 0
    on_taken(pending)
    try:
        done = analyser.analyse([item.post for item in pending], now, hurry=hurry)
    except StoreError:
        raise
    except Exception:  # one post of the batch is at fault: find it, spare the others
        log.exception("analysing %d posts together failed; trying each alone", len(pending))
        for item in pending:
            on_taken([item])
            _alone(store, analyser, item, now)
    else:
        remembered = analyser.remembered([item.post for item in pending])
        store.save_analyses(list(zip(pending, done, strict=True)), remembered)
    return len(pending)


def _alone(store: Store, analyser: Analyser, item: PendingPost, now: datetime) -> None:
    try:
        (analysis,) = analyser.analyse([item.post], now)
    except StoreError:
        raise
    except Exception as error:  # kept, tried again, and named: a bug must not stop the rest
        wait = wait_after(item.attempts)
        log.exception("post %s cannot be analysed; next try in %s", item.post.id, wait)
        reason = f"{type(error).__name__}: {error}"
        store.postpone(item.post.id, item.version, reason, now + wait)
    else:
        store.save_analyses([(item, analysis)], analyser.remembered([item.post]))


def wait_after(attempts: int) -> timedelta:
    """How long a post that cannot be analysed waits, after this many failures before."""
    return timedelta(minutes=min(2 ** min(attempts, 11), 24 * 60))

"""The way a post takes: fetched → kept → language → English → event → kept.

::

    poll_feed     what is due is fetched, politely, and kept at once with the feed's new state
    analyse       what it says · in English · which event            (pure, in batches)
    work_off      pending posts, then owed translations → analyse → kept; one bad post never holds
                  up the others

What is still to be done for a post is state in the store. ``kill -9`` at any instant loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import compress

from monitor import sources
from monitor.config import PollRate
from monitor.errors import MonitorError, ParseError, StoreError
from monitor.link import Linker, LinkInput
from monitor.model import Analysis, Feed, FeedState, Post, Translation
from monitor.net import Fetch
from monitor.net.schedule import after_failure, after_success
from monitor.store import PendingPost, Recorded, Store
from monitor.text.language import LanguageDetector
from monitor.text.near import NearDuplicates
from monitor.text.places import Gazetteer
from monitor.translate import LATER, TranslationRequest, Translator, Untranslated

log = logging.getLogger(__name__)

BATCH = 64  # posts analysed together
POLL_WITHIN_S = 900.0  # a poll with many articles on one slow host takes minutes


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll of one feed ended: what it brought, or why it failed."""

    state: FeedState
    recorded: Recorded = field(default_factory=Recorded)
    warnings: tuple[str, ...] = ()
    error: MonitorError | None = None


async def poll_feed(
    feed: Feed, store: Store, client: Fetch, rate: PollRate, now: datetime, rng: random.Random
) -> Polled:
    """Ask one feed once and keep what it brings, with the time to ask it next."""
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
    recorded = await asyncio.to_thread(
        store.record_poll, state, poll.posts, now, pages=poll.pages, deleted=poll.deleted
    )
    return Polled(state, recorded, poll.warnings)


@dataclass(frozen=True, slots=True)
class Analyser:
    """What it takes to find out what posts say. ``analyse`` is a decision over values."""

    detector: LanguageDetector
    gazetteer: Gazetteer
    translator: Translator
    linker: Linker
    near: NearDuplicates
    followed: frozenset[str]
    keep_others: bool = False
    renew: Callable[[datetime], None] = lambda _: None  # takes in what people changed meanwhile

    def analyse(
        self, posts: Sequence[Post], now: datetime, *, hurry: bool = False
    ) -> list[Analysis]:
        """One analysis a post, in order. In a ``hurry``, posts whose link is sure without a
        translation do not wait for one: it is owed to them."""
        languages = self.detector.detect_many(
            [post.full_text for post in posts], [post.language_tag for post in posts]
        )
        places = [
            self.gazetteer.find(post.full_text, language.base, author=_named(post))
            for post, language in zip(posts, languages, strict=True)
        ]
        inputs = [
            LinkInput(post, language, None, found, parent_titles(post))
            for post, language, found in zip(posts, languages, places, strict=True)
        ]
        translated = self._translate(inputs, hurry=hurry)
        inputs = [
            item if isinstance(said, Untranslated) else self._told(item, said)
            for item, said in zip(inputs, translated, strict=True)
        ]
        links = self.linker.link_many(inputs)
        return [
            Analysis(
                language=item.language,
                translation=item.translation,
                places=item.places,
                links=linked,
                warnings=(said.reason,) if isinstance(said, Untranslated) and said.reason else (),
                # A text without language (a photo, a bare reference) is nobody else's either.
                followed=self.keep_others or item.language.base in {*self.followed, "und"},
                duplicate_of=self.near.add(item.post.id, item.post.full_text, item.post.at),
                translate_after=_owed(item.post, said, now),
            )
            for item, linked, said in zip(inputs, links, translated, strict=True)
        ]

    def remembered(self, posts: Sequence[Post]) -> dict[str, bytes]:
        """What the linker remembers of posts just analysed, for the store."""
        return self.linker.remembered([post.id for post in posts])

    def _told(self, item: LinkInput, english: Translation) -> LinkInput:
        """``item`` with its translation: the countries named there help to tell towns apart."""
        text, language = item.post.full_text, item.language.base
        places = self.gazetteer.find(text, language, english.text, author=_named(item.post))
        return replace(item, translation=english, places=places)

    def _translate(
        self, items: Sequence[LinkInput], *, hurry: bool
    ) -> list[Translation | Untranslated]:
        """What each item's text is in English, or why there is none."""
        asked = [TranslationRequest(i.post.full_text, i.language, i.places) for i in items]
        said = self.translator.at_hand(asked)
        wanted = [n for n, answer in enumerate(said) if answer == LATER]
        if hurry and wanted:
            links = self.linker.link_many([items[n] for n in wanted])
            unsure = [not any(link.status == "confirmed" for link in found) for found in links]
            wanted = list(compress(wanted, unsure))
        # The newest first: where the budget of the hour ends, the older ones wait.
        wanted.sort(key=lambda n: items[n].post.at, reverse=True)
        made = self.translator.translate_many([asked[n] for n in wanted])
        for n, answer in zip(wanted, made, strict=True):
            said[n] = answer
        return said


def parent_titles(post: Post) -> tuple[str, ...]:
    """What the pages and posts are called in which ``post`` was found."""
    return tuple(parent.title for parent in post.parents if parent.title)


def _owed(post: Post, said: Translation | Untranslated, now: datetime) -> datetime | None:
    """When to try again to translate: at its turn; in a minute where a model, a server or budget
    is wanting (``Translator.languages`` says when it is there); after half the time since it was
    collected, at most a day, where the engine failed on this very text."""
    if isinstance(said, Translation) or not said.retry:
        return None
    if said == LATER:
        return now
    soon, half = timedelta(minutes=1), (now - post.collected_at) / 2
    return now + (min(max(half, soon), timedelta(days=1)) if said.failed else soon)


def _named(post: Post) -> str:
    """Author's name and handle: a hashtag that repeats them signs the post, it names no place."""
    return " ".join(part for part in (post.author.name, post.author.handle) if part)


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

"""What is kept, as one protocol. SQLite (``sqlite/``) or PostgreSQL (``postgres/``) keeps it; what
both can be asked alike is said once, in ``sqlstore.py``.

What is still to be done for a post is state in the store, never in memory. Every method that writes
does so in one transaction. All raise :class:`~monitor.errors.StoreError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import Analysis, Decision, FeedState, Filter, Link, LinkedPost, Post, Translation

REMEMBERED = 8192  # posts, as many as the linker compares a new one with
LONGEST_WAIT = timedelta(days=2)  # no post is put off for longer


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one poll brought. ``seen`` counts posts that were there already, unchanged."""

    new: int = 0
    edited: int = 0
    seen: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class PendingPost:
    """A post whose current version has not been analysed yet."""

    post: Post
    version: int  # counts from 1; the analysis must name the version it belongs to
    attempts: int  # how often analysing it has failed


@dataclass(frozen=True, slots=True)
class Queue:
    """Posts that wait for one stage, and since when the longest-waiting does."""

    stage: str  # analysis: due now; retry: put off after a failure
    posts: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Owed:
    """Analysed posts in one followed language (base code) that are still to be translated, because
    there is no model, no server or no time for it yet; since when the longest-waiting is here."""

    language: str
    posts: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """How a feed published in the last four weeks, by the publication times of its posts."""

    posts: int = 0
    per_day: float = 0.0  # over the last week, or since its first post
    last_at: datetime | None = None
    longest_gap: timedelta | None = None  # between two posts


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of things, for ``status`` and the feed's header."""

    posts: int
    pending: int
    linked: int
    oldest_pending_at: datetime | None  # when the longest-waiting post was collected


class Store(Protocol):
    """Feeds, posts with their versions, analyses, decisions and the translation cache."""

    def close(self) -> None: ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the store as its one daemon. Raises :class:`~monitor.errors.StoreBusy` where there
        is one already. It ends with the process, however that ends."""

    def held(self) -> bool:
        """Whether a daemon runs on the store."""

    # feeds

    def next_polls(self) -> Mapping[str, datetime]:
        """When each feed the store knows is asked next. At once: the beginning of time; never,
        because it ended: the end of time."""

    def feed_states(self, names: Sequence[str]) -> list[FeedState]:
        """The state of each feed, in the order asked for; a fresh one where it is new."""

    def save_feed_state(self, state: FeedState) -> None:
        """Keep a state alone: after a failed poll."""

    def record_poll(
        self,
        state: FeedState,
        posts: Sequence[Post],
        now: datetime,
        *,
        pages: Sequence[str] = (),
        deleted: Sequence[str] = (),
    ) -> Recorded:
        """Keep what a poll found, and the feed's new state, together or not at all."""

    def unopened(self, urls: Sequence[str]) -> list[str]:
        """Those article pages that no poll has recorded as opened."""

    # posts

    def pending(self, limit: int, now: datetime) -> list[PendingPost]:
        """Posts to analyse: mostly the newest, one in four the longest-waiting."""

    def owed(self, languages: Collection[str], limit: int, now: datetime) -> list[PendingPost]:
        """Analysed posts in ``languages`` (base codes) whose translation is owed
        (``Analysis.translate_after``) and due, the newest first."""

    def save_analyses(
        self,
        done: Sequence[tuple[PendingPost, Analysis]],
        remembered: Mapping[str, bytes] | None = None,
    ) -> None:
        """Keep what was found out. A post edited meanwhile stays pending. ``remembered`` is what
        the linker remembers of them, by id; it is kept of the last ``REMEMBERED`` posts."""

    def remembered(self, after_seq: int = -1) -> Iterator[tuple[str, bytes]]:
        """What the linker remembers of posts that changed since then, by id; those first linked
        longest ago come first."""

    def postpone(self, post_id: str, version: int, reason: str, until: datetime) -> None:
        """Analysing it failed: try again later."""

    def reanalyse(self, since: datetime | None = None) -> int:
        """Mark posts as pending again, after events or models changed. Returns how many."""

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]:
        """Analysed posts in the order of their last change, in constant memory."""

    def latest(
        self, which: Filter | None = None, *, before_seq: int | None = None, limit: int = 50
    ) -> list[LinkedPost]:
        """Analysed posts, the last changed first; ``before_seq`` goes on where a page ended."""

    def get(self, post_id: str) -> LinkedPost | None: ...

    def recent(self, window: timedelta, limit: int | None = None) -> Iterator[Post]:
        """The newest analysed posts, at most ``limit`` and none published longer than ``window``
        before the newest; oldest first."""

    def versions(self, post_id: str) -> list[Post]:
        """Every text the post has had, oldest first."""

    # people

    def find_links(self, begin: str, limit: int = 100) -> list[Link]:
        """The links of analysed posts whose id begins so, as people decided; from an index. Of very
        many, those of ``limit`` posts."""

    def decide(self, decision: Decision) -> None: ...

    def decisions(self) -> Iterator[Decision]:
        """All decisions ever taken, oldest first."""

    def last_decision(self) -> int:
        """The number of the latest decision, 0 before the first: cheap to ask again and again."""

    # translations, by a key the translate room makes

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]: ...

    def put_many(self, items: Mapping[str, Translation]) -> None: ...

    # notes: small JSON documents by key, for rooms whose work must survive a restart

    def notes(self, prefix: str) -> Mapping[str, str]:
        """All notes whose key begins with ``prefix``, in the order of their keys."""

    def noted(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` that have a note."""

    def note(self, changes: Mapping[str, str | None], now: datetime) -> None:
        """Keep all of ``changes`` or none; ``None`` removes a note."""

    def forget_notes(self, prefix: str, before: datetime) -> int:
        """Drop notes under ``prefix`` that were last written before then. Returns how many."""

    # keeping house

    def prune(self, before: datetime, limit: int = 500) -> int:
        """Drop the posts collected longest ago, before ``before``, at most ``limit``. Returns how
        many. Posts that wait for analysis, or that a person decided about, stay; a dropped post
        does not come back when a feed shows it again."""

    # numbers

    def counts(self) -> Counts: ...

    def last_seq(self) -> int:
        """The place of the latest change, 0 before the first; unlike :meth:`counts` at no cost."""

    def queues(self, now: datetime) -> list[Queue]:
        """What waits, a stage each."""

    def owed_translations(self) -> list[Owed]:
        """Which languages' posts wait for a translation."""

    def feed_figures(self, name: str, now: datetime) -> FeedFigures:
        """How the feed called ``name`` is used to publish."""

    def size(self) -> int:
        """Bytes in use; what was freed inside the files is not counted."""

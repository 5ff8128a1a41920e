"""A store in SQL, whatever database keeps it: SQLite and PostgreSQL each add how to connect to it,
their schema, and a :class:`~monitor.store.sql.Dialect`.

Times are seconds since 1970 in columns that are compared, ISO 8601 inside the JSON documents.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta

from monitor.errors import StoreError
from monitor.model import (
    Analysis,
    Decision,
    FeedState,
    Filter,
    Link,
    LinkedPost,
    Post,
    Translation,
    link_id,
)
from monitor.store import figures, notes, recording, retention, rows
from monitor.store.base import (
    LONGEST_WAIT,
    Counts,
    FeedFigures,
    Owed,
    PendingPost,
    Queue,
    Recorded,
)
from monitor.store.codec import dump, load
from monitor.store.sql import EVERYTHING, Connection, Dialect, each_of


class SqlStore(ABC):
    """All of a :class:`~monitor.store.base.Store` that can be said in SQL."""

    name: str  # what it is called in messages
    dialect: Dialect

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Connection]:
        """All that is written inside, or nothing; one writer at a time. Raises
        :class:`StoreError`."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection to read from; never waits for writers. Raises :class:`StoreError`."""

    # feeds

    def next_polls(self) -> Mapping[str, datetime]:
        with self.reading() as db:
            return figures.next_polls(db, self.dialect.next_polls)

    def feed_states(self, names: Sequence[str]) -> list[FeedState]:
        with self.reading() as db:
            ask = "SELECT name, state FROM feeds WHERE name IN ({})"
            known = {row["name"]: row["state"] for row in each_of(db, ask, names)}
        return [
            load(FeedState, known[name]) if name in known else FeedState(name) for name in names
        ]

    def save_feed_state(self, state: FeedState) -> None:
        with self.transaction() as db:
            recording.put_state(db, state)

    def record_poll(
        self,
        state: FeedState,
        posts: Sequence[Post],
        now: datetime,
        *,
        pages: Sequence[str] = (),
        deleted: Sequence[str] = (),
    ) -> Recorded:
        # Most of a feed was there before. That is found out without holding up other writers.
        with self.reading() as db:
            news = recording.news(db, state.feed, posts)
        counts = {"new": 0, "edited": 0, "seen": len(posts) - len(news)}
        with self.transaction() as db:
            for post in news:
                counts[recording.record(db, state.feed, post)] += 1
            gone = sum(recording.mark_deleted(db, post_id, now) for post_id in deleted)
            db.executemany(
                "INSERT INTO pages VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(url, now.timestamp()) for url in pages],
            )
            recording.put_state(db, state)
        return Recorded(**counts, deleted=gone)

    def unopened(self, urls: Sequence[str]) -> list[str]:
        with self.reading() as db:
            ask = "SELECT url FROM pages WHERE url IN ({})"
            opened = {row["url"] for row in each_of(db, ask, urls)}
        return [url for url in urls if url not in opened]

    # posts

    def pending(self, limit: int, now: datetime) -> list[PendingPost]:
        # Fresh posts first, but a quarter of every batch goes to those that wait longest.
        oldest = limit // 4
        ask = (
            "SELECT n, doc, version, attempts FROM posts WHERE pending = 1"
            " AND (not_before <= :now OR not_before > :absurd) ORDER BY at {} LIMIT :limit"
        )
        # Put off for longer than anything is: the clock had jumped ahead and came back.
        times = {"now": now.timestamp(), "absurd": (now + LONGEST_WAIT).timestamp()}
        with self.reading() as db:
            found = db.execute(ask.format("DESC"), {**times, "limit": limit - oldest}).fetchall()
            found += db.execute(ask.format("ASC"), {**times, "limit": oldest}).fetchall()
        once = {row["n"]: row for row in found}
        return [
            PendingPost(load(Post, row["doc"]), row["version"], row["attempts"])
            for row in once.values()
        ]

    def owed(self, languages: Collection[str], limit: int, now: datetime) -> list[PendingPost]:
        with self.reading() as db:
            return rows.select_owed(db, sorted(languages), limit, now)

    def save_analyses(
        self,
        done: Sequence[tuple[PendingPost, Analysis]],
        remembered: Mapping[str, bytes] | None = None,
    ) -> None:
        with self.transaction() as db:
            for item, analysis in done:
                rows.save_analysis(db, self.dialect, item, analysis)
            if remembered:
                rows.remember(db, remembered)

    def remembered(self, after_seq: int = -1) -> Iterator[tuple[str, bytes]]:
        ask = rows.REMEMBERED_SINCE
        with self.reading() as db, closing(db.stream(ask, (after_seq,))) as found:
            for row in found:
                yield row["post_id"], row["doc"]

    def postpone(self, post_id: str, version: int, reason: str, until: datetime) -> None:
        with self.transaction() as db:
            db.execute(
                "UPDATE posts SET attempts = attempts + 1, not_before = ?, last_error = ?"
                " WHERE id = ? AND version = ?",
                (until.timestamp(), reason, post_id, version),
            )

    def reanalyse(self, since: datetime | None = None) -> int:
        with self.transaction() as db:
            changed = db.execute(
                "UPDATE posts SET pending = 1, not_before = 0 WHERE at >= ?",
                (since.timestamp() if since else float("-inf"),),
            )
            return changed.rowcount

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]:
        which = which or Filter()
        found = 0
        while limit is None or found < limit:
            with self.reading() as db:
                batch = rows.select_linked(db, self.dialect, which, after_seq, 200)
            if not batch:
                return
            for item in batch:
                after_seq = item.seq
                if rows.matches(item, which):
                    yield item
                    found += 1
                    if found == limit:
                        return

    def latest(
        self, which: Filter | None = None, *, before_seq: int | None = None, limit: int = 50
    ) -> list[LinkedPost]:
        which = which or Filter()
        before = EVERYTHING if before_seq is None else before_seq
        found: list[LinkedPost] = []
        while len(found) < limit:
            with self.reading() as db:
                batch = rows.select_linked(db, self.dialect, which, -1, 200, before_seq=before)
            if not batch:
                break
            before = batch[-1].seq
            found += [item for item in batch if rows.matches(item, which)]
        return found[:limit]

    def get(self, post_id: str) -> LinkedPost | None:
        with self.reading() as db:
            return rows.get_linked(db, post_id)

    def recent(self, window: timedelta, limit: int | None = None) -> Iterator[Post]:
        ask = (
            "SELECT doc FROM (SELECT doc, at FROM posts WHERE analysis IS NOT NULL"
            " AND at >= (SELECT max(at) FROM posts) - ? ORDER BY at DESC LIMIT ?) AS newest"
            " ORDER BY at"
        )
        values = (window.total_seconds(), EVERYTHING if limit is None else limit)
        with self.reading() as db, closing(db.stream(ask, values)) as found:
            for row in found:
                yield load(Post, row["doc"])

    def versions(self, post_id: str) -> list[Post]:
        ask = (
            "SELECT version, doc FROM versions WHERE post_id = :id"
            " UNION ALL SELECT version, doc FROM posts WHERE id = :id ORDER BY version"
        )
        with self.reading() as db:
            return [load(Post, row["doc"]) for row in db.execute(ask, {"id": post_id})]

    # people

    def find_links(self, begin: str, limit: int = 100) -> list[Link]:
        with self.reading() as db:
            return rows.find_links(db, begin, limit)

    def decide(self, decision: Decision) -> None:
        about = link_id(decision.post_id, decision.event_id) if decision.event_id else None
        with self.transaction() as db:
            if (
                db.execute("SELECT 1 FROM posts WHERE id = ?", (decision.post_id,)).fetchone()
                is None
            ):
                raise StoreError(f"{self.name}: no post {decision.post_id!r}")
            db.execute(
                "INSERT INTO decisions (post_id, doc, link_id) VALUES (?, ?, ?)",
                (decision.post_id, dump(decision), about),
            )
            rows.touch(db, decision.post_id)

    def decisions(self) -> Iterator[Decision]:
        ask = "SELECT doc FROM decisions ORDER BY n"
        with self.reading() as db, closing(db.stream(ask)) as found:
            for row in found:
                yield load(Decision, row["doc"])

    def last_decision(self) -> int:
        with self.reading() as db:
            row = db.execute("SELECT coalesce(max(n), 0) AS last FROM decisions").fetchone()
        number: int = row["last"]
        return number

    # translations

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]:
        ask = "SELECT key, doc FROM translations WHERE key IN ({})"
        with self.reading() as db:
            return {row["key"]: load(Translation, row["doc"]) for row in each_of(db, ask, keys)}

    def put_many(self, items: Mapping[str, Translation]) -> None:
        now = datetime.now(UTC).timestamp()
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO translations (key, doc, kept_at) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET doc = excluded.doc, kept_at = excluded.kept_at",
                [(key, dump(value), now) for key, value in items.items()],
            )

    # notes

    def notes(self, prefix: str) -> Mapping[str, str]:
        with self.reading() as db:
            return notes.under(db, prefix)

    def noted(self, keys: Sequence[str]) -> frozenset[str]:
        with self.reading() as db:
            return notes.known(db, keys)

    def note(self, changes: Mapping[str, str | None], now: datetime) -> None:
        with self.transaction() as db:
            notes.put(db, changes, now)

    def forget_notes(self, prefix: str, before: datetime) -> int:
        with self.transaction() as db:
            return notes.forget(db, prefix, before)

    # keeping house

    def prune(self, before: datetime, limit: int = 500) -> int:
        with self.transaction() as db:
            return retention.prune(db, before, limit)

    # numbers

    def counts(self) -> Counts:
        with self.reading() as db:
            return figures.counts(db)

    def last_seq(self) -> int:
        with self.reading() as db:
            return figures.last_seq(db)

    def queues(self, now: datetime) -> list[Queue]:
        with self.reading() as db:
            return figures.queues(db, now)

    def owed_translations(self) -> list[Owed]:
        with self.reading() as db:
            return figures.owed_translations(db)

    def feed_figures(self, name: str, now: datetime) -> FeedFigures:
        with self.reading() as db:
            return figures.feed_figures(db, name, now)

    def size(self) -> int:
        with self.reading() as db:
            used: int = db.execute(self.dialect.size).fetchone()["bytes"]
        return used

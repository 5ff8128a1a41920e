"""The default store: one SQLite file in WAL mode.

Times are seconds since 1970 in columns that are compared, ISO 8601 inside the JSON documents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

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
from monitor.store import backup, figures, notes, recording, retention, rows
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
from monitor.store.database import Database


class SqliteStore(Database):
    """A :class:`~monitor.store.base.Store` in the file ``path`` (created where it is missing)."""

    # feeds

    def next_polls(self) -> Mapping[str, datetime]:
        with self.reading() as db:
            return figures.next_polls(db)

    def feed_states(self, names: Sequence[str]) -> list[FeedState]:
        one = "SELECT state FROM feeds WHERE name = ?"
        with self.reading() as db:
            found = [db.execute(one, (name,)).fetchone() for name in names]
        return [
            load(FeedState, row["state"]) if row else FeedState(name)
            for name, row in zip(names, found, strict=True)
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
            news = [post for post in posts if not recording.unchanged(db, state.feed, post)]
        counts = {"new": 0, "edited": 0, "seen": len(posts) - len(news)}
        with self.transaction() as db:
            for post in news:
                counts[recording.record(db, state.feed, post)] += 1
            gone = sum(recording.mark_deleted(db, post_id, now) for post_id in deleted)
            db.executemany(
                "INSERT OR IGNORE INTO pages VALUES (?, ?)",
                [(url, now.timestamp()) for url in pages],
            )
            recording.put_state(db, state)
        return Recorded(**counts, deleted=gone)

    def unopened(self, urls: Sequence[str]) -> list[str]:
        with self.reading() as db:
            one = "SELECT 1 FROM pages WHERE url = ?"
            return [url for url in urls if db.execute(one, (url,)).fetchone() is None]

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
                rows.save_analysis(db, item, analysis)
            if remembered:
                rows.remember(db, remembered)

    def remembered(self, after_seq: int = -1) -> Iterator[tuple[str, bytes]]:
        with self.reading() as db:
            for row in db.execute(rows.REMEMBERED_SINCE, (after_seq,)):
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
                batch = rows.select_linked(db, which, after_seq, 200)
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
        before = 2**62 if before_seq is None else before_seq
        found: list[LinkedPost] = []
        while len(found) < limit:
            with self.reading() as db:
                batch = rows.select_linked(db, which, -1, 200, before_seq=before)
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
            " AND at >= (SELECT max(at) FROM posts) - ? ORDER BY at DESC LIMIT ?) ORDER BY at"
        )
        with self.reading() as db:
            for row in db.execute(ask, (window.total_seconds(), -1 if limit is None else limit)):
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
                raise StoreError(f"{self.path}: no post {decision.post_id!r}")
            db.execute(
                "INSERT INTO decisions (post_id, doc, link_id) VALUES (?, ?, ?)",
                (decision.post_id, dump(decision), about),
            )
            rows.touch(db, decision.post_id)

    def decisions(self) -> Iterator[Decision]:
        with self.reading() as db:
            for row in db.execute("SELECT doc FROM decisions ORDER BY n"):
                yield load(Decision, row["doc"])

    def last_decision(self) -> int:
        with self.reading() as db:
            number: int = db.execute("SELECT coalesce(max(n), 0) FROM decisions").fetchone()[0]
        return number

    # translations

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]:
        one = "SELECT doc FROM translations WHERE key = ?"
        with self.reading() as db:
            found = ((key, db.execute(one, (key,)).fetchone()) for key in keys)
            return {key: load(Translation, row["doc"]) for key, row in found if row}

    def put_many(self, items: Mapping[str, Translation]) -> None:
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO translations (key, doc, kept_at)"
                " VALUES (?, ?, unixepoch())",
                [(key, dump(value)) for key, value in items.items()],
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

    def backup(self, to: Path) -> int:
        with self.reading() as db:
            return backup.backup(db, to)

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
            return figures.size(db)

"""The default store: one SQLite file in WAL mode.

Each thread has its own connection; SQLite serialises the writers. Times are seconds since 1970 in
columns that are compared, ISO 8601 inside the JSON documents.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.errors import StoreBusy, StoreError
from monitor.model import (
    Analysis,
    Decision,
    FeedState,
    Filter,
    LinkedPost,
    Post,
    Translation,
)
from monitor.store import notes, rows
from monitor.store.base import Counts, PendingPost, Recorded
from monitor.store.codec import dump, load
from monitor.store.merge import merged
from monitor.store.schema import MIGRATIONS, statements

BUSY_TIMEOUT_S = 10.0


class SqliteStore:
    """A :class:`~monitor.store.base.Store` in the file ``path`` (created where it is missing)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    def close(self) -> None:
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    # connections

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,  # transactions are begun where they are meant
                check_same_thread=False,  # close() closes every thread's connection
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _named(self.path):
            db = self._db
            # IMMEDIATE: a writer that starts as a reader can meet SQLITE_BUSY no timeout helps.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # a full disk has rolled it back already
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _named(self.path):
            yield self._db

    def _migrate(self) -> None:
        if self._version() == len(MIGRATIONS):
            return
        with self._transaction() as db:
            # Asked again inside: another process may have migrated while we waited for the lock.
            version = self._version()
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"{self.path}: written by a newer monitor (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}); install that version"
                )
            for script in MIGRATIONS[version:]:
                for statement in statements(script):
                    db.execute(statement)
            # In the same transaction: a kill between leaves the old schema whole.
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _version(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        return version

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the store as its one daemon. Raises :class:`StoreBusy` where there is one already.

        The lock is the operating system's on a file beside the store: it ends with the process,
        however that ends.
        """
        name = self.path.with_name(self.path.name + ".lock")
        with _named(name), name.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreBusy(f"{self.path}: another monitor daemon runs on this store") from None
            yield

    # feeds

    def feed_states(self, names: Sequence[str]) -> list[FeedState]:
        one = "SELECT state FROM feeds WHERE name = ?"
        with self._reading() as db:
            found = [db.execute(one, (name,)).fetchone() for name in names]
        return [
            load(FeedState, row["state"]) if row else FeedState(name)
            for name, row in zip(names, found, strict=True)
        ]

    def save_feed_state(self, state: FeedState) -> None:
        with self._transaction() as db:
            _put_state(db, state)

    def record_poll(
        self,
        state: FeedState,
        posts: Sequence[Post],
        now: datetime,
        *,
        pages: Sequence[str] = (),
        deleted: Sequence[str] = (),
    ) -> Recorded:
        counts = {"new": 0, "edited": 0, "seen": 0}
        with self._transaction() as db:
            for post in posts:
                counts[_record(db, state.feed, post)] += 1
            gone = sum(_mark_deleted(db, post_id, now) for post_id in deleted)
            db.executemany(
                "INSERT OR IGNORE INTO pages VALUES (?, ?)",
                [(url, now.timestamp()) for url in pages],
            )
            _put_state(db, state)
        return Recorded(**counts, deleted=gone)

    def unopened(self, urls: Sequence[str]) -> list[str]:
        with self._reading() as db:
            one = "SELECT 1 FROM pages WHERE url = ?"
            return [url for url in urls if db.execute(one, (url,)).fetchone() is None]

    # posts

    def pending(self, limit: int, now: datetime) -> list[PendingPost]:
        # Fresh posts first, but a quarter of every batch goes to those that wait longest.
        oldest = limit // 4
        ask = (
            "SELECT n, doc, version, attempts FROM posts"
            " WHERE pending = 1 AND not_before <= ? ORDER BY at {} LIMIT ?"
        )
        with self._reading() as db:
            found = db.execute(ask.format("DESC"), (now.timestamp(), limit - oldest)).fetchall()
            found += db.execute(ask.format("ASC"), (now.timestamp(), oldest)).fetchall()
        once = {row["n"]: row for row in found}
        return [
            PendingPost(load(Post, row["doc"]), row["version"], row["attempts"])
            for row in once.values()
        ]

    def owed(self, languages: Collection[str], limit: int, now: datetime) -> list[PendingPost]:
        with self._reading() as db:
            return rows.select_owed(db, sorted(languages), limit, now)

    def save_analyses(self, done: Sequence[tuple[PendingPost, Analysis]]) -> None:
        with self._transaction() as db:
            for item, analysis in done:
                rows.save_analysis(db, item, analysis)

    def postpone(self, post: PendingPost, reason: str, until: datetime) -> None:
        with self._transaction() as db:
            db.execute(
                "UPDATE posts SET attempts = attempts + 1, not_before = ?, last_error = ?"
                " WHERE id = ? AND version = ?",
                (until.timestamp(), reason, post.post.id, post.version),
            )

    def reanalyse(self, since: datetime | None = None) -> int:
        with self._transaction() as db:
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
            with self._reading() as db:
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
            with self._reading() as db:
                batch = rows.select_linked(db, which, -1, 200, before_seq=before)
            if not batch:
                break
            before = batch[-1].seq
            found += [item for item in batch if rows.matches(item, which)]
        return found[:limit]

    def get(self, post_id: str) -> LinkedPost | None:
        with self._reading() as db:
            return rows.get_linked(db, post_id)

    def recent(self, window: timedelta) -> Iterator[Post]:
        ask = (
            "SELECT doc FROM posts WHERE analysis IS NOT NULL"
            " AND at >= (SELECT max(at) FROM posts) - ? ORDER BY at"
        )
        with self._reading() as db:
            for row in db.execute(ask, (window.total_seconds(),)):
                yield load(Post, row["doc"])

    def versions(self, post_id: str) -> list[Post]:
        ask = (
            "SELECT version, doc FROM versions WHERE post_id = :id"
            " UNION ALL SELECT version, doc FROM posts WHERE id = :id ORDER BY version"
        )
        with self._reading() as db:
            return [load(Post, row["doc"]) for row in db.execute(ask, {"id": post_id})]

    # people

    def decide(self, decision: Decision) -> None:
        with self._transaction() as db:
            if (
                db.execute("SELECT 1 FROM posts WHERE id = ?", (decision.post_id,)).fetchone()
                is None
            ):
                raise StoreError(f"{self.path}: no post {decision.post_id!r}")
            db.execute(
                "INSERT INTO decisions (post_id, doc) VALUES (?, ?)",
                (decision.post_id, dump(decision)),
            )
            rows.touch(db, decision.post_id)

    def decisions(self) -> Iterator[Decision]:
        with self._reading() as db:
            for row in db.execute("SELECT doc FROM decisions ORDER BY n"):
                yield load(Decision, row["doc"])

    # translations

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]:
        one = "SELECT doc FROM translations WHERE key = ?"
        with self._reading() as db:
            found = ((key, db.execute(one, (key,)).fetchone()) for key in keys)
            return {key: load(Translation, row["doc"]) for key, row in found if row}

    def put_many(self, items: Mapping[str, Translation]) -> None:
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO translations VALUES (?, ?)",
                [(key, dump(value)) for key, value in items.items()],
            )

    # notes

    def notes(self, prefix: str) -> Mapping[str, str]:
        with self._reading() as db:
            return notes.under(db, prefix)

    def noted(self, keys: Sequence[str]) -> frozenset[str]:
        with self._reading() as db:
            return notes.known(db, keys)

    def note(self, changes: Mapping[str, str | None], now: datetime) -> None:
        with self._transaction() as db:
            notes.put(db, changes, now)

    def forget_notes(self, prefix: str, before: datetime) -> int:
        with self._transaction() as db:
            return notes.forget(db, prefix, before)

    # numbers

    def counts(self) -> Counts:
        with self._reading() as db:
            row = db.execute(
                "SELECT (SELECT count(*) FROM posts),"
                " (SELECT count(*) FROM posts WHERE pending = 1),"
                " (SELECT count(DISTINCT post_id) FROM links),"
                " (SELECT min(collected_at) FROM posts WHERE pending = 1),"
                " (SELECT coalesce(max(seq), -1) FROM posts)"
            ).fetchone()
        oldest = datetime.fromtimestamp(row[3], UTC) if row[3] is not None else None
        return Counts(row[0], row[1], row[2], oldest, row[4])


def _put_state(db: sqlite3.Connection, state: FeedState) -> None:
    db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?)", (state.feed, dump(state)))


def _record(db: sqlite3.Connection, feed: str, post: Post) -> str:
    """Keep one post of a poll; say whether it is new, edited or seen."""
    db.execute("INSERT OR IGNORE INTO found_in VALUES (?, ?)", (post.id, feed))
    ask = "SELECT doc, version, deleted_at FROM posts WHERE id = ?"
    row = db.execute(ask, (post.id,)).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO posts (id, source, at, collected_at, doc) VALUES (?, ?, ?, ?, ?)",
            (post.id, post.source, post.at.timestamp(), post.collected_at.timestamp(), dump(post)),
        )
        return "new"
    kept = load(Post, row["doc"])
    now_known = merged(kept, post)
    if now_known == kept:
        return "seen"
    if now_known.full_text == kept.full_text:
        # Another article embeds it, or views were counted again: nothing new is said.
        db.execute("UPDATE posts SET doc = ? WHERE id = ?", (dump(now_known), post.id))
        if now_known.parents != kept.parents:
            rows.touch(db, post.id)
        return "seen"
    db.execute("INSERT INTO versions VALUES (?, ?, ?)", (post.id, row["version"], row["doc"]))
    db.execute(
        "UPDATE posts SET doc = ?, version = version + 1, at = ?, pending = 1, attempts = 0,"
        " not_before = 0 WHERE id = ?",
        (dump(now_known), now_known.at.timestamp(), post.id),
    )
    return "edited"


def _mark_deleted(db: sqlite3.Connection, post_id: str, now: datetime) -> bool:
    changed = db.execute(
        "UPDATE posts SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL",
        (now.timestamp(), post_id),
    )
    if changed.rowcount:
        rows.touch(db, post_id)
    return changed.rowcount > 0


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say in one line which store failed and why."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {_reason(error)}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _reason(error: sqlite3.Error) -> str:
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_FULL":
            return "the disk is full; nothing was changed"
        case "SQLITE_READONLY" | "SQLITE_READONLY_DIRECTORY":
            return "is read-only"
        case "SQLITE_CANTOPEN":
            return "cannot be opened or created (is the folder there and writable?)"
        case "SQLITE_BUSY":
            return f"is locked by another program for more than {BUSY_TIMEOUT_S:.0f} s"
        case "SQLITE_NOTADB":
            return "is not a monitor store"
        case _:
            return str(error)

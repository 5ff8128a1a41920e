"""The numbers of a store: how much there is, what waits, how each feed is used to publish."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from monitor.store.base import LONGEST_WAIT, Counts, FeedFigures, Owed, Queue

_HABIT = timedelta(days=28)  # nights, weekends and the beats of a month are in it
_WEEK = timedelta(days=7)


def counts(db: sqlite3.Connection) -> Counts:
    row = db.execute(
        "SELECT (SELECT count(*) FROM posts),"
        " (SELECT count(*) FROM posts WHERE pending = 1),"
        " (SELECT count(DISTINCT post_id) FROM links),"
        " (SELECT min(collected_at) FROM posts WHERE pending = 1)"
    ).fetchone()
    return Counts(row[0], row[1], row[2], _moment(row[3]))


def last_seq(db: sqlite3.Connection) -> int:
    seq: int = db.execute("SELECT last FROM sequence").fetchone()[0]
    return seq


def next_polls(db: sqlite3.Connection) -> dict[str, datetime]:
    # Asked every second for a thousand feeds: SQLite reads two keys faster than we a document.
    ask = "SELECT name, state ->> '$.next_at', state ->> '$.stopped' FROM feeds"
    return {name: _next(at, stopped) for name, at, stopped in db.execute(ask)}


def _next(at: str | None, stopped: str | None) -> datetime:
    if stopped is not None:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def queues(db: sqlite3.Connection, now: datetime) -> list[Queue]:
    row = db.execute(
        "SELECT coalesce(sum(waits), 0), min(CASE WHEN waits THEN collected_at END),"
        " coalesce(sum(NOT waits), 0), min(CASE WHEN NOT waits THEN collected_at END) FROM"
        " (SELECT collected_at, not_before > :now AND not_before <= :absurd AS waits"
        "  FROM posts WHERE pending = 1)",
        {"now": now.timestamp(), "absurd": (now + LONGEST_WAIT).timestamp()},
    ).fetchone()
    return [
        Queue("analysis", row[2], _moment(row[3])),
        Queue("retry", row[0], _moment(row[1])),
    ]


OWED = (
    "SELECT language, count(*), min(collected_at) FROM posts"
    " WHERE translate_at IS NOT NULL AND pending = 0 AND followed = 1 GROUP BY language"
)


def owed_translations(db: sqlite3.Connection) -> list[Owed]:
    rows = db.execute(OWED).fetchall()
    return [Owed(language, posts, datetime.fromtimestamp(at, UTC)) for language, posts, at in rows]


def feed_figures(db: sqlite3.Connection, name: str, now: datetime) -> FeedFigures:
    row = db.execute(
        "SELECT count(*), min(at), max(at), max(gap), sum(at >= :week) FROM"
        " (SELECT at, at - lag(at) OVER (ORDER BY at) AS gap FROM posts"
        "  WHERE source = :name AND at >= :since AND at <= :now)",
        {
            "name": name,
            "since": (now - _HABIT).timestamp(),
            "week": (now - _WEEK).timestamp(),
            "now": now.timestamp(),
        },
    ).fetchone()
    posts, first, last, gap, week = row
    days = min((now.timestamp() - first) / 86400, _WEEK.days) if posts else 0.0
    return FeedFigures(
        posts=posts,
        per_day=(week or 0) / max(days, 1.0),
        last_at=_moment(last),
        longest_gap=timedelta(seconds=gap) if gap is not None else None,
    )


def size(db: sqlite3.Connection) -> int:
    row = db.execute(
        "SELECT (page_count - freelist_count) * page_size"
        " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    ).fetchone()
    used: int = row[0]
    return used


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None

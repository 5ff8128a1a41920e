"""The numbers of a store: how much there is, what waits, how each feed is used to publish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.store.base import LONGEST_WAIT, Counts, FeedFigures, Owed, Queue
from monitor.store.sql import Connection

_HABIT = timedelta(days=28)  # nights, weekends and the beats of a month are in it
_WEEK = timedelta(days=7)


def counts(db: Connection) -> Counts:
    row = db.execute(
        "SELECT (SELECT count(*) FROM posts) AS posts,"
        " (SELECT count(*) FROM posts WHERE pending = 1) AS pending,"
        " (SELECT count(DISTINCT post_id) FROM links) AS linked,"
        " (SELECT min(collected_at) FROM posts WHERE pending = 1) AS oldest"
    ).fetchone()
    return Counts(row["posts"], row["pending"], row["linked"], _moment(row["oldest"]))


def last_seq(db: Connection) -> int:
    seq: int = db.execute("SELECT last FROM sequence").fetchone()["last"]
    return seq


def next_polls(db: Connection, ask: str) -> dict[str, datetime]:
    # Asked every second for a thousand feeds: a database reads two keys faster than we a document.
    return {row["name"]: _next(row["next_at"], row["stopped"]) for row in db.execute(ask)}


def _next(at: str | None, stopped: str | None) -> datetime:
    if stopped is not None:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def queues(db: Connection, now: datetime) -> list[Queue]:
    row = db.execute(
        "SELECT count(*) FILTER (WHERE waits) AS waiting,"
        " min(collected_at) FILTER (WHERE waits) AS waiting_since,"
        " count(*) FILTER (WHERE NOT waits) AS due,"
        " min(collected_at) FILTER (WHERE NOT waits) AS due_since FROM"
        " (SELECT collected_at, not_before > :now AND not_before <= :absurd AS waits"
        "  FROM posts WHERE pending = 1) AS each_post",
        {"now": now.timestamp(), "absurd": (now + LONGEST_WAIT).timestamp()},
    ).fetchone()
    return [
        Queue("analysis", row["due"], _moment(row["due_since"])),
        Queue("retry", row["waiting"], _moment(row["waiting_since"])),
    ]


OWED = (
    "SELECT language, count(*) AS posts, min(collected_at) AS oldest FROM posts"
    " WHERE translate_at IS NOT NULL AND pending = 0 AND followed = 1 GROUP BY language"
    " ORDER BY language"
)


def owed_translations(db: Connection) -> list[Owed]:
    rows = db.execute(OWED).fetchall()
    return [
        Owed(row["language"], row["posts"], datetime.fromtimestamp(row["oldest"], UTC))
        for row in rows
    ]


def feed_figures(db: Connection, name: str, now: datetime) -> FeedFigures:
    row = db.execute(
        "SELECT count(*) AS posts, min(at) AS first, max(at) AS last, max(gap) AS longest_gap,"
        " count(*) FILTER (WHERE at >= :week) AS lately FROM"
        " (SELECT at, at - lag(at) OVER (ORDER BY at) AS gap FROM posts"
        "  WHERE source = :name AND at >= :since AND at <= :now) AS each_post",
        {
            "name": name,
            "since": (now - _HABIT).timestamp(),
            "week": (now - _WEEK).timestamp(),
            "now": now.timestamp(),
        },
    ).fetchone()
    posts, gap = row["posts"], row["longest_gap"]
    days = min((now.timestamp() - row["first"]) / 86400, _WEEK.days) if posts else 0.0
    return FeedFigures(
        posts=posts,
        per_day=row["lately"] / max(days, 1.0),
        last_at=_moment(row["last"]),
        longest_gap=timedelta(seconds=gap) if gap is not None else None,
    )


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None

"""Dropping what is old, so that a store may run for years. Nothing a person judged is dropped."""

from __future__ import annotations

from datetime import datetime

from monitor.store.sql import Connection

_OLDEST = (
    "SELECT n, id, collected_at FROM posts WHERE pending = 0 AND collected_at < ?"
    " AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.post_id = posts.id)"
    " ORDER BY collected_at LIMIT ?"
)


def prune(db: Connection, before: datetime, limit: int) -> int:
    """See :meth:`Store.prune`. The ids stay, so that a feed that still shows a post does not bring
    it back; cached translations and the list of opened pages go as far back as the posts."""
    posts = db.execute(_OLDEST, (before.timestamp(), limit)).fetchall()
    if not posts:
        return 0
    ids = [(post["id"],) for post in posts]
    for table in ("versions", "found_in", "links", "remembered"):
        db.executemany(f"DELETE FROM {table} WHERE post_id = ?", ids)
    db.executemany("DELETE FROM search WHERE rowid = ?", [(post["n"],) for post in posts])
    db.executemany("DELETE FROM posts WHERE id = ?", ids)
    db.executemany("INSERT INTO pruned VALUES (?) ON CONFLICT DO NOTHING", ids)
    reached = posts[-1]["collected_at"]
    db.execute("DELETE FROM translations WHERE kept_at < ?", (reached,))
    db.execute("DELETE FROM pages WHERE opened_at < ?", (reached,))
    return len(posts)

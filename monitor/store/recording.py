"""One sighting of a post → rows: new, edited, or seen before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import FeedState, Post
from monitor.store import rows
from monitor.store.codec import dump, load
from monitor.store.merge import merged
from monitor.store.sql import Connection, each_of


def put_state(db: Connection, state: FeedState) -> None:
    db.execute(
        "INSERT INTO feeds (name, state) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET state = excluded.state",
        (state.feed, dump(state)),
    )


def news(db: Connection, feed: str, posts: Sequence[Post]) -> list[Post]:
    """Those of ``posts`` that the feed was not seen with before, just as they are."""
    ask = "SELECT doc FROM posts JOIN found_in ON post_id = id WHERE feed = ? AND id IN ({})"
    kept = {
        post.id: post
        for row in each_of(db, ask, [post.id for post in posts], feed)
        for post in [load(Post, row["doc"])]
    }
    return [p for p in posts if p.id not in kept or merged(kept[p.id], p) != kept[p.id]]


def record(db: Connection, feed: str, post: Post) -> str:
    """Keep one post of a poll; say whether it is new, edited or seen."""
    row = db.execute("SELECT doc, version FROM posts WHERE id = ?", (post.id,)).fetchone()
    if row is None and db.execute("SELECT 1 FROM pruned WHERE id = ?", (post.id,)).fetchone():
        return "seen"  # its time here is over, whatever the feed still shows
    db.execute("INSERT INTO found_in VALUES (?, ?) ON CONFLICT DO NOTHING", (post.id, feed))
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


def mark_deleted(db: Connection, post_id: str, now: datetime) -> bool:
    changed = db.execute(
        "UPDATE posts SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL",
        (now.timestamp(), post_id),
    )
    if changed.rowcount:
        rows.touch(db, post_id)
    return changed.rowcount > 0

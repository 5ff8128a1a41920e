"""Rows of a store ↔ linked posts, with people's decisions laid over the machine's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from monitor.model import Analysis, Decision, Duplicates, Evidence, Filter, Link, LinkedPost, Post
from monitor.store.base import REMEMBERED, PendingPost
from monitor.store.codec import dump, load
from monitor.store.sql import Connection, Dialect, Row, marks
from monitor.text.arabic import light_stem, normalize

_SELECT = (
    "SELECT p.n, p.id, p.doc, p.analysis, p.seq, p.version, p.deleted_at, p.duplicate_of,"
    " (SELECT count(*) FROM posts d WHERE d.duplicate_of = p.id) AS repeats,"
    " (SELECT count(DISTINCT f.feed) FROM found_in f WHERE f.post_id IN"
    "  (SELECT p.id UNION ALL SELECT d.id FROM posts d WHERE d.duplicate_of = p.id)) AS feeds"
    " FROM posts p"
)


def touch(db: Connection, post_id: str) -> None:
    """Give the post the next place in the order of changes."""
    place = db.execute("UPDATE sequence SET last = last + 1 RETURNING last").fetchone()
    db.execute("UPDATE posts SET seq = ? WHERE id = ?", (place["last"], post_id))


def save_analysis(db: Connection, dialect: Dialect, item: PendingPost, analysis: Analysis) -> None:
    """Keep an analysis; the post stays pending where it was edited meanwhile."""
    post = item.post
    owed = analysis.translate_after.timestamp() if analysis.translate_after else None
    if _unchanged(db, item, analysis):
        db.execute("UPDATE posts SET translate_at = ? WHERE id = ?", (owed, post.id))
        return
    changed = db.execute(
        "UPDATE posts SET analysis = ?, language = ?, followed = ?, duplicate_of = ?,"
        " translate_at = ?, attempts = 0, last_error = NULL, pending = 0"
        " WHERE id = ? AND version = ? RETURNING n",
        (
            dump(analysis),
            analysis.language.base,  # a filter for ar also wants Arabizi
            int(analysis.followed),
            analysis.duplicate_of,
            owed,
            post.id,
            item.version,
        ),
    ).fetchone()
    if changed is None:
        return
    db.execute("DELETE FROM links WHERE post_id = ?", (post.id,))
    db.executemany(
        "INSERT INTO links VALUES (?, ?, ?, ?, ?)",
        [(post.id, k.event_id, k.probability, k.status, k.id) for k in analysis.links],
    )
    english = analysis.translation.text if analysis.translation else ""
    words = search_words(f"{post.full_text}\n{english}\n{post.author.name or ''}")
    db.execute("DELETE FROM search WHERE rowid = ?", (changed["n"],))
    kept = dialect.index(words)
    db.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (changed["n"], kept))
    touch(db, post.id)
    if analysis.duplicate_of:
        touch(db, analysis.duplicate_of)


REMEMBERED_SINCE = (
    "SELECT post_id, remembered.doc FROM remembered JOIN posts ON posts.id = post_id"
    " WHERE seq > ? ORDER BY remembered.n"
)


def remember(db: Connection, posts: Mapping[str, bytes]) -> None:
    """Keep what the linker remembers; a post it saw again takes its old place, as it does there."""
    db.executemany(
        "INSERT INTO remembered (post_id, doc) VALUES (?, ?)"
        " ON CONFLICT (post_id) DO UPDATE SET doc = excluded.doc",
        posts.items(),
    )
    # Not max(n) - REMEMBERED: PostgreSQL uses up a number also where there was a conflict.
    oldest = "SELECT n FROM remembered ORDER BY n DESC LIMIT 1 OFFSET ?"
    db.execute(f"DELETE FROM remembered WHERE n <= ({oldest})", (REMEMBERED,))


def _unchanged(db: Connection, item: PendingPost, analysis: Analysis) -> bool:
    """Whether an owed translation was tried in vain and there is nothing new to show."""
    ask = "SELECT analysis FROM posts WHERE id = ? AND version = ? AND pending = 0"
    row = db.execute(ask, (item.post.id, item.version)).fetchone()
    if row is None or row["analysis"] is None:
        return False
    kept = load(Analysis, row["analysis"])
    return replace(kept, translate_after=analysis.translate_after) == analysis


def select_owed(
    db: Connection, languages: Sequence[str], limit: int, now: datetime
) -> list[PendingPost]:
    """Analysed posts whose translation is owed and due, the newest first."""
    if not languages:
        return []
    ask = (
        "SELECT doc, version, attempts FROM posts WHERE translate_at <= ? AND pending = 0"
        f" AND not_before <= ? AND language IN ({marks(languages)})"
        " ORDER BY at DESC LIMIT ?"
    )
    at = now.timestamp()
    found = db.execute(ask, (at, at, *languages, limit)).fetchall()
    return [PendingPost(load(Post, r["doc"]), r["version"], r["attempts"]) for r in found]


def search_words(text: str) -> list[str]:
    """The words of a text as they are indexed and asked for: letter forms folded, Arabic without
    article, clitics and endings."""
    return [light_stem(word) for word in re.findall(r"\w+", normalize(text))]


def select_linked(
    db: Connection,
    dialect: Dialect,
    which: Filter,
    after_seq: int,
    limit: int,
    *,
    before_seq: int | None = None,
) -> list[LinkedPost]:
    """The next posts in order of change, narrowed by what an index can narrow.

    With ``before_seq`` the order is turned round: the next older ones. :func:`matches` must still
    be asked: decisions change statuses after the fact.
    """
    where = ["p.analysis IS NOT NULL", "p.seq > ?"]
    values: list[object] = [after_seq]
    if before_seq is not None:
        where.append("p.seq < ?")
        values.append(before_seq)

    def among(column: str, wanted: Sequence[str]) -> None:
        if wanted:
            where.append(f"{column} IN ({marks(wanted)})")
            values.extend(wanted)

    among("p.language", which.languages)
    among("p.source", which.sources)
    if not which.others:
        where.append("p.followed = 1")
    if which.since:
        where.append("p.at >= ?")
        values.append(which.since.timestamp())
    if which.until:
        where.append("p.at < ?")
        values.append(which.until.timestamp())
    clause, asked = _about_links(which)
    where += clause
    values += asked
    if which.search.strip():
        words = search_words(which.search) or [""]  # punctuation alone is found nowhere
        where.append(f"p.n IN (SELECT rowid FROM search WHERE {dialect.match})")
        values.append(dialect.ask(words))
    order = "p.seq" if before_seq is None else "p.seq DESC"
    ask = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?"
    return _linked(db, db.execute(ask, (*values, limit)).fetchall())


def _about_links(which: Filter) -> tuple[list[str], list[object]]:
    """Conditions on the machine's links, with their values.

    A person may have changed a status or assigned another event: every post that somebody decided
    about is looked at.
    """
    if which.linked is False:
        return ["NOT EXISTS (SELECT 1 FROM links l WHERE l.post_id = p.id)"], []
    parts: list[str] = []
    values: list[object] = []
    for column, wanted in (("event_id", which.events), ("status", which.statuses)):
        if wanted:
            parts.append(f" AND l.{column} IN ({marks(wanted)})")
            values.extend(wanted)
    if which.min_probability:
        parts.append(" AND l.probability >= ?")
        values.append(which.min_probability)
    if not parts and not which.linked:
        return [], []
    machine = f"SELECT 1 FROM links l WHERE l.post_id = p.id{''.join(parts)}"
    decided = "SELECT 1 FROM decisions d WHERE d.post_id = p.id"
    return [f"(EXISTS ({machine}) OR EXISTS ({decided}))"], values


def get_linked(db: Connection, post_id: str) -> LinkedPost | None:
    ask = f"{_SELECT} WHERE p.analysis IS NOT NULL AND p.id = ?"
    return next(iter(_linked(db, db.execute(ask, (post_id,)).fetchall())), None)


POSTS_OF_LINKS = (  # whose id begins so; "g" sorts after every hexadecimal digit
    "SELECT post_id FROM links WHERE link_id >= :begin AND link_id < :begin || 'g'"
    " UNION"
    " SELECT post_id FROM decisions WHERE link_id >= :begin AND link_id < :begin || 'g'"
)


def find_links(db: Connection, begin: str, limit: int) -> list[Link]:
    """See :meth:`Store.find_links`."""
    rows = db.execute(f"{POSTS_OF_LINKS} LIMIT :limit", {"begin": begin, "limit": limit})
    posts = [get_linked(db, row["post_id"]) for row in rows.fetchall()]
    links = [link for lp in posts if lp for link in lp.analysis.links]
    return [link for link in links if link.id.startswith(begin)]


def matches(item: LinkedPost, which: Filter) -> bool:
    """Whether the links of a post, as people decided them, are what the filter wants."""
    links = [
        link
        for link in item.analysis.links
        if (not which.events or link.event_id in which.events)
        and (not which.statuses or link.status in which.statuses)
        and link.probability >= which.min_probability
    ]
    about_links = which.events or which.statuses or which.min_probability or which.linked
    if which.linked is False:
        return not item.analysis.links
    return bool(links) or not about_links


def _linked(db: Connection, rows: Sequence[Row]) -> list[LinkedPost]:
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    taken: dict[str, list[Decision]] = {post_id: [] for post_id in ids}
    ask = f"SELECT post_id, doc FROM decisions WHERE post_id IN ({marks(ids)}) ORDER BY n"
    for found in db.execute(ask, ids):
        taken[found["post_id"]].append(load(Decision, found["doc"]))
    return [_linked_post(row, taken[row["id"]]) for row in rows]


def _linked_post(row: Row, decisions: Sequence[Decision]) -> LinkedPost:
    analysis, deleted = load(Analysis, row["analysis"]), row["deleted_at"]
    return LinkedPost(
        post=load(Post, row["doc"]),
        analysis=replace(analysis, links=decided(row["id"], analysis.links, decisions)),
        duplicates=Duplicates(row["duplicate_of"], row["repeats"], row["feeds"]),
        versions=row["version"],
        deleted_at=datetime.fromtimestamp(deleted, UTC) if deleted is not None else None,
        seq=row["seq"],
    )


def decided(post_id: str, links: Sequence[Link], decisions: Sequence[Decision]) -> tuple[Link, ...]:
    """The machine's links as people's decisions (oldest first) changed them."""
    now = {link.event_id: link for link in links}
    for decision in decisions:
        event = decision.event_id
        if decision.verdict == "none":
            now = {key: replace(link, status="rejected") for key, link in now.items()}
        elif event is None:
            continue
        elif decision.verdict == "reject":
            if event in now:
                now[event] = replace(now[event], status="rejected")
        elif event in now:
            now[event] = replace(now[event], status="accepted")
        else:
            said = f"{decision.who} said so."
            evidence = (Evidence("person", 0.0, said),)
            now[event] = Link(post_id, event, event, 1.0, "accepted", evidence, said)
    return tuple(now.values())

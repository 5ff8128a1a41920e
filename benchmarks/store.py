"""How long a large store takes to open and to answer.

::

    python benchmarks/store.py [POSTS, default 1,000,000] [URL of an empty PostgreSQL database]

The store is filled with copies of the corpus's posts through SQL (its own methods would take an
hour), with links, search words and 200 feeds; then it is opened afresh, and what `run`, `watch`,
`status` and `links` ask first is timed once each. Wall and processor milliseconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from monitor.model import Analysis, FeedState, Filter, Language, Link, Post
from monitor.store import SqliteStore, open_store
from monitor.store.codec import dump
from monitor.store.rows import search_words
from monitor.store.sqlstore import SqlStore

FEEDS = 200
DAYS = 90
CORPUS = Path(__file__).parent / "corpus" / "posts.jsonl"
NOW = datetime.now(UTC).replace(microsecond=0)


def rows(posts: int) -> Iterator[tuple[Any, ...]]:
    samples = [json.loads(line) for line in CORPUS.open(encoding="utf-8")]
    words = [search_words(row["text"]) for row in samples]
    for n in range(posts):
        row = samples[n % len(samples)]
        at = NOW - timedelta(days=DAYS) * (1 - n / posts)
        post = Post(
            platform="web", external_id=str(n), source=f"f{n % FEEDS}", text=row["text"],
            collected_at=at, published_at=at,
        )  # fmt: skip
        link = Link(post.id, f"event-{n % 100}", "An event", 0.95, "confirmed", (), "Says so.")
        links = (link,) if n % 3 == 0 else ()
        analysis = Analysis(Language(row["lang"], 0.99), links=links)
        yield (n + 1, post.id, post.source, at.timestamp(), dump(post), dump(analysis),
               row["lang"], links, words[n % len(samples)])  # fmt: skip


def fill(store: SqlStore, posts: int) -> None:
    batch: list[tuple[Any, ...]] = []
    for row in rows(posts):
        batch.append(row)
        if len(batch) == 20_000 or row[0] == posts:
            with store.transaction() as db:
                db.executemany(
                    "INSERT INTO posts (id, source, at, collected_at, doc, analysis, language,"
                    " seq, pending, followed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 1)",
                    [(i, s, at, at, d, a, lang, n) for n, i, s, at, d, a, lang, _, _ in batch],
                )
                db.executemany("INSERT INTO found_in VALUES (?, ?)", [(r[1], r[2]) for r in batch])
                db.executemany(
                    "INSERT INTO links VALUES (?, ?, ?, ?, ?)",
                    [
                        (r[1], k.event_id, k.probability, k.status, k.id)
                        for r in batch
                        for k in r[7]
                    ],
                )
                db.executemany(
                    "INSERT INTO search (rowid, words) VALUES (?, ?)",
                    [(r[0], store.dialect.index(r[8])) for r in batch],
                )
                db.execute("UPDATE sequence SET last = ?", (row[0],))
            batch = []
    for n in range(FEEDS):
        store.save_feed_state(FeedState(f"f{n}", next_at=NOW, last_ok_at=NOW))


def timed(what: str, do: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {what} | {wall * 1000:.0f} | {cpu * 1000:.0f} |", flush=True)


def main() -> None:
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        where = sys.argv[2] if len(sys.argv) > 2 else f"{folder}/monitor.db"
        store = opened(where)
        fill(store, posts)
        print(f"{posts:,} posts, {store.size() / 1e9:.2f} GB\n")
        store.close()
        print("| what | wall ms | CPU ms |\n|---|---:|---:|")
        timed("open", lambda: opened(where).close())
        store = opened(where)
        timed("last change, next polls", lambda: (store.last_seq(), store.next_polls()))
        timed("queues", lambda: store.queues(NOW))
        timed("counts", store.counts)
        timed("latest 50", lambda: store.latest(limit=50))
        search = Filter(search="انفجارات")
        timed("latest 50 that say انفجارات", lambda: store.latest(search, limit=50))
        event = Filter(events=("event-7",), statuses=("confirmed",))
        timed("latest 50 of one event", lambda: store.latest(event, limit=50))
        timed("habits of 200 feeds", lambda: [store.feed_figures(f"f{n}", NOW) for n in range(200)])
        timed("keep a poll of 30 new posts", lambda: keep(store))
        timed("drop 500 old posts", lambda: store.prune(NOW, 500))
        if isinstance(store, SqliteStore):
            timed("backup, checked", partial(store.backup, Path(folder) / "copy.db"))
        store.close()


def opened(where: str) -> SqlStore:
    store = open_store(where)
    assert isinstance(store, SqlStore)
    return store


def keep(store: SqlStore) -> None:
    post = Post(platform="web", external_id="", source="f1", text="words", collected_at=NOW)
    new = [replace(post, external_id=f"new-{n}") for n in range(30)]
    store.record_poll(FeedState("f1"), new, NOW)


if __name__ == "__main__":
    main()

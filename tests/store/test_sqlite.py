"""What the SQLite store promises beside what every store does."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreError, StoreLocked
from monitor.model import FeedState, Post
from monitor.store import SqliteStore, figures
from monitor.store.codec import dump
from monitor.store.sqlite.schema import MIGRATIONS
from tests.builders import NOW, a_link, a_post, an_analysis
from tests.store.earlier import migrate_to


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store, ``tmp_path / "monitor.db"``."""
    opened = SqliteStore(tmp_path / "monitor.db")
    yield opened
    opened.close()


def keep(store: SqliteStore, *posts: Post) -> None:
    store.record_poll(FeedState("marsad"), posts, NOW)


def analyse_all(store: SqliteStore) -> None:
    for item in store.pending(1000, NOW):
        store.save_analyses([(item, an_analysis(links=(a_link(item.post.id),)))])


def test_a_schema_from_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StoreError, match=r"monitor\.db: written by a newer monitor"):
        SqliteStore(path)


def test_a_file_that_is_no_store_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    path.write_text("not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(StoreError, match=r"monitor\.db: is not a monitor store"):
        SqliteStore(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        SqliteStore(tmp_path / "file" / "monitor.db")


def test_a_full_disk_is_said_and_nothing_is_half_kept(store: SqliteStore) -> None:
    keep(store, a_post("1"))
    store._db.execute("PRAGMA max_page_count = 40")  # as full as a disk can be made portably
    many = [a_post(str(n), text="x" * 2000) for n in range(2, 200)]
    with pytest.raises(StoreError, match="the disk is full; nothing was changed"):
        keep(store, *many)
    assert store.counts().posts == 1


# of an earlier version


def test_a_store_of_an_earlier_version_owes_what_it_never_translated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        migrate_to(db, 2)
        for number, (language, analysis) in enumerate(
            [
                ("ar", '{"language": {"code": "ar", "confidence": 1}}'),
                ("ar", '{"translation": {"text": "done"}}'),
                ("en", "{}"),
            ]
        ):
            db.execute(
                "INSERT INTO posts (id, source, at, collected_at, doc, pending, analysis, language)"
                " VALUES (?, 's', 0, 0, ?, 0, ?, ?)",
                (f"x:{number}", _doc(number), analysis, language),
            )
    db.close()
    store = SqliteStore(path)
    assert [item.post.external_id for item in store.owed(["ar", "en"], 10, NOW)] == ["0"]
    store.close()


def _doc(number: int) -> str:
    return dump(a_post(str(number)))


# speed


def test_what_is_owed_is_counted_from_an_index_alone(store: SqliteStore) -> None:
    with store.reading() as db:
        plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {figures.OWED}")]
    assert plan == ["SCAN posts USING COVERING INDEX posts_owing"]


# backup


def test_a_backup_is_a_whole_store_that_stands_alone(store: SqliteStore, tmp_path: Path) -> None:
    keep(store, a_post("1"), a_post("2"))
    analyse_all(store)
    copy = tmp_path / "copy.db"
    assert store.backup(copy) == 2
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    opened = SqliteStore(copy)
    assert list(opened.linked()) == list(store.linked())
    opened.close()


def test_a_backup_replaces_nothing(store: SqliteStore, tmp_path: Path) -> None:
    there = tmp_path / "copy.db"
    there.write_text("mine")
    with pytest.raises(StoreError, match=r"copy\.db: is there already"):
        store.backup(there)
    assert there.read_text() == "mine"


def test_a_backup_into_no_folder_is_said(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no backup made: No such file"):
        store.backup(tmp_path / "nowhere" / "copy.db")


def test_a_backup_made_while_another_writes_is_whole(store: SqliteStore, tmp_path: Path) -> None:
    written, done = threading.Event(), threading.Event()

    def write() -> None:
        n = 0
        while not done.is_set():
            keep(store, *(a_post(f"{n}-{k}", text="x" * 3000) for k in range(20)))
            written.set()
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    held = store.backup(tmp_path / "copy.db")
    done.set()
    writer.join()
    assert held > 0
    assert held % 20 == 0  # a poll is there whole or not at all
    with sqlite3.connect(tmp_path / "copy.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


# trouble


def test_a_store_another_program_holds_locked_says_so_and_works_afterwards(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "monitor.db")
    store.close()
    store = SqliteStore(tmp_path / "monitor.db", busy_timeout_s=0.01)
    other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match=r"monitor\.db: is locked by another program"):
        keep(store, a_post("1"))
    assert list(store.linked()) == []  # reading goes on
    other.execute("ROLLBACK")
    keep(store, a_post("1"))
    assert store.counts().posts == 1
    other.close()
    store.close()

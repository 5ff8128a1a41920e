"""What the PostgreSQL store promises beside what every store does."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from monitor.errors import StoreBusy, StoreError, StoreLocked
from monitor.model import FeedState, Filter
from monitor.store import SqliteStore, open_store
from monitor.store.postgres import PostgresStore
from monitor.store.postgres.schema import MIGRATIONS
from monitor.store.url import passwords, shown
from tests.builders import NOW, a_post, an_analysis


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(database)
    yield opened
    opened.close()


@contextmanager
def superuser(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as db:
        yield db


def cut_off(url: str) -> None:
    """End all connections of monitors, as a server does that is started again."""
    with superuser(url) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'monitor'"
        )


def keep(store: PostgresStore, *ids: str) -> None:
    store.record_poll(FeedState("marsad"), [a_post(name) for name in ids], NOW)


# the schema


def test_tables_columns_and_indexes_are_those_of_the_sqlite_store(
    database: str, store: PostgresStore, tmp_path: Path
) -> None:
    SqliteStore(tmp_path / "monitor.db").close()
    with sqlite3.connect(tmp_path / "monitor.db") as db:
        indexes = {
            name
            for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")
            if not name.startswith("sqlite_")
        }
        there = {
            (table, column)
            for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))
            if not table.startswith(("search_", "sqlite_"))
        }
    db.close()
    with superuser(database) as server:
        here = set(
            server.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema()"
            )
        )
        known = server.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            r" AND indexname !~ '_(pkey|key)$'"
        ).fetchall()
    only_here = {("posts", "bytes"), ("search", "rowid"), ("monitor_schema", "version")}
    only_there = {("search", "search"), ("search", "rank")}
    assert here - only_here == there - only_there
    assert {name for (name,) in known} - {"search_words"} == indexes


def test_a_schema_from_the_future_is_refused(database: str, store: PostgresStore) -> None:
    with superuser(database) as db:
        db.execute("UPDATE monitor_schema SET version = %s", (len(MIGRATIONS) + 1,))
    with pytest.raises(StoreError, match="written by a newer monitor"):
        PostgresStore(database)


def test_two_that_open_a_new_store_at_once_make_one(database: str) -> None:
    opened: list[PostgresStore] = []
    threads = [
        threading.Thread(target=lambda: opened.append(PostgresStore(database))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.counts().posts for store in opened] == [0] * 4
    for store in opened:
        store.close()


def test_a_database_that_is_not_in_utf_8_is_refused(postgres_server: str) -> None:
    with superuser(postgres_server) as db:
        db.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        with pytest.raises(StoreError, match="is encoded in LATIN1; it must be UTF8"):
            PostgresStore(postgres_server.replace("/postgres?", "/latin?"))
        db.execute("DROP DATABASE latin WITH (FORCE)")


def test_a_server_that_only_reads_is_said(database: str) -> None:
    with pytest.raises(StoreError, match="is read-only"):
        PostgresStore(f"{database}%20-cdefault_transaction_read_only%3Don")


# its address


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("postgresql://ana:s3cret@db:5432/m?sslmode=require", "postgresql://ana@db:5432/m"),
        ("postgresql://ana:s3cret@a,b/m?password=s3cret", "postgresql://ana@a,b/m"),
        ("postgresql://ana:s3@cr/et@db/m", "postgresql://ana@db/m"),
        ("postgresql:///m?host=/run/pg", "postgresql:///m"),
        ("postgres://db", "postgres://db"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, without: str) -> None:
    assert shown(url) == without


def test_passwords_are_found_as_they_are_written_and_as_they_are_meant() -> None:
    found = passwords("postgresql://ana:s3%40cret@db/m?sslpassword=0pen&application_name=x")
    assert found == {"s3%40cret", "s3@cret", "0pen"}
    assert passwords("monitor.db") == passwords("postgresql://ana@db/m") == set()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cret@127.0.0.1:1/m",  # nobody answers there
        "postgresql://ana:s3%zzcret@127.0.0.1:1/m",
        "postgresql://ana:pa@s3cret@127.0.0.1:1/m",
        "postgresql://ana:pa/s3cret@127.0.0.1:1/m",
        "postgresql://ana:pa s3cret@127.0.0.1:1/m",
        "postgresql://ana@127.0.0.1:1/m?password=s3cret",
        "postgresql://ana@127.0.0.1:1/m?password=s3cret&wrong=1",
    ],
)
def test_no_error_shows_a_password(url: str) -> None:
    with pytest.raises(StoreError, match=r"^postgresql://ana@127.0.0.1:1/m: ") as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_away_is_said_in_one_line() -> None:
    with pytest.raises(StoreLocked, match=r"postgresql://127.0.0.1:1/m: is away: .*refused"):
        open_store("postgresql://127.0.0.1:1/m")


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("monitor.store.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"needs psycopg: pip install 'monitor\[postgres\]'"):
        open_store("postgresql://db/m")


# trouble


def test_a_connection_that_was_lost_is_made_again(database: str, store: PostgresStore) -> None:
    keep(store, "1")
    cut_off(database)
    assert store.counts().posts == 1
    cut_off(database)
    keep(store, "2")
    assert store.counts().posts == 2


def test_a_connection_lost_in_the_middle_of_writing_leaves_nothing_half_kept(
    database: str, store: PostgresStore
) -> None:
    def write() -> None:
        with store.transaction() as db:
            db.execute("INSERT INTO pages VALUES (?, 0)", ("https://a.example",))
            cut_off(database)
            db.execute("INSERT INTO pages VALUES (?, 0)", ("https://b.example",))

    with pytest.raises(StoreLocked, match=r"^postgresql://monitor@/postgres: "):
        write()
    assert len(store.unopened(["https://a.example", "https://b.example"])) == 2


def test_one_who_waits_too_long_for_his_turn_to_write_is_told_and_reading_goes_on(
    database: str,
) -> None:
    one, two = PostgresStore(database), PostgresStore(database, busy_timeout_s=0.01)
    with one.transaction():
        with pytest.raises(StoreLocked, match="is locked by another program"):
            keep(two, "1")
        assert two.counts().posts == 0
    keep(two, "1")
    assert one.counts().posts == 1
    one.close()
    two.close()


def test_a_daemon_whose_connection_was_lost_holds_the_store_again_when_it_writes(
    database: str, store: PostgresStore
) -> None:
    with store.exclusive():
        cut_off(database)
        assert not store.held()
        keep(store, "1")
        assert store.held()
    assert not store.held()


def test_a_daemon_that_lost_the_store_to_another_writes_no_more(
    database: str, store: PostgresStore
) -> None:
    other = PostgresStore(database)
    with store.exclusive():
        cut_off(database)
        with other.exclusive(), pytest.raises(StoreBusy, match="another monitor daemon"):
            keep(store, "1")
    assert store.counts().posts == 0
    other.close()


def test_stores_in_two_schemas_have_a_daemon_each(database: str, store: PostgresStore) -> None:
    with superuser(database) as db:
        db.execute("CREATE SCHEMA beside")
    other = PostgresStore(database.rpartition("%3D")[0] + "%3Dbeside")
    with store.exclusive(), other.exclusive():
        assert other.held()
    other.close()
    with superuser(database) as db:
        db.execute("DROP SCHEMA beside CASCADE")


def test_few_connections_are_kept_open(database: str, store: PostgresStore) -> None:
    with superuser(database) as db:
        ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'monitor'"
        readings = [store.reading() for _ in range(9)]
        for reading in readings:
            reading.__enter__()
        assert db.execute(ask).fetchall() == [(9,)]
        for reading in readings:
            reading.__exit__(None, None, None)
        while db.execute(ask).fetchall() != [(4,)]:  # the server takes a moment to let them go
            pass


def test_who_stops_reading_in_the_middle_disturbs_nobody(store: PostgresStore) -> None:
    keep(store, *map(str, range(50)))
    store.save_analyses([(item, an_analysis()) for item in store.pending(50, NOW)])
    found = store.recent(timedelta(days=1))
    assert next(found).external_id
    assert store.counts().posts == 50
    del found
    assert len(list(store.recent(timedelta(days=1)))) == 50


# text


def test_nul_in_ids_and_states_is_survived(store: PostgresStore) -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)
    state = FeedState("marsad", cursor={"\0": "\0", "\\u0000": "\\"}, next_at=later)
    store.record_poll(state, [a_post("a\0b", text="x\0y")], NOW)
    (item,) = store.pending(1, NOW)
    store.save_analyses([(item, an_analysis())])
    assert item.post.text == "x\0y"
    assert store.get("telegram:a\0b") is not None
    assert store.next_polls() == {"marsad": later}
    assert store.feed_states(["marsad"]) == [state]


@pytest.mark.parametrize("query", ["CAFE", "café", "القائم", "beit hanoun", "beit_hanoun"])
def test_words_are_folded_and_cut_as_sqlite_does(store: PostgresStore, query: str) -> None:
    endless = "ا" * 10_000
    text = f"Café #القائم #beit_hanoun {endless}"
    store.record_poll(FeedState("marsad"), [a_post("1", text=text), a_post("2")], NOW)
    store.save_analyses([(item, an_analysis()) for item in store.pending(2, NOW)])
    assert len(list(store.linked(Filter(search=query)))) == 1

"""What the daemon promises: it polls, analyses, survives what is broken, and ends when told."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config import Config, load_config
from monitor.daemon import STOP_WITHIN_S, Daemon, Parts
from monitor.daemon import deadline as daemon_deadline
from monitor.demo import FIXTURES, write_config
from monitor.demo.server import serving
from monitor.errors import StoreError, StoreLocked, Unreachable
from monitor.model import Feed, FeedState, LinkedPost
from monitor.pipeline import Polled, work_off
from monitor.store import SqliteStore
from tests.builders import NOW, a_post
from tests.daemon.support import InThread, quick

CONTENT = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))


@pytest.fixture
def base() -> Iterator[str]:
    with serving(CONTENT, elapsed=lambda: 60) as url:
        yield url


@pytest.fixture
def config(tmp_path: Path, base: str) -> Config:
    return load_config(write_config(tmp_path, base, tmp_path / "models"))


def with_feed(tmp_path: Path, **feed: Any) -> Config:
    path = tmp_path / "config.yaml"
    settings = yaml.safe_load(path.read_text("utf-8"))
    settings["feeds"].append(feed)
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    return load_config(path)


def test_once_polls_every_feed_analyses_every_post_and_ends(
    config: Config, store: SqliteStore
) -> None:
    shown: list[LinkedPost] = []
    daemon = Daemon(Parts(config, InThread(store)), store, on_linked=shown.append)
    assert asyncio.run(daemon.run_once()) == []
    counts = store.counts()
    assert counts.posts > 35
    assert counts.pending == 0
    assert len({item.post.id for item in shown}) == counts.posts


def test_a_second_round_finds_nothing_new(config: Config, store: SqliteStore) -> None:
    asyncio.run(Daemon(Parts(config, InThread(store)), store).run_once())
    before = store.counts().posts
    later = Daemon(Parts(config, InThread(store)), store, clock=lambda: _soon(store))
    asyncio.run(later.run_once())
    assert store.counts().posts == before
    assert store.counts().pending == 0


def _soon(store: SqliteStore) -> datetime:
    states = store.feed_states(["courrier", "marsad", "desk", "rafida", "masson"])
    return max(s.next_at for s in states if s.next_at) + timedelta(seconds=1)


def test_a_feed_that_cannot_be_reached_is_named_and_the_others_go_on(
    config: Config, store: SqliteStore, tmp_path: Path
) -> None:
    config = with_feed(tmp_path, name="dead", kind="feed", url="http://127.0.0.1:9/rss")
    polled: list[tuple[str, bool]] = []

    def note(feed: Feed, result: Polled) -> None:
        polled.append((feed.name, result.error is None))

    failed = asyncio.run(Daemon(Parts(config, InThread(store)), store, on_polled=note).run_once())
    assert [type(result.error) for result in failed] == [Unreachable]
    assert sorted(polled) == sorted((feed.name, feed.name != "dead") for feed in config.feeds)
    (state,) = store.feed_states(["dead"])
    assert state.failures == 1
    assert state.next_at is not None
    assert store.counts().posts > 35


def test_one_post_nobody_thought_of_does_not_hold_up_the_others(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    posts = [a_post(str(n), text="choke" if n == 2 else "fine") for n in range(4)]
    store.record_poll(FeedState("marsad"), posts, NOW)
    with caplog.at_level(logging.ERROR):
        assert work_off(store, quick("choke"), NOW) == 4
    assert {item.post.external_id for item in store.linked()} == {"0", "1", "3"}
    assert "telegram:2 cannot be analysed" in caplog.text
    assert work_off(store, quick("choke"), NOW) == 0  # it waits,
    assert work_off(store, quick(), NOW + timedelta(hours=1)) == 1  # and is tried again


def test_the_daemon_shows_posts_as_they_come_until_it_is_stopped(
    config: Config, store: SqliteStore
) -> None:
    async def run() -> None:
        daemon = Daemon(Parts(config, InThread(store)), store, on_linked=lambda _: daemon.stop())
        await asyncio.wait_for(daemon.run(), timeout=30)

    asyncio.run(run())
    assert store.counts().posts > 0


def test_a_full_disk_ends_the_daemon_with_its_reason_and_loses_nothing(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteStore(tmp_path / "monitor.db").close()
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", _on_a_small_disk(sqlite3.connect))
        store = SqliteStore(tmp_path / "monitor.db")

        async def run() -> None:
            await asyncio.wait_for(Daemon(Parts(config, InThread(store)), store).run(), timeout=30)

        with pytest.raises(StoreError, match="the disk is full; nothing was changed"):
            asyncio.run(run())
        store.close()
    store = SqliteStore(tmp_path / "monitor.db")  # somebody made room
    asyncio.run(Daemon(Parts(config, InThread(store)), store, clock=_in_an_hour).run_once())
    counts = store.counts()
    assert counts.posts > 35
    assert counts.pending == 0
    store.close()


def _on_a_small_disk(connect: Callable[..., sqlite3.Connection]) -> Callable[..., Any]:
    def small(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute("PRAGMA max_page_count = 1")  # as full as a disk can be made portably
        return connection

    return small


class Locked(InThread):
    async def work(self, now: datetime) -> int:
        raise StoreLocked("monitor.db: is locked by another program")


def test_once_says_that_a_locked_store_kept_it_from_finishing(
    config: Config, store: SqliteStore
) -> None:
    worker = Locked(store)
    with pytest.raises(StoreLocked, match="is locked by another program"):
        asyncio.run(Daemon(Parts(config, worker), store).run_once())
    assert worker.stopped
    assert store.counts().pending > 0  # for the next run


def _in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize("once", [True, False])
def test_told_twice_to_stop_it_does_not_wait_for_a_server_that_hangs(
    tmp_path: Path, store: SqliteStore, once: bool
) -> None:
    async def run() -> None:
        asked = asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await reader.read()  # until the other side gives up
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        path = tmp_path / "config.yaml"
        path.write_text(
            "net: {allow: [127.0.0.1]}\n"
            f"feeds: [{{name: slow, kind: feed, url: 'http://127.0.0.1:{port}/rss'}}]\n",
            "utf-8",
        )
        daemon = Daemon(Parts(load_config(path), InThread(store)), store)
        running = asyncio.create_task(_ended(daemon, once))
        await asked.wait()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, timeout=STOP_WITHIN_S / 2)
        server.close()

    asyncio.run(run())


async def _ended(daemon: Daemon, once: bool) -> None:
    if once:
        await daemon.run_once()
    else:
        await daemon.run()


def test_told_to_stop_it_ends_within_the_deadline_however_much_is_stuck(
    config: Config, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polls, the batch and what ends the worker share one deadline."""
    monkeypatch.setattr(daemon_deadline, "STOP_WITHIN_S", 0.05)
    given: list[float] = []

    class Stuck(InThread):
        async def work(self, now: datetime) -> int:
            daemon.stop()
            await asyncio.Event().wait()
            return 0

        async def stop(self, within_s: float) -> None:
            given.append(within_s)

    daemon = Daemon(Parts(config, Stuck(store)), store)
    asyncio.run(asyncio.wait_for(daemon.run(), 30))
    again = daemon = Daemon(Parts(config, Stuck(store)), store)
    asyncio.run(asyncio.wait_for(again.run_once(), 30))
    assert given == [0.05, 0.05]
    assert again.stopped

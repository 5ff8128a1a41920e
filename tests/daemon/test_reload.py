"""SIGHUP, systemd, clocks that are set, stores that are locked: what may happen in a long life."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers import base as ticking

from monitor.config import Config, load_config
from monitor.daemon import Daemon, Parts
from monitor.daemon import loop as daemon_loop
from monitor.daemon.notify import Notifier
from monitor.errors import ModelError, StoreLocked
from monitor.model import Feed
from monitor.pipeline import Polled
from monitor.store import Queue, SqliteStore
from tests.daemon.support import InThread

EMPTY_RSS = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "monitor.db", busy_timeout_s=0.05)
    yield opened
    opened.close()


class Feeds:
    """A server of empty feeds on loopback; ``path`` is the config that lists some of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config.yaml"
        self.port = 0

    async def serve(self) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            length = f"Content-Length: {len(EMPTY_RSS)}\r\nConnection: close\r\n\r\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" + length)
            writer.write(EMPTY_RSS)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def configure(self, *names: str) -> Config:
        self.write(*names)
        return load_config(self.path)

    def write(self, *names: str, more: str = "") -> None:
        feeds = [
            f"{{name: {n}, kind: feed, url: 'http://127.0.0.1:{self.port}/{n}'}}" for n in names
        ]
        self.path.write_text(
            f"poll: {{every: 1s, at_least: 1s}}\nnet: {{allow: [127.0.0.1]}}\n"
            f"feeds: [{', '.join(feeds)}]\n{more}",
            "utf-8",
        )


class Heard:
    """Names of feeds as they are polled; ``until`` waits for one."""

    def __init__(self) -> None:
        self._names: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, feed: Feed, polled: Polled) -> None:
        assert polled.error is None
        self._names.put_nowait(feed.name)

    async def until(self, name: str) -> None:
        while await self._names.get() != name:
            pass


def living(feeds: Feeds, body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        server = await feeds.serve()
        async with asyncio.timeout(60):
            await body()
        server.close()

    asyncio.run(run())


def test_sighup_takes_in_new_settings_and_a_wrong_file_is_told_and_the_old_kept(
    tmp_path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    feeds = Feeds(tmp_path)

    async def body() -> None:
        heard, workers = Heard(), [InThread(store)]
        told = asyncio.Event()

        def reload() -> Parts:
            try:
                config = load_config(feeds.path)
            finally:
                asyncio_loop.call_soon_threadsafe(told.set)
            workers.append(InThread(store))
            return Parts(config, workers[-1])

        asyncio_loop = asyncio.get_running_loop()
        config = feeds.configure("one")
        daemon = Daemon(Parts(config, workers[0]), store, reload=reload, on_polled=heard)
        running = asyncio.create_task(daemon.run())
        await heard.until("one")

        feeds.write("one", more="feedz: []\n")
        os.kill(os.getpid(), signal.SIGHUP)
        await told.wait()
        await heard.until("one")  # it goes on
        assert [worker.stopped for worker in workers] == [False]

        feeds.write("two")
        os.kill(os.getpid(), signal.SIGHUP)
        await heard.until("two")
        assert [worker.stopped for worker in workers] == [True, False]
        daemon.stop()
        await running
        assert [worker.stopped for worker in workers] == [True, True]

    with caplog.at_level(logging.WARNING):
        living(feeds, body)
    assert "not reloaded, the settings in use are kept: " in caplog.text
    assert "config.yaml:4: unknown key 'feedz'" in caplog.text
    assert "settings and events are reloaded: 1 feeds" in caplog.text


def test_new_settings_whose_models_cannot_be_loaded_are_not_taken_in(
    tmp_path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    feeds = Feeds(tmp_path)

    async def body() -> None:
        heard, old = Heard(), InThread(store)
        asked = asyncio.Event()
        asyncio_loop = asyncio.get_running_loop()

        def reload() -> Parts:
            asyncio_loop.call_soon_threadsafe(asked.set)
            fails = ModelError("models/opus: is damaged")
            return Parts(load_config(feeds.path), InThread(store, fails=fails))

        config = feeds.configure("one")
        daemon = Daemon(Parts(config, old), store, reload=reload, on_polled=heard)
        running = asyncio.create_task(daemon.run())
        await heard.until("one")
        daemon.reload_settings()
        await asked.wait()
        await heard.until("one")
        assert not old.stopped
        daemon.stop()
        await running

    living(feeds, body)
    assert "the settings in use are kept: models/opus: is damaged" in caplog.text


def test_systemd_hears_of_the_whole_life_of_a_daemon(tmp_path: Path, store: SqliteStore) -> None:
    feeds = Feeds(tmp_path)
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.setblocking(False)

        async def body() -> None:
            parts = Parts(feeds.configure("one"), InThread(store))
            notifier = Notifier({"NOTIFY_SOCKET": address})
            daemon = Daemon(parts, store, notifier=notifier)
            running = asyncio.create_task(daemon.run())
            heard: list[str] = []
            receive = asyncio.get_running_loop().sock_recv
            while not {"READY=1", "WATCHDOG=1"} <= set(heard):
                heard += (await receive(manager, 1000)).decode().split("\n")
            assert "STATUS=1 feeds, 0 in trouble, 0 posts waiting" in heard
            daemon.stop()
            while "STOPPING=1" not in heard:
                heard += (await receive(manager, 1000)).decode().split("\n")
            await running

        living(feeds, body)


def test_polling_goes_on_when_the_clock_is_set_back_a_day(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = Feeds(tmp_path)
    offset = timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + offset

    class SetBack(datetime):
        """What APScheduler takes for the time."""

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset

    monkeypatch.setattr(ticking, "datetime", SetBack)
    monkeypatch.setattr(daemon_loop, "utc_now", now)
    monkeypatch.setattr(daemon_loop, "_ASLEEP_S", 1.5)

    async def body() -> None:
        nonlocal offset
        heard = Heard()
        parts = Parts(feeds.configure("one"), InThread(store))
        daemon = Daemon(parts, store, on_polled=heard, clock=now)
        running = asyncio.create_task(daemon.run())
        await heard.until("one")
        # Every feed is now due tomorrow, and the next tick too.
        offset = timedelta(days=-3)
        await heard.until("one")
        await heard.until("one")
        daemon.stop()
        await running

    living(feeds, body)


def test_a_store_that_is_locked_for_a_while_ends_nothing_and_loses_nothing(
    tmp_path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    feeds = Feeds(tmp_path)
    other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)

    async def body() -> None:
        heard = Heard()
        parts = Parts(feeds.configure("one"), InThread(store))
        other.execute("BEGIN IMMEDIATE")
        daemon = Daemon(parts, store, on_polled=heard)
        running = asyncio.create_task(daemon.run())
        while "feed one is asked again" not in caplog.text:
            await asyncio.sleep(0)
        other.execute("ROLLBACK")
        await heard.until("one")
        daemon.stop()
        await running

    with caplog.at_level(logging.WARNING):
        living(feeds, body)
    other.close()
    assert "is locked by another program" in caplog.text


def test_once_says_which_feeds_a_locked_store_left_out(tmp_path: Path, store: SqliteStore) -> None:
    feeds = Feeds(tmp_path)
    other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)

    async def body() -> None:
        parts = Parts(feeds.configure("one", "two"), InThread(store))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match="for the polls of one, two"):
            await Daemon(parts, store).run_once()
        other.execute("ROLLBACK")
        assert await Daemon(parts, store).run_once() == []

    living(feeds, body)
    other.close()


def test_while_the_store_is_locked_the_loop_beats_and_the_queues_are_known_however_many_polls_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each poll that has something to keep waits in a thread, and there are few of these."""
    monkeypatch.setattr(daemon_loop, "TICK_S", 0.01)
    monkeypatch.setattr(daemon_loop, "LOOK_S", 0.01)
    (tmp_path / "posts.jsonl").write_text('{"id": "1", "text": "told"}\n')
    feeds = ", ".join(f"{{name: f{n}, kind: file, path: posts.jsonl}}" for n in range(40))
    (tmp_path / "config.yaml").write_text(f"feeds: [{feeds}]\n")
    store = SqliteStore(tmp_path / "monitor.db", busy_timeout_s=50)
    other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)
    queues, looked = store.queues, asyncio.Event()

    async def body() -> None:
        loop = asyncio.get_running_loop()

        def looking(now: datetime) -> list[Queue]:
            loop.call_soon_threadsafe(looked.set)
            return queues(now)

        monkeypatch.setattr(store, "queues", looking)
        daemon = Daemon(Parts(load_config(tmp_path / "config.yaml"), InThread(store)), store)
        other.execute("BEGIN IMMEDIATE")
        running = asyncio.create_task(daemon.run())
        for _ in range(20):
            looked.clear()
            beat = daemon.beat_at
            await looked.wait()
            while daemon.beat_at == beat:
                await asyncio.sleep(0)
        assert store.counts().posts == 0  # for it is locked
        other.execute("ROLLBACK")
        daemon.stop()
        await running

    with caplog.at_level(logging.WARNING):
        asyncio.run(asyncio.wait_for(body(), 60))
    other.close()
    assert store.counts().posts == 32  # as many as are asked at once
    store.close()
    assert "locked" not in caplog.text

"""A PostgreSQL server that goes away and comes back while the daemon runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.config import load_config
from monitor.daemon import Daemon, Parts
from monitor.daemon import loop as daemon_loop
from monitor.demo.server import serving
from monitor.model import Feed
from monitor.pipeline import Polled
from monitor.store import open_store
from tests.daemon.support import InThread

POSTS = 30


class Server:
    """A server with one database, which it can lose and find again."""

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url, autocommit=True)
        self._db.execute("CREATE DATABASE fickle")
        self.url = url.replace("/postgres?", "/fickle?")

    def goes_away(self) -> None:
        self._db.execute("ALTER DATABASE fickle ALLOW_CONNECTIONS false")
        self._db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fickle'"
        )

    def comes_back(self) -> None:
        self._db.execute("ALTER DATABASE fickle ALLOW_CONNECTIONS true")

    def close(self) -> None:
        self._db.execute("DROP DATABASE fickle WITH (FORCE)")
        self._db.close()


@pytest.fixture
def server(postgres_server: str) -> Iterator[Server]:
    made = Server(postgres_server)
    yield made
    made.close()


def test_a_server_that_goes_away_for_a_while_ends_nothing_and_loses_nothing(
    tmp_path: Path,
    server: Server,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daemon_loop, "TICK_S", 0.05)
    monkeypatch.setattr(daemon_loop, "LOOK_S", 0.05)
    shown = 0.0  # posts with this number and below are in the channel
    store = open_store(server.url)

    async def run() -> None:
        nonlocal shown
        polled: asyncio.Queue[Feed] = asyncio.Queue()

        def on_polled(feed: Feed, found: Polled) -> None:
            assert found.error is None
            polled.put_nowait(feed)

        parts = Parts(load_config(tmp_path / "config.yaml"), InThread(store))
        daemon = Daemon(parts, store, on_polled=on_polled)
        running = asyncio.create_task(daemon.run())
        async with asyncio.timeout(60):
            with store.exclusive():
                await polled.get()
                server.goes_away()
                shown = POSTS / 2
                for what in ("feeds wait", "analysing waits", "the queues are not known"):
                    while f"{what}: postgresql://monitor@/fickle: is away" not in caplog.text:
                        assert not running.done()
                        await asyncio.sleep(0)
                server.comes_back()
                shown = POSTS
                while store.counts().posts < POSTS or store.counts().pending:
                    await polled.get()
                assert store.held()
                daemon.stop()
                await running

    with serving(content(), elapsed=lambda: shown) as base, caplog.at_level(logging.WARNING):
        (tmp_path / "config.yaml").write_text(
            "poll: {every: 1s, at_least: 1s}\n"
            "net: {allow: [127.0.0.1]}\n"
            f"feeds: [{{name: n, kind: telegram, channel: numbered, base_url: '{base}'}}]\n",
            "utf-8",
        )
        asyncio.run(run())
    ids = [lp.post.external_id for lp in store.linked()]
    store.close()
    assert sorted(ids) == sorted(f"numbered/{n}" for n in range(1, POSTS + 1))


def content() -> dict[str, Any]:
    start = datetime(2024, 2, 3, tzinfo=UTC)
    posts = [
        {"id": n, "at": start + timedelta(minutes=n), "views": "1", "text": str(n), "after": n}
        for n in range(1, POSTS + 1)
    ]
    return {"x": {}, "telegram": {"channel": "numbered", "title": "N", "posts": posts}}

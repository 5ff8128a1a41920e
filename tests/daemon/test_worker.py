"""The analysing process: it may crash or get stuck, and no post but the one at fault waits for it.

Each process here is real; the analyser in it does what the text of a post says.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.analysis import packed, unpacked
from monitor.config import Config
from monitor.daemon.worker import AnalysisProcess
from monitor.errors import MonitorError, StoreError, StoreLocked
from monitor.model import Event, Feed, FeedState
from monitor.store import SqliteStore
from tests.builders import NOW, a_post

WORKER = """
import os, sys, time
from pathlib import Path
from monitor.analysis import serve
from monitor.errors import StoreError, StoreLocked
from monitor.store import SqliteStore
from tests.daemon.support import QuickAnalyser

class Obedient(QuickAnalyser):
    def analyse(self, posts, now, **options):
        for post in posts:
            match post.text:
                case "crash": os.abort()
                case "sleep": time.sleep(600)
                case "locked": raise StoreLocked("monitor.db: is locked by another program")
                case "full": raise StoreError("monitor.db: the disk is full; nothing was changed")
        return super().analyse(posts, now)

sys.stdin.readline()
serve(SqliteStore(Path(sys.argv[1])), Obedient(), sys.stdin, sys.stdout)
"""


def keep(store: SqliteStore, *texts: str) -> None:
    posts = [a_post(str(n), text=text) for n, text in enumerate(texts)]
    store.record_poll(FeedState("marsad"), posts, NOW)


def process(store: SqliteStore, code: str = WORKER, stuck_s: float = 60) -> AnalysisProcess:
    command = (sys.executable, "-c", code, str(store.path))
    return AnalysisProcess(Config(), (), store, command=command, stuck_s=stuck_s, pause_s=0)


def analysed(store: SqliteStore) -> list[str]:
    return sorted(item.post.text for item in store.linked())


async def work_off_all(worker: AnalysisProcess, store: SqliteStore) -> None:
    """As the daemon does; a crash counts as no work done, and the next call goes on."""
    for _ in range(20):
        if not await worker.work(NOW) and not store.pending(1, NOW):
            return


def test_posts_are_analysed_in_another_process(store: SqliteStore) -> None:
    async def run() -> None:
        worker = process(store)
        await worker.start()
        assert await worker.work(NOW) == 2
        assert await worker.work(NOW) == 0
        await worker.stop(within_s=10)

    keep(store, "one", "two")
    asyncio.run(run())
    assert analysed(store) == ["one", "two"]


def test_a_post_that_crashes_it_is_found_and_put_off_and_the_others_are_analysed(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        worker = process(store)
        await worker.start()
        await work_off_all(worker, store)
        await worker.stop(within_s=10)
        assert worker.restarts == 2  # the batch, and the post alone

    keep(store, "one", "crash", "two")
    asyncio.run(run())
    assert analysed(store) == ["one", "two"]
    (left,) = store.pending(10, NOW + timedelta(hours=1))
    assert (left.post.text, left.attempts) == ("crash", 1)
    assert "was ended by SIGABRT, 3 posts in hand" in caplog.text
    assert "post telegram:1 is put off" in caplog.text


def test_a_process_that_is_stuck_is_ended_and_the_post_named(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        worker = process(store, stuck_s=0.5)
        await worker.start()
        assert await worker.work(NOW) == 0
        await worker.stop(within_s=10)

    keep(store, "sleep")
    asyncio.run(run())
    assert "the analysing process was stuck for 0 s, 1 posts in hand" in caplog.text
    assert "post telegram:0 is put off" in caplog.text


def test_a_store_that_is_locked_or_full_is_told_apart(store: SqliteStore) -> None:
    async def run(error: type[StoreError]) -> None:
        worker = process(store)
        await worker.start()
        with pytest.raises(error) as raised:
            await worker.work(NOW)
        assert type(raised.value) is error
        await worker.stop(within_s=10)

    keep(store, "locked")
    asyncio.run(run(StoreLocked))
    keep(store, "full")
    asyncio.run(run(StoreError))
    assert store.counts().pending == 1  # kept, to be tried again


def test_what_keeps_it_from_starting_is_said(store: SqliteStore) -> None:
    broken = 'import sys; sys.stdin.readline(); print(\'{"broken": "no model folder"}\')'

    async def run(code: str, match: str) -> None:
        with pytest.raises(MonitorError, match=match):
            await process(store, code).start()

    asyncio.run(run(broken, "no model folder"))
    asyncio.run(run("import sys; sys.exit(3)", "ended with status 3"))


def test_one_that_cannot_be_started_again_is_tried_ever_again(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken").touch()
    code = (
        "import pathlib, sys\n"
        f"if pathlib.Path({str(tmp_path / 'broken')!r}).exists(): sys.exit('not now')\n"
    ) + WORKER

    async def run() -> None:
        worker = process(store, code)
        assert await worker.work(NOW) == 0
        assert await worker.work(NOW) == 0
        (tmp_path / "broken").unlink()
        assert await worker.work(NOW) == 1
        await worker.stop(within_s=10)

    keep(store, "one")
    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert caplog.text.count("cannot be started again") == 2
    assert analysed(store) == ["one"]


def test_told_to_stop_it_is_cut_off_when_it_takes_too_long(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        worker = process(store)
        await worker.start()
        working = asyncio.ensure_future(worker.work(NOW))
        while not worker._in_hand:
            await asyncio.sleep(0)
        stopping = asyncio.ensure_future(worker.stop(within_s=0.1))
        await stopping
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    keep(store, "sleep")
    asyncio.run(run())
    assert "analysing is cut off after 0.1 s; it loses nothing" in caplog.text
    assert len(store.pending(1, NOW)) == 1


def test_settings_and_events_reach_it_but_for_what_only_the_daemon_needs() -> None:
    config = Config(languages=("ar",))
    feeds = (Feed("replay", "file", None),)
    events = (Event(id="qaim", title="Strikes on القائم", started_at=NOW),)
    told = packed(config.model_copy(update={"feeds": feeds}), events)
    assert unpacked(told) == (config, events)

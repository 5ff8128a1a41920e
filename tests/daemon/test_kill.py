"""``kill -9`` at random instants, again and again: nothing is lost, nothing is there twice.

Eight times here, fewer with PostgreSQL; ``MONITOR_KILLS=300 pytest tests/daemon/test_kill.py``
takes some minutes, and ``MONITOR_KILL_SEED`` repeats a run as far as the machine lets it.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.demo.server import serving
from monitor.store import open_store

SEED = int(os.environ.get("MONITOR_KILL_SEED", random.randrange(10**6)))
KILLS = int(os.environ.get("MONITOR_KILLS", "8"))
POSTS = max(3, 120 // KILLS)  # the channel shows this many more after every kill

# The real daemon and analysing process, with an analyser that is slow enough to be killed in the
# middle of a batch.
DAEMON = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from monitor.config import load_config
from monitor.daemon import AnalysisProcess, Daemon, Parts
from monitor.store import open_store

folder = Path(sys.argv[1])
once = sys.argv[2] == "once"
later = timedelta(hours=1) if once else timedelta()  # then every feed is due
config = load_config(folder / "config.yaml")
store = open_store(config.store_url)
command = (sys.executable, "-c", sys.argv[3], config.store_url)
worker = AnalysisProcess(config, (), store, command=command)
daemon = Daemon(Parts(config, worker), store, clock=lambda: datetime.now(UTC) + later)
asyncio.run(daemon.run_once() if once else daemon.run())
"""
WORKER = """
import sys, time
from monitor.analysis import serve
from monitor.store import open_store
from tests.daemon.support import QuickAnalyser

class Slow(QuickAnalyser):
    def analyse(self, posts, now, **options):
        time.sleep(0.02 * len(posts))
        return super().analyse(posts, now)

sys.stdin.readline()  # the settings, of which it needs none
serve(open_store(sys.argv[1]), Slow(), sys.stdin, sys.stdout)
"""


def posts(kills: int) -> list[dict[str, Any]]:
    start = datetime(2024, 2, 3, tzinfo=UTC)
    return [
        {
            "id": n,
            "at": start + timedelta(minutes=n),
            "views": "1",
            "text": f"post number {n}",
            "after": n // POSTS,  # `elapsed` counts kills here
        }
        for n in range(1, kills * POSTS)
    ]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_at_random_instants_nothing_is_lost_and_nothing_is_there_twice(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    if kind == "sqlite":
        where, most = str(tmp_path / "monitor.db"), KILLS
    else:
        where, most = request.getfixturevalue("database"), max(KILLS // 4, 2)
    print("seed", SEED)  # shown where the test fails
    rng = random.Random(SEED)
    kills = 0
    command = [sys.executable, "-c", DAEMON, str(tmp_path)]
    content = {"x": {}, "telegram": {"channel": "numbered", "title": "N", "posts": posts(most)}}
    with (
        serving(content, elapsed=lambda: float(kills)) as base,
        (tmp_path / "log").open("w") as log,
    ):
        _write_config(tmp_path, base, where)
        for _ in range(most):
            with subprocess.Popen([*command, "run", WORKER], stderr=log) as daemon:
                _wait_for_store(where, daemon)
                time.sleep(rng.uniform(0, 0.8))
                if rng.random() < 0.3:  # first the analysing process alone
                    _kill_children(daemon.pid)
                    time.sleep(rng.uniform(0, 0.3))
                daemon.kill()
            kills += 1
        ended = subprocess.run([*command, "once", WORKER], timeout=600, check=False)
    assert ended.returncode == 0
    store = open_store(where)
    assert store.counts().pending == 0
    ids = [item.post.external_id for item in store.linked()]
    store.close()
    assert len(ids) == len(set(ids))
    assert {f"numbered/{n}" for n in range(1, most * POSTS)} == set(ids)


def _write_config(folder: Path, base: str, where: str) -> None:
    (folder / "config.yaml").write_text(
        f"store: {where}\n"
        "poll: {every: 1s, at_least: 1s}\n"
        "net: {allow: [127.0.0.1]}\n"
        f"feeds: [{{name: n, kind: telegram, channel: numbered, base_url: '{base}'}}]\n",
        "utf-8",
    )


def _kill_children(pid: int) -> None:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def _wait_for_store(where: str, daemon: subprocess.Popen[bytes]) -> None:
    """Until the daemon has asked its feed since it was started, or at least begun to."""
    before = _state(where)
    deadline = time.monotonic() + 30
    while _state(where) == before and daemon.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def _state(where: str) -> str | None:
    """What stands in the store, which is not there at first; looking must not make it."""
    ask: Any = "SELECT state FROM feeds"
    try:
        if "://" in where:
            with psycopg.connect(where) as server:
                row = server.execute(ask).fetchone()
        else:
            with sqlite3.connect(f"file:{where}?mode=ro", uri=True) as db:
                row = db.execute(ask).fetchone()
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
        return None
    return str(row[0]) if row else None

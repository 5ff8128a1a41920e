"""``kill -9`` at random instants, again and again: nothing is lost, nothing is there twice.

Eight times here; ``MONITOR_KILLS=300 pytest tests/daemon/test_kill.py`` takes some minutes, and
``MONITOR_KILL_SEED`` repeats a run as far as the machine lets it.
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

from monitor.demo.server import serving
from monitor.store import SqliteStore

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
from monitor.store import SqliteStore

folder = Path(sys.argv[1])
once = sys.argv[2] == "once"
later = timedelta(hours=1) if once else timedelta()  # then every feed is due
config = load_config(folder / "config.yaml")
store = SqliteStore(folder / "monitor.db")
worker = AnalysisProcess(config, (), store, command=(sys.executable, "-c", sys.argv[3], folder))
daemon = Daemon(Parts(config, worker), store, clock=lambda: datetime.now(UTC) + later)
asyncio.run(daemon.run_once() if once else daemon.run())
"""
WORKER = """
import sys, time
from pathlib import Path
from monitor.analysis import serve
from monitor.store import SqliteStore
from tests.daemon.support import QuickAnalyser

class Slow(QuickAnalyser):
    def analyse(self, posts, now, **options):
        time.sleep(0.02 * len(posts))
        return super().analyse(posts, now)

sys.stdin.readline()  # the settings, of which it needs none
serve(SqliteStore(Path(sys.argv[1]) / "monitor.db"), Slow(), sys.stdin, sys.stdout)
"""


def posts() -> list[dict[str, Any]]:
    start = datetime(2024, 2, 3, tzinfo=UTC)
    return [
        {
            "id": n,
            "at": start + timedelta(minutes=n),
            "views": "1",
            "text": f"post number {n}",
            "after": n // POSTS,  # `elapsed` counts kills here
        }
        for n in range(1, KILLS * POSTS)
    ]


def test_killed_at_random_instants_nothing_is_lost_and_nothing_is_there_twice(
    tmp_path: Path,
) -> None:
    print("seed", SEED)  # shown where the test fails
    rng = random.Random(SEED)
    kills = 0
    command = [sys.executable, "-c", DAEMON, str(tmp_path)]
    content = {"x": {}, "telegram": {"channel": "numbered", "title": "N", "posts": posts()}}
    with (
        serving(content, elapsed=lambda: float(kills)) as base,
        (tmp_path / "log").open("w") as log,
    ):
        _write_config(tmp_path, base)
        for _ in range(KILLS):
            with subprocess.Popen([*command, "run", WORKER], stderr=log) as daemon:
                _wait_for_store(tmp_path / "monitor.db", daemon)
                time.sleep(rng.uniform(0, 0.8))
                if rng.random() < 0.3:  # first the analysing process alone
                    _kill_children(daemon.pid)
                    time.sleep(rng.uniform(0, 0.3))
                daemon.kill()
            kills += 1
        ended = subprocess.run([*command, "once", WORKER], timeout=600, check=False)
    assert ended.returncode == 0
    store = SqliteStore(tmp_path / "monitor.db")
    assert store.counts().pending == 0
    ids = [item.post.external_id for item in store.linked()]
    store.close()
    assert len(ids) == len(set(ids))
    assert {f"numbered/{n}" for n in range(1, KILLS * POSTS)} == set(ids)


def _write_config(folder: Path, base: str) -> None:
    (folder / "config.yaml").write_text(
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


def _wait_for_store(path: Path, daemon: subprocess.Popen[bytes]) -> None:
    """Until the daemon has asked its feed since it was started, or at least begun to."""
    before = _state(path)
    deadline = time.monotonic() + 30
    while _state(path) == before and daemon.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def _state(path: Path) -> str | None:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            row = db.execute("SELECT state FROM feeds").fetchone()
        return str(row[0]) if row else None
    except sqlite3.OperationalError:  # not there yet
        return None

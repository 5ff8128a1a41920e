"""SIGTERM and Ctrl-C at random instants, also twice and to the whole group, as a terminal sends it:
it ends soon, says at most one line, leaves no process behind and loses no post.

Six times here; ``MONITOR_SIGNALS=100 pytest tests/daemon/test_signals.py`` takes some minutes,
and ``MONITOR_SIGNALS_SEED`` repeats a run as far as the machine lets it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from monitor.demo import FIXTURES, write_config
from monitor.demo.server import serving
from monitor.store import SqliteStore

SEED = int(os.environ.get("MONITOR_SIGNALS_SEED", random.randrange(10**6)))
TIMES = int(os.environ.get("MONITOR_SIGNALS", "6"))
LONGEST_S = 4.0  # until the signal: by then it has loaded its models and polled
DEADLINE_S = 60.0
# Closing its end of a pipe says that Python is up; before, Ctrl-C is no business of the program.
MONITOR = (
    "import os, sys; from monitor.__main__ import main; os.close(int(sys.argv.pop(1))); main()"
)
CONTENT = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))

# Ended before it listened, while it read its settings, or cleanly.
# (Interrupted inside an eval, CPython ends as if by the signal whatever the status was.)
INTERRUPTED = "interrupted\n"
EARLY = {
    (-signal.SIGINT, ""),
    (-signal.SIGINT, INTERRUPTED),
    (-signal.SIGTERM, ""),
    (130, INTERRUPTED),
}
STOPPED = "monitor: stopped before all was done; the next run goes on from here\n"
COMMANDS: list[tuple[list[str], set[tuple[int, str]]]] = [
    (["run"], {(0, "")}),
    (["run", "--once"], {(0, ""), (1, STOPPED)}),
    (["demo", "--out", "demo"], {(0, "")}),
]


@pytest.fixture
def base() -> Iterator[str]:
    with serving(CONTENT, elapsed=lambda: 60) as url:
        yield url


def test_told_to_stop_at_any_instant_it_ends_cleanly_and_loses_nothing(
    tmp_path: Path, base: str
) -> None:
    print("seed", SEED)  # shown where the test fails
    rng = random.Random(SEED)
    write_config(tmp_path, base, tmp_path / "models")
    for n in range(TIMES):
        command, fine = COMMANDS[n % 3]
        assert _told(tmp_path, command, rng, f"{SEED}-{n}-{os.getpid()}") in EARLY | fine
    once = [sys.executable, "-m", "monitor", "run", "--once", "--quiet"]
    subprocess.run(once, cwd=tmp_path, check=True)
    store = SqliteStore(tmp_path / "monitor.db")
    counts, seen = store.counts(), [item.post.id for item in store.linked()]
    store.close()
    assert (counts.posts > 35, counts.pending, len(set(seen))) == (True, 0, len(seen))


def _told(folder: Path, command: list[str], rng: random.Random, mark: str) -> tuple[int, str]:
    """Start ``command`` and tell it to stop; how it ended, and what it said on stderr."""
    environment = os.environ | {"MONITOR_TEST_MARK": mark}
    up, ours = os.pipe()
    with (
        (folder / "errors").open("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-c", MONITOR, str(ours), *command], cwd=folder, pass_fds=[ours],
            stdout=subprocess.DEVNULL, stderr=errors, env=environment, start_new_session=True,
        ) as process,
    ):  # fmt: skip
        os.close(ours)
        assert os.read(up, 1) == b""
        os.close(up)
        tell: Callable[[int, int], None] = rng.choice([os.kill, os.killpg])
        time.sleep(rng.uniform(0, LONGEST_S))
        for pause in rng.choice([(0.0,), (0.0, rng.choice([0.0, 0.001, 0.1, 0.5]))]):
            time.sleep(pause)
            with suppress(ProcessLookupError):  # it may just have ended
                tell(process.pid, rng.choice([signal.SIGINT, signal.SIGTERM]))
        status = process.wait(DEADLINE_S)
        _wait_until_none_is_left(mark)
        errors.seek(0)
        return status, errors.read().lstrip()  # of the line that shows ^C


def _wait_until_none_is_left(mark: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while left := _processes_of(mark):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.02)


def _processes_of(mark: str) -> list[int]:
    """What runs with this mark in its environment; nothing where the system has no /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended, or is another user's
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found

"""What every command promises: exit statuses, one-line errors, no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.demo import FIXTURES, write_config
from monitor.demo.server import serving


def monitor(
    *args: str, cwd: Path, timeout: float = 120, text: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from monitor.cli import main; main()", *args]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout, input=text, check=False
    )


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    content: dict[str, Any] = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))
    with serving(content, elapsed=lambda: 60) as url:
        yield url


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["runn"], "no such command 'runn' (did you mean 'run'?)"),
        (["run", "--onse"], "--onse"),
        (["evaluate", "language"], "ROWS"),
        (["evaluate", "language", "rows.jsonl", "--wrong"], "--wrong"),
    ],
)
def test_wrong_usage_is_said_with_status_2(tmp_path: Path, args: list[str], said: str) -> None:
    ended = monitor(*args, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_command_explains_itself(tmp_path: Path) -> None:
    listed = monitor("--help", cwd=tmp_path)
    assert listed.returncode == 0
    for name in ("run", "demo", "status", "inspect", "evaluate", "sources", "models"):
        assert f"\n  {name} " in listed.stdout
        assert monitor(name, "--help", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("command", ["run", "status"])
def test_a_wrong_config_gives_every_problem_with_its_line_and_status_2(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "config.yaml").write_text("stor: x\npoll: {every: never}\nfeeds: 7\n", "utf-8")
    ended = monitor(command, cwd=tmp_path)
    assert ended.returncode == 2
    assert [line.split(": ")[0] for line in ended.stderr.splitlines()] == [
        "config.yaml:1",
        "config.yaml:2",
        "config.yaml:3",
    ]
    assert not (tmp_path / "monitor.db").exists()


@pytest.mark.parametrize("content", ["", "\t- [", "42"])
def test_a_config_that_is_empty_or_no_yaml_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.yaml").write_text(content, "utf-8")
    ended = monitor("run", "--once", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("config.yaml")
    assert "Traceback" not in ended.stderr


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    ended = monitor("run", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (2, "config.yaml: no such file\n")


def test_a_wrong_events_file_gives_every_problem_with_its_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("events: [events.yaml]\n", "utf-8")
    (tmp_path / "events.yaml").write_text(
        "- {id: a, title: A}\n"
        "- {id: a, title: B}\n"
        "- {id: c}\n"
        "- {id: d, title: D, wherever: x}\n"
        "- {id: e, title: E, started_at: 2024-02-03, ended_at: 2024-02-01}\n",
        "utf-8",
    )
    ended = monitor("run", "--once", cwd=tmp_path)
    assert ended.returncode == 2
    lines = {line.split(": ")[0].rpartition(":")[2] for line in ended.stderr.splitlines()}
    assert lines == {"2", "3", "4", "5"}
    assert "Traceback" not in ended.stderr


def test_once_without_a_network_names_each_feed_once_and_ends_with_1(tmp_path: Path) -> None:
    feeds = [
        {"name": f"feed{n}", "kind": "feed", "url": f"http://127.0.0.1:{port}/rss"}
        for n, port in enumerate((9, 11, 13))
    ]
    settings = {"net": {"allow": ["127.0.0.1"]}, "feeds": feeds}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    ended = monitor("run", "--once", cwd=tmp_path)
    assert ended.returncode == 1
    for feed in feeds:
        assert ended.stderr.count(f"{feed['name']}:") == 1
    assert "3 of 3 feeds failed" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_once_on_feeds_that_are_well_ends_with_0(tmp_path: Path, base: str) -> None:
    write_config(tmp_path, base, tmp_path / "models")
    ended = monitor("run", "--once", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "قناة الميادين" in ended.stdout
    assert "\x1b" not in ended.stdout  # plain lines where stdout is no terminal
    status = json.loads(monitor("status", "--json", cwd=tmp_path).stdout)
    assert status["pending"] == 0
    assert {feed["failures"] for feed in status["feeds"]} == {0}


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_cleanly(tmp_path: Path, base: str, sign: signal.Signals) -> None:
    write_config(tmp_path, base, tmp_path / "models")
    command = [sys.executable, "-u", "-c", "from monitor.cli import main; main()", "run"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace",  # a letter may be cut where reading changes hands
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()  # it has begun to show posts
        running.send_signal(sign)
        _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")


def test_a_second_daemon_on_the_same_store_is_refused_with_1(tmp_path: Path, base: str) -> None:
    from monitor.store import SqliteStore

    write_config(tmp_path, base, tmp_path / "models")
    store = SqliteStore(tmp_path / "monitor.db")
    with store.exclusive():
        ended = monitor("run", "--once", cwd=tmp_path)
    store.close()
    assert ended.returncode == 1
    assert "another monitor daemon runs on this store" in ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("feeds: []\n", "utf-8")
    tmp_path.chmod(0o500)
    ended = monitor("run", "--once", cwd=tmp_path)
    tmp_path.chmod(0o700)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


def test_inspect_shows_language_places_and_the_normalised_text_as_json(tmp_path: Path) -> None:
    ended = monitor("inspect", "--json", "انفجارات في مدينة القائم في العراق", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["language"]["code"] == "ar"
    assert {"القائم", "العراق"} <= {place["mention"] for place in seen["places"]}
    assert seen["normalized"] == "انفجارات في مدينه القايم في العراق"
    assert seen["candidates"] == []


def test_inspect_reads_stdin_as_a_page(tmp_path: Path) -> None:
    ended = monitor("inspect", cwd=tmp_path, text="Frappes à Bagdad, selon l'armée irakienne")
    assert ended.returncode == 0, ended.stderr
    assert "LANGUAGE  fr (French)" in ended.stdout
    assert "Baghdad" in ended.stdout


def test_evaluate_language_prints_the_promised_numbers(tmp_path: Path) -> None:
    rows = [
        {"text": "Les pompiers sont toujours sur place ce soir", "lang": "fr"},
        {"text": "The fire brigade is still there tonight", "lang": "en"},
        {"text": "فرق الإطفاء ما زالت في المكان هذا المساء", "lang": "ar"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    ended = monitor("evaluate", "language", "rows.jsonl", "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert {"n", "accuracy", "macro_f1", "abstained", "per_language", "posts_per_second"} <= set(
        result
    )
    assert result["accuracy"] == 1


def test_a_row_that_is_no_json_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "lang": "en"}\n{oops\n', "utf-8")
    ended = monitor("evaluate", "language", "rows.jsonl", cwd=tmp_path)
    assert ended.returncode == 1
    assert "rows.jsonl:2" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_status_says_loudly_that_a_feed_ended_and_what_fails(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from monitor.model import FeedState
    from monitor.store import SqliteStore

    (tmp_path / "config.yaml").write_text(
        "feeds:\n"
        "  - {name: ended, kind: feed, url: 'https://a.example/rss'}\n"
        "  - {name: shaky, kind: feed, url: 'https://b.example/rss'}\n"
        "  - {name: fresh, kind: feed, url: 'https://c.example/rss'}\n",
        "utf-8",
    )
    store = SqliteStore(tmp_path / "monitor.db")
    store.save_feed_state(FeedState("ended", stopped="HTTP 410: gone for good"))
    now = datetime.now(UTC)
    store.save_feed_state(FeedState("shaky", failures=3, last_error="HTTP 500", next_at=now))
    store.close()
    ended = monitor("status", cwd=tmp_path)
    assert ended.returncode == 0
    assert "ended: STOPPED: HTTP 410: gone for good" in ended.stdout
    assert "shaky: failed 3 times in a row: HTTP 500" in ended.stdout
    assert "fresh: never asked yet" in ended.stdout


def test_backup_copies_the_store_and_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("store: monitor.db\n", "utf-8")
    first = monitor("backup", "copy.db", cwd=tmp_path)
    assert (first.returncode, first.stdout) == (0, "copy.db: 0 posts, checked\n")
    again = monitor("backup", "copy.db", cwd=tmp_path)
    assert again.returncode == 1
    assert again.stderr == "monitor: copy.db: is there already; a backup replaces nothing\n"


def test_status_tells_habits_queues_sizes_and_a_feed_gone_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    from monitor.model import FeedState
    from monitor.store import SqliteStore
    from tests.builders import a_post, an_analysis

    (tmp_path / "config.yaml").write_text(
        "feeds: [{name: daily, kind: feed, url: 'https://a.example/rss'}]\n", "utf-8"
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model.bin").write_bytes(b"x" * 2_000_000)
    now = datetime.now(UTC)
    ages = [timedelta(days=4 + n) for n in range(14)]
    posts = [
        a_post(str(n), source="daily", published_at=now - age, collected_at=now - age)
        for n, age in enumerate(ages)
    ]
    store = SqliteStore(tmp_path / "monitor.db")
    store.record_poll(FeedState("daily", last_ok_at=now), posts, now)
    languages = ["ar", "ar", "fr", *["en"] * 10]
    done = [
        (item, an_analysis(code, translate_after=now if code != "en" else None))
        for item, code in zip(store.pending(13, now), languages, strict=True)
    ]
    store.save_analyses(done)
    store.close()
    said = monitor("status", cwd=tmp_path).stdout
    assert "1 wait for analysis, the longest for" in said
    assert "3 wait for a translation (ar 2, fr 1), the longest for" in said
    assert "models 2.0 MB" in said
    assert "NO DAEMON RUNS" in said
    assert "daily: SILENT for longer than usual: 4 days, at most 24 hours before" in said
    status = json.loads(monitor("status", "--json", cwd=tmp_path).stdout)
    assert status["running"] is False
    assert status["queues"][0]["posts"] == 1
    owed = [(each["language"], each["posts"]) for each in status["owed_translations"]]
    assert owed == [("ar", 2), ("fr", 1)]
    assert status["store_bytes"] > 0
    monkeypatch.setenv("MONITOR_SHIPPED_MODELS", str(tmp_path / "shipped"))
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "model.bin").write_bytes(b"x" * 500_000)
    assert "models 2.5 MB" in monitor("status", cwd=tmp_path).stdout
    (feed,) = status["feeds"]
    assert feed["quiet"] is True
    assert feed["posts_per_day"] == pytest.approx(3 / 7, abs=0.01)


def test_ctrl_c_is_not_lost_where_a_library_swallows_it(tmp_path: Path) -> None:
    code = (
        "import contextlib, os, signal\n"
        "from monitor.cli import _interrupt\n"
        "_interrupt.listen()\n"
        "class Swallows:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT)\n"
        "Swallows()\n"
        "with contextlib.suppress(KeyboardInterrupt): _interrupt.raise_if_told()\n"
        "print('raised', _interrupt._told)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (ended.stdout, ended.stderr) == (b"raised True\n", b"")


def test_a_port_in_use_is_said_in_a_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "config.yaml").write_text(f"health: {{port: {port}}}\n", "utf-8")
        ended = monitor("run", cwd=tmp_path)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"monitor: health: cannot listen at 127.0.0.1:{port}: Address already")

"""Every command that takes a store takes one in PostgreSQL."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.demo import FIXTURES, write_config
from monitor.demo.server import serving
from monitor.errors import InputError, StoreLocked
from monitor.store import open_store
from tests.cli.test_commands import monitor

MONITOR = [sys.executable, "-u", "-c", "from monitor.cli import main; main()"]


@contextmanager
def running(folder: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on until Ctrl-C, and then ends well."""
    with subprocess.Popen(
        [*MONITOR, *command], cwd=folder, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors


def test_a_whole_day_with_a_store_in_postgresql(tmp_path: Path, database: str) -> None:
    content: dict[str, Any] = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))
    with serving(content, elapsed=lambda: 60) as base:
        config = write_config(tmp_path, base, tmp_path / "models")
        config.write_text(config.read_text("utf-8").replace("monitor.db", database), "utf-8")
        ended = monitor("run", "--once", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "قناة الميادين" in ended.stdout

    def run(*arguments: str) -> Result:
        given = [*arguments, "--config", str(config)]
        return CliRunner().invoke(cli, given, catch_exceptions=False)

    status = json.loads(run("status", "--json").stdout)
    assert (status["running"], status["pending"]) == (False, 0)
    assert status["posts"] > 30
    assert {feed["failures"] for feed in status["feeds"]} == {0}

    posts = [json.loads(line) for line in run("links", "--format", "jsonl").stdout.splitlines()]
    link = next(link for post in posts for link in post["links"])
    assert run("review", "accept", link["id"]).exit_code == 0
    accepted = json.loads(run("links", "--status", "accepted", "--format", "json").stdout)
    assert [k["id"] for post in accepted for k in post["links"] if k["status"] == "accepted"] == [
        link["id"]
    ]
    assert run("events", "discover", "--json").exit_code == 0
    with pytest.raises(InputError, match=r"can be learned from: 1 \(1 yes, 0 no\)"):
        run("tune")

    with running(tmp_path, "watch", "--json") as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["post"]["id"]
    with running(tmp_path, "serve", "--port", "0") as server:
        assert server.stderr is not None
        address = server.stderr.readline().partition(" ")[0]
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200
    assert not list(tmp_path.glob("*.db*"))


def test_a_second_daemon_is_refused_with_1(tmp_path: Path, database: str) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {database}\nevents: []\n", "utf-8")
    store = open_store(database)
    with store.exclusive():
        ended = monitor("run", "--once", cwd=tmp_path)
    store.close()
    assert ended.returncode == 1
    assert ended.stderr == (
        "monitor: postgresql://monitor@/postgres: another monitor daemon runs on this store\n"
    )


def test_a_backup_is_left_to_pg_dump_with_2(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("store: postgresql://ana:s3cret@db/m\n", "utf-8")
    ended = monitor("backup", "copy.dump", cwd=tmp_path)
    assert ended.returncode == 2
    assert "pg_dump -Fc -f copy.dump" in ended.stderr
    assert "s3cret" not in ended.stderr
    assert not (tmp_path / "copy.dump").exists()


def test_a_server_that_is_away_at_the_start_is_said_in_one_line_with_1(tmp_path: Path) -> None:
    config = _away(tmp_path)
    ended = monitor("run", "--config", str(config), cwd=tmp_path)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("monitor: postgresql://ana@127.0.0.1:1/m: is away: ")
    assert "s3cret" not in line


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["links"],
        ["watch"],
        ["serve", "--port", "0"],
        ["review", "accept", "x"],
        ["events", "discover"],
        ["events", "promote", "x"],
        ["tune"],
    ],
)
def test_every_command_asks_the_server_that_the_settings_name(
    tmp_path: Path, command: list[str]
) -> None:
    given = [*command, "--config", str(_away(tmp_path))]
    with pytest.raises(StoreLocked, match=r"postgresql://ana@127.0.0.1:1/m: is away"):
        CliRunner().invoke(cli, given, catch_exceptions=False)


def _away(folder: Path) -> Path:
    """Settings that name a server nobody answers at."""
    config = folder / "config.yaml"
    url = "postgresql://ana:s3cret@127.0.0.1:1/m"
    config.write_text(f"store: {url}\nevents: []\n", "utf-8")
    return config

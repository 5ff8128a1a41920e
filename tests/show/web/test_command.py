"""`monitor serve`: it answers, says where, and says what is wrong in a line."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.show.alerts.samples import a_store
from tests.show.samples import linked

START = [sys.executable, "-c", "from monitor.cli import main; main()", "serve"]


def start(folder: Path, *args: str) -> Sequence[str]:
    (folder / "config.yaml").write_text("feeds: []\n", "utf-8")
    return [*START, "--config", str(folder / "config.yaml"), *args]


def run(folder: Path, *args: str) -> tuple[int, str]:
    done = subprocess.run(
        start(folder, *args), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


def test_it_serves_what_the_store_has_until_it_is_told_to_end(tmp_path: Path) -> None:
    a_store(tmp_path, [linked(1)]).close()
    command = start(tmp_path, "--port", "0")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().split()[0]
        with urlopen(f"{address}api/posts", timeout=30) as answer:
            assert b'"x:1"' in answer.read()
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=30)
    assert "Traceback" not in said


def test_a_port_in_use_is_said_in_a_line(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, said = run(tmp_path, "--port", str(port))
    assert status == 1
    assert said == (
        f"monitor: cannot listen on 127.0.0.1:{port}: Address already in use; give another --port\n"
    )


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["--host", "0.0.0.0", "--review"], 2, "--review needs a loopback --host"),
        (["--host", "0.0.0.0"], 2, "give --allow-host NAME too"),
        (["--host", "nowhere.invalid"], 1, "cannot listen on nowhere.invalid"),
        (["--port", "70000"], 2, "--port"),
    ],
)
def test_what_cannot_be_served_is_said(
    tmp_path: Path, args: list[str], status: int, said: str
) -> None:
    a_store(tmp_path).close()
    ended = run(tmp_path, *args)
    assert ended[0] == status
    assert said in ended[1]


def test_without_a_store_there_is_nothing_to_serve(tmp_path: Path) -> None:
    status, said = run(tmp_path)
    assert status == 1
    assert "no store" in said

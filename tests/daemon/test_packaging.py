"""The unit and the image, checked as far as that can be done without the engine."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((PACKAGING / "monitor.service").read_text("utf-8"))
    return parser


def instructions() -> list[tuple[str, str]]:
    lines = (PACKAGING / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in kept]


def test_the_unit_waits_for_ready_is_watched_and_tries_for_ever() -> None:
    service = unit()["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) >= 60  # the loop speaks every 5 s
    assert service["Restart"] == "on-failure"
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_the_unit_gives_the_daemon_time_to_end() -> None:
    from monitor.daemon import STOP_WITHIN_S

    # Polls and batches, alerts, then the analysing process.
    assert int(unit()["Service"]["TimeoutStopSec"]) > 3 * STOP_WITHIN_S


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("User", "monitor"),
    ],
)
def test_the_unit_is_a_sandbox(key: str, value: str) -> None:
    assert unit()["Service"][key] == value


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "monitor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (PACKAGING / "monitor.service").read_text("utf-8")
    (tmp_path / "monitor.service").write_text(
        text.replace("/opt/monitor/bin/monitor", str(program)), "utf-8"
    )
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "monitor.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in ended.stderr.splitlines() if "monitor.service" in line]
    assert said == []


def test_the_image_runs_as_nobody_special_and_writes_only_its_volume() -> None:
    found = instructions()
    assert ("USER", "10001") in found
    assert ("VOLUME", "/data") in found
    after_user = found[found.index(("USER", "10001")) :]
    assert not any(name in {"RUN", "COPY", "ADD"} for name, _ in after_user)


def test_the_image_copies_only_what_is_there_and_starts_a_command_that_is() -> None:
    root = PACKAGING.parent
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (root / source).exists(), source
    assert ("ENTRYPOINT", '["monitor"]') in instructions()
    assert (root / "monitor" / "cli" / "run.py").exists()


def test_the_image_asks_the_port_it_exposes_whether_it_lives() -> None:
    found = dict(instructions())
    assert f":{found['EXPOSE']}/healthz" in found["HEALTHCHECK"]

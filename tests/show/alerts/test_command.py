"""`monitor alerts`: what was told, what waits, and a test that says which channel failed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli import cli
from monitor.show.alerts import notes
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.waiting import Group
from tests.show.alerts.receivers import web
from tests.show.alerts.samples import a_store, about
from tests.show.samples import NOON, STRIKES


def configure(folder: Path, *channels: Any) -> None:
    rules = [{"name": "strikes", "events": STRIKES, "to": list(channels)}] if channels else []
    settings = {"feeds": [], "alerts": rules}
    (folder / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")


def run(folder: Path, *args: str) -> tuple[int, str]:
    config = ["--config", str(folder / "config.yaml")]
    result = CliRunner().invoke(cli, ["alerts", *args, *config])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_a_test_alert_reaches_every_channel_and_is_marked(tmp_path: Path) -> None:
    a_store(tmp_path, [about(1), about(2, "other")]).close()
    with web() as receiver:
        configure(tmp_path, {"kind": "webhook", "url": receiver.url})
        status, output = run(tmp_path, "test")
    assert (status, output) == (0, "strikes → webhook 127.0.0.1: sent\n")
    document = json.loads(receiver.requests[0].body)
    assert document["test"] is True
    assert document["event"]["id"] == STRIKES  # of the newest post that fits


def test_a_channel_that_fails_is_named_and_the_status_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    a_store(tmp_path, [about(1)]).close()
    configure(
        tmp_path,
        {"kind": "webhook", "url": "http://127.0.0.1:9"},
        {"kind": "webhook", "url_env": "NOT_SET"},
    )
    status, output = run(tmp_path, "test", "strikes")
    assert status == 1
    assert "webhook 127.0.0.1: NOT SENT: http://127.0.0.1:9: " in output
    assert "webhook NOT_SET: NOT SENT: the environment variable NOT_SET is not set" in output
    assert "2 channels did not take the test alert" in output


def test_show_prints_the_json_and_sends_nothing(tmp_path: Path) -> None:
    a_store(tmp_path, [about(1)]).close()
    with web() as receiver:
        configure(tmp_path, {"kind": "webhook", "url": receiver.url})
        status, output = run(tmp_path, "test", "--show")
    assert (status, receiver.requests) == (0, [])
    assert json.loads(output)["schema"] == "monitor.alert/1"


def test_an_unknown_rule_suggests_the_nearest(tmp_path: Path) -> None:
    a_store(tmp_path, [about(1)]).close()
    configure(tmp_path, {"kind": "command", "run": ["true"]})
    status, output = run(tmp_path, "test", "strkes")
    assert status == 2
    assert "did you mean 'strikes'" in output


@pytest.mark.parametrize(("posts", "said"), [(False, "no post yet"), (True, "no rules under")])
def test_nothing_to_test_is_said(tmp_path: Path, posts: bool, said: str) -> None:
    a_store(tmp_path, [about(1)] if posts else []).close()
    configure(tmp_path, *([] if posts else [{"kind": "command", "run": ["true"]}]))
    status, output = run(tmp_path, "test")
    assert status == 1
    assert said in output


def test_the_list_shows_rules_what_waits_and_what_failed(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    entry = Entry(
        "a1", "strikes", "c1", "webhook desk.example", "US strikes\x1b[2J", NOON, NOON, 3,
        "http://desk.example: HTTP 500",
    )  # fmt: skip
    group = Group("strikes", STRIKES, NOON, ("x:1", "x:2"), 2)
    kept: dict[str, str | None] = {
        notes.OUTBOX + "a1/c1": notes.dump(entry),
        notes.key("waiting", "strikes", STRIKES): notes.dump(group),
    }
    store.note(kept, datetime.now(UTC))
    store.close()
    configure(tmp_path, {"kind": "command", "run": ["notify-send"]})
    status, output = run(tmp_path, "list")
    assert status == 0
    assert output.splitlines() == [
        "strikes (post) to command notify-send",
        f"waiting   2024-02-03 12:00 strikes: 2 posts about {STRIKES}",
        "to send   2024-02-03 12:00 strikes: US strikes[2J → webhook desk.example, tried 3 times:"
        " http://desk.example: HTTP 500",
    ]
    listed = json.loads(run(tmp_path, "list", "--json")[1])
    assert listed["alerts"][0]["state"] == "to_send"
    assert listed["waiting"][0]["posts"] == 2

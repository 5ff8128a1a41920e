"""`alerts` in config.yaml: everything wrong is told at once, with its line; secrets by name."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from monitor.alerting import alerter_of
from monitor.config import Config, load_config
from monitor.errors import ConfigError
from monitor.model import Event
from monitor.store import SqliteStore

FULL = """\
languages: [ar, fr]
feeds:
  - {name: marsad, kind: telegram, channel: marsad}
alerts:
  - name: al-qaim
    events: us-strikes
    languages: [ar]
    feeds: [marsad]
    status: confirmed
    min: 0.9
    keywords: [القائم, al-Qaim]
    near: {place: al-Qaim, km: 50}
    recent: 12h
    cooldown: 1h
    digest: 10m
    grace: 2m
    quiet: {from: 22:00, to: "07:00", zone: Asia/Baghdad}
    to:
      - {kind: webhook, url: "https://desk.example/hook", key_env: HOOK_KEY}
      - {kind: ntfy, url: "https://ntfy.example/topic", token_env: NTFY_TOKEN}
      - {kind: email, server: mail.example, from: m@desk.example, to: ana@desk.example}
      - {kind: command, run: [notify-send, monitor]}
  - {name: many, kind: spike, spike: {times: 4, window: 2h}, to: [{kind: command, run: x}]}
  - {name: new, kind: emerging, emerging: {least: 4, feeds: 3}, to: [{kind: command, run: x}]}
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return load_config(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_a_rule_with_everything_is_understood(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, FULL).alerts
    assert first.events == ("us-strikes",)
    assert first.near is not None
    assert first.near.lat == pytest.approx(34.4, abs=0.2)
    assert first.quiet is not None
    assert (first.quiet.start, first.quiet.end) == (time(22), time(7))
    assert [str(channel) for channel in first.to] == [
        "webhook desk.example", "ntfy ntfy.example", "email ana@desk.example",
        "command notify-send",
    ]  # fmt: skip
    assert second.spike is not None
    assert third.emerging is not None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: a, to: []}", "alert 'a': to must be a list of channels, at least one"),
        ("{to: [{kind: command, run: x}]}", "an alert needs a name"),
        ("just text", "an alert must be a mapping"),
        ("{name: a, to: [{kind: webhok, url: x}]}", "unknown channel 'webhok' (did you mean 'web"),
        ("{name: a, to: [{url: 'http://x'}]}", "a channel needs a kind (there are webhook, "),
        ("{name: a, to: [{kind: webhook, url: 'ftp://x'}]}", "webhook: url: not an http(s) URL"),
        ("{name: a, to: [{kind: webhook}]}", "webhook: give either url or url_env"),
        ("{name: a, to: [{kind: ntfy, url: 'https://ntfy.sh'}]}", "url must end in a topic"),
        ("{name: a, to: [{kind: email, server: s, to: x@y}]}", "email: 'from' is missing"),
        ("{name: a, to: [{kind: webhook, ulr: x}]}", "unknown key 'ulr' (did you mean 'url'?)"),
        ("{name: a, kynd: spike, to: [&c {kind: command, run: x}]}", "unknown key 'kynd' (did"),
        ("{name: a, languages: [de], to: [{kind: command, run: x}]}", "no language 'de' (there"),
        ("{name: a, feeds: marsd, to: [{kind: command, run: x}]}", "did you mean 'marsad'?"),
        ("{name: a, min: 2, to: [{kind: command, run: x}]}", "alert 'a': min: Input should be"),
        ("{name: a, recent: soon, to: [{kind: command, run: x}]}", "recent: 'soon' is not a dur"),
        ("{name: a, spike: {}, to: [{kind: command, run: x}]}", "spike needs `kind: spike`"),
        ("{name: a, kind: emerging, min: 0.5, to: [{kind: command, run: x}]}", "no event yet"),
        ("{name: a, near: {place: Iraq, km: 5}, to: [{kind: command, run: x}]}", "is a country"),
        ("{name: a, near: {place: Xyzzyq, km: 5}, to: [{kind: command, run: x}]}", "gazetteer"),
        ("{name: a, near: {lat: 3, km: 5}, to: [{kind: command, run: x}]}", "a place, or lat and"),
        (
            "{name: a, quiet: {from: 25:00, to: 7:00}, to: [{kind: command, run: x}]}",
            "'25:00' is not",
        ),
        ("{name: a, quiet: {from: 1:00, to: 2:00, zone: X}, to: [{kind: command, run: x}]}", "'X'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    feeds = "feeds: [{name: marsad, kind: telegram, channel: marsad}]"
    text = f"languages: [ar]\n{feeds}\nalerts:\n- {line}\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("4: ")
    assert said in problem


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "stor: x\nalerts:\n- {name: a, to: 3}\n- {name: a, to: [{kind: command, run: x}]}\n"
        "- {name: b, mni: 3, to: [{kind: command, run: x}]}\nfeeds: 7\n"
    )
    assert [problem.partition(":")[0] for problem in problems(tmp_path, text)] == [
        "1", "3", "4", "5", "6",
    ]  # fmt: skip


def test_an_unknown_event_or_a_secret_nobody_set_stops_the_start(tmp_path: Path) -> None:
    config = read(tmp_path, FULL)
    store = SqliteStore(tmp_path / "m.db")
    with pytest.raises(ConfigError) as caught:
        alerter_of(config, [Event(id="us-strike", title="x")], store, datetime.now(UTC))
    store.close()
    assert [str(problem) for problem in caught.value.problems] == [
        "alerts: alert 'al-qaim': no event 'us-strikes' (did you mean 'us-strike'?)",
        "alerts: alert 'al-qaim': the environment variable HOOK_KEY is not set",
        "alerts: alert 'al-qaim': the environment variable NTFY_TOKEN is not set",
    ]


def test_no_rules_no_alerter(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.db")
    assert alerter_of(read(tmp_path, "feeds: []\n"), [], store, datetime.now(UTC)) is None
    store.close()

"""``config.yaml``: defaults for every key, every problem at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import load_config
from monitor.errors import ConfigError
from monitor.yamlfile import seconds

ROOT = Path(__file__).parents[2]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_every_key_has_a_default(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "feeds: []\n"))
    assert config.languages == ("ar", "fr", "en")
    assert (config.link.suggest, config.link.confirm) == (0.5, 0.7)
    assert (config.poll.every, config.poll.at_least) == (300, 3600)
    assert config.store_url == str(tmp_path / "monitor.db")


def test_the_shipped_config_is_right_and_follows_all_three_languages() -> None:
    config = load_config(ROOT / "config.yaml")
    kinds = {feed.kind for feed in config.feeds}
    assert {"feed", "telegram", "mastodon", "bluesky"} <= kinds
    assert len(config.feeds) >= 25


def test_an_empty_section_means_its_default(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "alerts:\nfeeds:\nnet:\n")).feeds == ()


def test_all_problems_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = """\
store: 5
languges: [ar]
link: {suggest: 0.95, confirm: 0.9}
poll: {every: soon, concurrency: 0}
events: [nowhere.yaml]
feeds:
  - {name: a, kind: feed, url: "https://a.example/rss"}
  - {name: a, kind: feed, url: "https://b.example/rss"}
  - {name: b, kind: teletext}
  - {name: c, kind: telegrm, channel: x}
  - {name: d, kind: telegram, chanel: x}
  - {kind: telegram, channel: x}
  - just text
"""
    found = problems(tmp_path, text)

    def said(start: str, part: str) -> bool:
        return any(p.startswith(start) and part in p for p in found)

    assert said("1:", "store")
    assert said("2:", "unknown key 'languges' (did you mean 'languages'?)")
    assert said("3:", "suggest must not be above confirm")
    assert said("4:", "'soon' is not a duration such as 30s, 5m, 2h or 3d")
    assert said("4:", "concurrency")
    assert said("8:", "feed 'a' stands already in line 7")
    assert said("9:", "unknown kind 'teletext' (there are ")
    assert said("10:", "did you mean 'telegram'?")
    assert said("11:", "feed 'd': unknown key 'chanel' (did you mean 'channel'?)")
    assert said("12:", "needs a name")
    assert said("13:", "must be a mapping")
    assert [int(p.split(":")[0]) for p in found] == sorted(int(p.split(":")[0]) for p in found)


def test_a_missing_events_file_is_reported(tmp_path: Path) -> None:
    assert problems(tmp_path, "feeds: []\nevents: [nowhere.yaml]\n") == [
        "2: events: no file or folder 'nowhere.yaml'"
    ]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "42\n"])
def test_a_config_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["1: must be a mapping of settings"]


def test_a_bad_url_in_a_feed_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "feeds:\n  - {name: a, kind: feed, url: 'ftp://x/y'}\n")
    assert problem.startswith("2: feed 'a': ")


@pytest.mark.parametrize(
    ("text", "expected"), [("30s", 30), ("5m", 300), ("1.5h", 5400), ("3d", 259200), (7, 7)]
)
def test_durations(text: object, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "0s", "5 parsecs", True, None, "999999d"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        seconds(text)


def test_a_relative_path_of_a_feed_is_relative_to_the_config_file(tmp_path: Path) -> None:
    text = "feeds:\n  - {name: replay, kind: file, path: posts.jsonl}\n"
    (feed,) = load_config(write(tmp_path, text)).feeds
    assert Path(feed.options.path) == tmp_path / "posts.jsonl"

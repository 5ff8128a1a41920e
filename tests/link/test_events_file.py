"""Events files: every problem at once, each with its line; the good ones are read."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.link import load_events
from monitor.link.write_event import append
from monitor.model import Event

BAD = """\
- id: a
  title: One
- id: b
- id: a
  title: Again
- id: c
  title: Turned round
  started_at: 2024-02-03
  ended_at: 2024-02-01
- id: d
  title: Typo
  start_at: 2024-02-03
- just text
"""


def test_every_problem_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events.yaml"
    path.write_text(BAD)
    with pytest.raises(ConfigError) as caught:
        load_events([path, tmp_path / "missing.yaml"])
    found = {(p.line, p.message) for p in caught.value.problems}
    assert (3, "event 'b' has no title") in found
    assert any(line == 4 and "already used" in m for line, m in found)
    assert any(line == 9 and "before it begins" in m for line, m in found)
    assert any(line == 12 and "did you mean 'started_at'" in m for line, m in found)
    assert any(line == 13 and "mapping" in m for line, m in found)
    assert any(line is None and "no such file" in m for line, m in found)


def test_a_day_means_the_whole_day(tmp_path: Path) -> None:
    path = tmp_path / "events.yaml"
    path.write_text("- {id: a, title: T, started_at: 2024-02-02, ended_at: 2024-02-02}\n")
    [event] = load_events([path])
    assert event.started_at
    assert event.ended_at
    assert event.day_precision
    assert (event.ended_at - event.started_at).total_seconds() > 86_399


def test_broken_json_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"id": "a", "title": "T"}\n{broken\n')
    with pytest.raises(ConfigError) as caught:
        load_events([path])
    assert [p.line for p in caught.value.problems] == [2]


@pytest.mark.parametrize("suffix", [".yaml", ".jsonl"])
def test_an_event_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    event = Event(
        id="x-1", title="عنوان: with # signs", places=("Al-Qaim",), titles={"ar": "عنوان"}
    )
    path = tmp_path / f"events{suffix}"
    path.write_text(append("", suffix, event), "utf-8")
    assert load_events([path]) == [event]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("events:\n- {id: a, title: A}\n")
    (tmp_path / "b.json").write_text('[{"id": "b", "title": "B"}]')
    (tmp_path / "notes.txt").write_text("no events here")
    assert [event.id for event in load_events([tmp_path])] == ["a", "b"]

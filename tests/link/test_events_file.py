"""Events files: every problem at once, each with its line; the good ones are read."""

import json
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
    path.write_text(append("", suffix, [event]), "utf-8")
    assert load_events([path]) == [event]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("events:\n- {id: a, title: A}\n")
    (tmp_path / "b.json").write_text('[{"id": "b", "title": "B"}]')
    (tmp_path / "notes.txt").write_text("no events here")
    assert [event.id for event in load_events([tmp_path])] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("e.yaml", "- {id: a, title: T, started_at: 2024-13-45}", "e.yaml:1: started_at must be"),
        ("e.jsonl", "\n" + "[" * 100_000, "e.jsonl:2: is nested too deeply"),
        ("e.json", "[" * 100_000, "e.json:1: is nested too deeply"),
        ("e.jsonl", '{"id": ' + "9" * 5000 + "}", "e.jsonl:1: holds a value that cannot be"),
        ("e.yaml", "- {id: a, title: 5}", "e.yaml:1: title must be text, not 5"),
        ("e.yaml", "\n- {id: a, title: T, places: {a: b}}", "e.yaml:2: places must be a list"),
        ("e.yaml", "- {id: a, title: T, started_at: 9999-12-31T23:00:00-12:00}", "started_at must"),
    ],
)
def test_values_nobody_thought_of_are_named(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_events([path])
    [problem] = caught.value.problems
    assert said in str(problem)


def test_one_broken_line_hides_no_other_problem(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"id": "a"}\n{broken\n{"id": "b", "title": "B", "ended_at": "never"}\n')
    with pytest.raises(ConfigError) as caught:
        load_events([path])
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


def test_ten_megabytes_of_description_are_cut_and_that_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "events.jsonl"
    event = {"id": "a", "title": "T", "text": "water " * 1_700_000}
    path.write_text(json.dumps({"id": "b", "title": "B"}) + "\n" + json.dumps(event))
    [_, big] = load_events([path])
    assert len(big.text) == 200_000
    assert "events.jsonl:2: text of 10,200,000 characters: the first 200,000" in caplog.text

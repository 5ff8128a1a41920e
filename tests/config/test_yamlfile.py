"""Problems in YAML files are named where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.yamlfile import parse_yaml, read_yaml, suggest


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_every_value_knows_its_line() -> None:
    file = parse_yaml("a: 1\nb:\n  - x\n  - {c: 2}\n", "f.yaml")
    assert file.value == {"a": 1, "b": ["x", {"c": 2}]}
    assert file.line(("a",)) == 1
    assert file.line(("b", 0)) == 3
    assert file.line(("b", 1, "c")) == 4
    assert file.line(("b", 7, "nowhere")) == 2


def test_a_repeated_key_is_a_problem_not_a_silent_choice() -> None:
    file = parse_yaml("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert [str(problem) for problem in file.problems] == ["f.yaml:3: 'a' is given twice"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1, 2\nb: 3\n", ":2", "is not YAML"),
        ("a: *nowhere\n", ":1", "undefined alias"),
        ("a: !!python/object:os.system {}\n", ":1", "is not YAML"),
        ("a: &x [*x]\n", ":1", "refers to itself"),
        ("a: \0\n", "", "is not YAML"),
        (f"a: {'9' * 5000}\n", "", "cannot be"),
        ("a: 1\n---\nb: 2\n", ":2", "is not YAML"),
    ],
)
def test_what_is_not_yaml_is_said_with_its_line(text: str, line: str, said: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"f.yaml{line}: ")
    assert said in problem


@pytest.mark.parametrize("content", [b"", b"# only a comment\n"])
def test_an_empty_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.yaml: is empty"):
        read_yaml(path)


def test_a_missing_file_a_folder_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_yaml(tmp_path / "bytes.yaml")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("fedes", " (did you mean 'feeds'?)"),
        ("us-strikes", " (did you mean 'us-strikes-iraq-2024'?)"),
        ("IRAQ", " (did you mean 'us-strikes-iraq-2024'?)"),
        ("zz", ""),
        ("nothing like it", ""),
    ],
)
def test_the_nearest_name_or_one_that_holds_the_word_is_suggested(word: str, hint: str) -> None:
    assert suggest(word, ["feeds", "us-strikes-iraq-2024", "events"]) == hint

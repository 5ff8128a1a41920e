"""YAML files that people write: parsed with the line of every key and value remembered.

Standard YAML parsers forget lines and let a repeated key silently win. Here both are kept in mind,
so that every problem can be reported where it stands, all of them at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, ValidationError

from monitor.errors import ConfigError, Problem

KeyPath = tuple[str | int, ...]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

# libyaml's parser reads 10,000 events ten times faster; wheels of PyYAML have it.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    def timestamp(self, node: yaml.ScalarNode) -> Any:
        """A date, or what was written where there is no such day: whoever asked for a date can
        then say so with its line."""
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.timestamp)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed YAML file: plain values, and the line (from 1) where each stands."""

    name: str
    value: Any
    lines: Mapping[KeyPath, int]
    problems: tuple[Problem, ...] = field(default=())  # repeated keys

    def line(self, path: KeyPath) -> int | None:
        """The line of the value at ``path``, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def problem(self, path: KeyPath, message: str) -> Problem:
        return Problem(self.name, self.line(path), message)


def read_yaml(path: Path) -> YamlFile:
    """Read one YAML document from ``path``.

    Raises :class:`ConfigError` for a file that is missing, unreadable, not UTF-8, empty, or not
    YAML.
    """
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([Problem(name, None, "no such file")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, None, f"is not UTF-8 text ({error.reason})")]) from None
    except OSError as error:
        raise ConfigError([Problem(name, None, f"cannot be read: {error.strerror}")]) from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> YamlFile:
    """Parse ``text``; ``name`` is what problems call it. Raises :class:`ConfigError`."""
    loader: Any = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise ConfigError([Problem(name, None, "is empty")])
        lines: dict[KeyPath, int] = {}
        problems: list[Problem] = []
        _walk(node, (), lines, problems, name, frozenset())
        value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = f"is not YAML: {error.problem or error.context}"
        raise ConfigError([Problem(name, line, message)]) from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise ConfigError([Problem(name, None, f"is not YAML: {first}")]) from None
    except ValueError as error:  # a number of 5,000 digits
        raise ConfigError([Problem(name, None, f"holds a value that cannot be: {error}")]) from None
    finally:
        if loader is not None:
            loader.dispose()
    return YamlFile(name, value, lines, tuple(problems))


def _walk(
    node: yaml.Node,
    path: KeyPath,
    lines: dict[KeyPath, int],
    problems: list[Problem],
    name: str,
    above: frozenset[int],
) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in above:  # an alias to a node around it would never end
        problems.append(Problem(name, node.start_mark.line + 1, "refers to itself"))
        raise ConfigError(problems)
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(getattr(key_node, "value", ""))
            line = key_node.start_mark.line + 1
            if key in seen:
                problems.append(Problem(name, line, f"{key!r} is given twice"))
            seen.add(key)
            lines[(*path, key)] = line
            _walk(value_node, (*path, key), lines, problems, name, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, problems, name, above)


def validation_problems(
    file: YamlFile, error: ValidationError, prefix: KeyPath = (), known: Iterable[str] = ()
) -> list[Problem]:
    """Every problem pydantic found, in a person's words, at its line in ``file``.

    ``known`` are names to suggest for a mistyped key.
    """
    problems = []
    for item in error.errors():
        path = (*prefix, *item["loc"])
        where = ".".join(str(part) for part in path)
        match item["type"]:
            case "extra_forbidden":
                hint = suggest(str(path[-1]), known)
                message = f"unknown key {str(path[-1])!r}{hint}"
            case "missing":
                message = f"{path[-1]!r} is missing"
            case _:
                message = f"{where}: {item['msg'].removeprefix('Value error, ')}"
        problems.append(file.problem(path, message))
    return problems


def suggest(word: str, known: Iterable[str]) -> str:
    """``" (did you mean 'feeds'?)"`` where a known name is near or holds ``word``, else nothing."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not near and len(word) > 2:
        near = sorted((name for name in names if word.lower() in name.lower()), key=len)
    return f" (did you mean {near[0]!r}?)" if near else ""


def seconds(value: object) -> float:
    """A duration such as ``30s``, ``5m``, ``2h``, ``3d`` (or a number of seconds) in seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        amount = float(value)
    elif isinstance(value, str) and (m := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value)):
        amount = float(m[1]) * _UNITS[m[2]]
    else:
        raise ValueError(f"{value!r} is not a duration such as 30s, 5m, 2h or 3d")
    if not 0 < amount <= 366 * 86400:
        raise ValueError("a duration must be more than nothing and at most a year")
    return amount


def size(value: object) -> int:
    """A size such as ``500MB`` or ``2GB`` (powers of ten), or a number of bytes, in bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        amount = float(value)
    elif isinstance(value, str) and (m := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([MG])B", value)):
        amount = float(m[1]) * {"M": 10**6, "G": 10**9}[m[2]]
    else:
        raise ValueError(f"{value!r} is not a size such as 500MB or 2GB")
    if amount < 10**7:
        raise ValueError("a store smaller than 10MB cannot keep much")
    return int(amount)


Duration = Annotated[float, BeforeValidator(seconds)]
Size = Annotated[int, BeforeValidator(size)]

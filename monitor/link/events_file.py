"""Reading events that people wrote: YAML, JSON or JSONL, every problem at once with its line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError, Problem
from monitor.model import Event
from monitor.yamlfile import parse_yaml, suggest

log = logging.getLogger(__name__)

SUFFIXES = (".yaml", ".yml", ".json", ".jsonl")
FIELDS = (
    "id", "title", "summary", "titles", "started_at", "ended_at", "places", "actors", "aliases",
    "sources", "text",
)  # fmt: skip
_PASSED_OVER = ("category",)  # of event lists made for other programs
MAX_TEXT = 200_000  # characters of description that are read; the rest says nothing new


def load_events(paths: Iterable[Path | str]) -> list[Event]:
    """The events of files and folders (their ``.yaml .json .jsonl`` files, by name).

    Raises :class:`ConfigError` with every problem of every file.
    """
    problems: list[Problem] = []
    events: list[Event] = []
    seen: dict[str, str] = {}
    for path in event_files(paths):
        if not path.exists():
            problems.append(Problem(str(path), None, "no such file of events"))
            continue
        for value, line, key_lines in _entries(path, problems):
            event = read_event(value, str(path), line, key_lines, problems)
            if event is None:
                continue
            if event.id in seen:
                message = f"event id {event.id!r} is already used at {seen[event.id]}"
                problems.append(Problem(str(path), key_lines.get("id", line), message))
                continue
            seen[event.id] = f"{path}:{line}"
            events.append(event)
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))
    return events


def event_files(paths: Iterable[Path | str]) -> list[Path]:
    """The files that ``paths`` stand for; those in a folder by name."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    return found


_Entry = tuple[Any, int | None, dict[str, int]]


def _entries(path: Path, problems: list[Problem]) -> list[_Entry]:
    """What a file holds, each with its line and the lines of its keys."""

    def wrong(line: int | None, message: str) -> list[_Entry]:
        problems.append(Problem(str(path), line, message))
        return []

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return wrong(None, f"is not UTF-8 ({error.reason})")
    except OSError as error:
        return wrong(None, f"cannot be read: {error.strerror}")
    if path.suffix.lower() == ".jsonl":
        lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        read = [(_json(line, wrong, n), n) for n, line in lines]
        return [(value, n, {}) for value, n in read if value is not _BROKEN]
    if not text.strip():
        return []
    # JSON is YAML, so lines are known for both; but JSON proper may hold tabs, which YAML refuses.
    if path.suffix.lower() == ".json":
        value = _json(text, wrong, 1)
        if value is _BROKEN:
            return []
        items = value.get("events", [value]) if isinstance(value, dict) else value
        return [(item, None, {}) for item in (items if isinstance(items, list) else [items])]
    try:
        file = parse_yaml(text, str(path))
    except ConfigError as error:
        problems += error.problems
        return []
    problems += file.problems
    base: tuple[str | int, ...] = ()
    value = file.value
    if isinstance(value, dict) and "events" in value:
        base, value = ("events",), value["events"]
    if value is None:
        return []
    if not isinstance(value, list):
        return wrong(file.line(base), "must be a list of events")
    entries: list[_Entry] = []
    for index, item in enumerate(value):
        keys = item if isinstance(item, dict) else ()
        lines_of = {str(key): file.line((*base, index, str(key))) or 1 for key in keys}
        entries.append((item, file.line((*base, index)), lines_of))
    return entries


_BROKEN = object()


def _json(text: str, wrong: Callable[[int, str], object], line: int) -> Any:
    """The value of ``text``, which begins in ``line``; ``_BROKEN`` after telling ``wrong``."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        wrong(line + error.lineno - 1, f"is not JSON: {error.msg}")
    except RecursionError:
        wrong(line, "is nested too deeply")
    except ValueError as error:  # a number of 5,000 digits
        wrong(line, f"holds a value that cannot be: {error}")
    return _BROKEN


def read_event(
    value: Any, name: str, line: int | None, key_lines: Mapping[str, int], problems: list[Problem]
) -> Event | None:
    """One event from plain values; appends to ``problems`` and returns None where it cannot be."""
    before = len(problems)

    def wrong(key: str, message: str) -> None:
        problems.append(Problem(name, key_lines.get(key, line), message))

    if not isinstance(value, dict):
        wrong("", "an event must be a mapping with at least id and title")
        return None
    for key in value:
        if key not in FIELDS and key not in _PASSED_OVER:
            wrong(str(key), f"unknown key {str(key)!r} in an event{suggest(str(key), FIELDS)}")
    texts = {}
    for key in ("id", "title", "summary", "text"):
        given = value.get(key)
        if isinstance(given, int) and not isinstance(given, bool) and key == "id":
            given = str(given)
        if given is not None and not isinstance(given, str):
            wrong(key, f"{key} must be text, not {given!r:.40}")
            given = "?"
        texts[key] = (given or "").strip()[:MAX_TEXT]
        if given and len(given) > MAX_TEXT:
            said = f"{key} of {len(given):,} characters: the first {MAX_TEXT:,} are read"
            log.warning("%s", Problem(name, key_lines.get(key, line), said))
        if key in ("id", "title") and not texts[key]:
            known = f"event {texts['id']!r}" if texts.get("id") else "an event"
            wrong(key, f"{known} has no {key}")
    lists = {}
    for key in ("places", "actors", "aliases", "sources"):
        given = value.get(key)
        given = [given] if isinstance(given, str) else given or []
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            wrong(key, f"{key} must be a list of texts")
            given = []
        lists[key] = tuple(dict.fromkeys(item.strip() for item in given if item.strip()))
    titles = value.get("titles") or {}
    if not isinstance(titles, dict) or not all(isinstance(t, str) for t in titles.values()):
        wrong("titles", "titles must map language codes to texts, such as {ar: …, fr: …}")
        titles = {}
    times: dict[str, tuple[datetime, bool] | None] = {}
    for key in ("started_at", "ended_at"):
        try:
            times[key] = read_instant(value.get(key), last=key == "ended_at")
        except (ValueError, OverflowError):
            wrong(key, f"{key} must be a date or an ISO 8601 time with a zone: {value[key]!r:.40}")
            times[key] = None
    start, end = times["started_at"], times["ended_at"]
    if start and end and end[0] < start[0]:
        wrong("ended_at", f"event {texts['id']!r} ends ({value['ended_at']}) before it begins "
              f"({value['started_at']})")  # fmt: skip
    if len(problems) > before:
        return None
    return Event(
        id=texts["id"],
        title=texts["title"],
        summary=texts["summary"],
        titles={str(code): title.strip() for code, title in titles.items() if title.strip()},
        started_at=start[0] if start else None,
        ended_at=end[0] if end else None,
        day_precision=start[1] if start else True,
        text=texts["text"],
        **lists,
    )


def read_instant(value: Any, *, last: bool) -> tuple[datetime, bool] | None:
    """``(instant in UTC, whether only a day was given)``. A time without a zone is taken as UTC.

    Raises :class:`ValueError` for what is no date.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value.strip()
        value = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC), False
    if isinstance(value, date):
        first = datetime.combine(value, time(), UTC)
        return (first + timedelta(days=1, microseconds=-1) if last else first), True
    raise ValueError(value)

"""``alerts`` of ``config.yaml`` → rules, with every problem at its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from monitor.errors import Problem
from monitor.show.alerts.settings import CHANNELS, Near, Rule
from monitor.yamlfile import KeyPath, YamlFile, suggest, validation_problems

_NAME = re.compile(r"[\w.-]+")


def read_rules(
    file: YamlFile,
    raw: Any,
    problems: list[Problem],
    *,
    feeds: Collection[str],
    languages: Collection[str],
) -> Iterator[Rule]:
    """The rules in ``raw`` that are right; what is wrong with the others goes to ``problems``.

    ``feeds`` and ``languages`` are those a rule may name.
    """
    if not isinstance(raw, list):
        problems.append(file.problem(("alerts",), "alerts must be a list"))
        return
    names: dict[str, int | None] = {}
    for index, entry in enumerate(raw):
        here: KeyPath = ("alerts", index)
        if not isinstance(entry, dict):
            say = "an alert must be a mapping with name and to"
            problems.append(file.problem(here, say))
            continue
        name = entry.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            say = "an alert needs a name of letters, digits, '.', '_' or '-'"
            problems.append(file.problem((*here, "name"), say))
            continue
        if name in names:
            say = f"alert {name!r} stands already in line {names[name]}"
            problems.append(file.problem((*here, "name"), say))
        names.setdefault(name, file.line((*here, "name")))
        found = [
            *_channel_problems(file, here, entry.get("to")),
            *_unknown(file, here, entry, "feeds", feeds),
            *_unknown(file, here, entry, "languages", languages),
        ]
        rule = None
        if not found:
            rule = _rule(file, here, entry, found)
        problems += [Problem(p.file, p.line, f"alert {name!r}: {p.message}") for p in found]
        if rule is not None:
            yield rule


def _rule(
    file: YamlFile, here: KeyPath, entry: Mapping[str, Any], found: list[Problem]
) -> Rule | None:
    try:
        rule = Rule.model_validate(entry)
    except ValidationError as error:
        known = [*Rule.model_fields, "lat", "lon", "km", "place", "from", "to", "zone"]
        for problem in validation_problems(file, error, here, known):
            said = problem.message.removeprefix(f"alerts.{here[1]}").lstrip(".: ")
            found.append(Problem(problem.file, problem.line, said))
        return None
    if rule.near is None or rule.near.place is None:
        return rule
    from monitor.text.places import Gazetteer  # slow to load, and few rules name a place

    place = Gazetteer.load().lookup(rule.near.place)
    if place is None or place.kind == "country":
        what = "is a country" if place else "is not in the gazetteer"
        say = f"near: {rule.near.place!r} {what}; name a town, or give lat and lon"
        found.append(file.problem((*here, "near"), say))
        return None
    near = Near(km=rule.near.km, lat=place.lat, lon=place.lon)
    return rule.model_copy(update={"near": near})


def _channel_problems(file: YamlFile, here: KeyPath, raw: Any) -> Iterator[Problem]:
    """What is wrong with the channels, each told in the words of its own kind."""
    if not isinstance(raw, list) or not raw:
        yield file.problem((*here, "to"), "to must be a list of channels, at least one")
        return
    for index, entry in enumerate(raw):
        path = (*here, "to", index)
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if kind not in CHANNELS:
            what = "a channel needs a kind" if kind is None else f"unknown channel {kind!r}"
            hint = suggest(str(kind), CHANNELS) or f" (there are {', '.join(CHANNELS)})"
            yield file.problem(path, what + hint)
            continue
        model = CHANNELS[kind]
        try:
            model.model_validate(entry)
        except ValidationError as error:
            known = [field.alias or name for name, field in model.model_fields.items()]
            for problem in validation_problems(file, error, path, known):
                said = problem.message.removeprefix(".".join(map(str, path))).lstrip(".: ")
                yield Problem(problem.file, problem.line, f"{kind}: {said}")


def _unknown(
    file: YamlFile, here: KeyPath, entry: Mapping[str, Any], key: str, known: Collection[str]
) -> Iterator[Problem]:
    asked = entry.get(key) or []
    for name in [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []:
        if name not in known:
            hint = suggest(str(name), known) or f" (there are {', '.join(sorted(known)[:10])})"
            yield file.problem((*here, key), f"{key}: no {key[:-1]} {name!r}{hint}")

"""Which linked posts somebody asks for, in words: the same for commands and web addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from monitor.errors import InputError
from monitor.model import Filter, LinkStatus
from monitor.show.when import instant
from monitor.yamlfile import suggest

STATUSES: tuple[LinkStatus, ...] = get_args(LinkStatus)
NAMES = ("lang", "event", "status", "source", "min", "search", "since")


@dataclass(frozen=True, slots=True)
class Known:
    """What a filter may name. ``others``: posts in any other language are kept too."""

    events: Collection[str]
    feeds: Collection[str]
    languages: Collection[str]
    others: bool = False


def wanted(asked: Mapping[str, Sequence[str]], known: Known, now: datetime) -> Filter:
    """The filter meant by ``asked``: for each of :data:`NAMES` what was typed, left out or empty
    where nothing was.

    Raises :class:`~monitor.errors.InputError` for what nobody knows, naming the nearest.
    """

    def given(name: str) -> tuple[str, ...]:
        return tuple(value.strip() for value in asked.get(name, ()) if value.strip())

    check(given("event"), "event", known.events)
    check(given("source"), "feed", known.feeds)
    check(given("status"), "status", STATUSES)
    if not known.others:
        check(given("lang"), "followed language", known.languages)
    since = given("since")
    return Filter(
        languages=given("lang"),
        events=given("event"),
        statuses=cast("tuple[LinkStatus, ...]", given("status")),
        sources=given("source"),
        min_probability=_probability(given("min")),
        search=" ".join(given("search")),
        since=instant(since[-1], now) if since else None,
        others=known.others,
    )


def check(asked: Iterable[str], what: str, names: Collection[str]) -> None:
    """Raise :class:`~monitor.errors.InputError` naming the nearest, where a name is not known."""
    for name in asked:
        if name not in names:
            some = sorted(names)[:10]
            hint = suggest(name, names) or (f" (there are {', '.join(some)})" if some else "")
            raise InputError(f"no {what} {name!r}{hint}")


def _probability(typed: Sequence[str]) -> float:
    if not typed:
        return 0.0
    try:
        least = float(typed[-1])
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        raise InputError(f"{typed[-1]!r} is not a probability between 0 and 1")
    return least

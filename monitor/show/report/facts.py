"""What a report says, counted in one pass over linked posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.model import Link, LinkedPost

_BINS = (300, 900, 1800, 3600, 10800, 21600, 86400, 604800)  # seconds
_WEEK_S = 7 * 86400
STRONGEST = 20  # posts told in full, and contradicting ones

Ranked = tuple[tuple[float, ...], str, LinkedPost, Link]  # rank, post id to break ties, …


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything told about one event from ``since`` to ``until``.

    ``timeline`` has one pair (start of the bin in UTC, posts) per ``bin_s`` seconds, without gaps:
    from ``since`` to ``until``, or around the posts where they fill little of a longer time.
    ``places`` are towns and regions as (name, degrees north, degrees east, posts), ``named`` all
    places by name, countries included; both with the most mentioned first.
    """

    event_id: str
    title: str
    since: datetime
    until: datetime
    posts: int
    repeats: int
    bin_s: int
    timeline: tuple[tuple[datetime, int], ...]
    statuses: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, float, float, int], ...]
    named: tuple[tuple[str, int], ...]
    strongest: tuple[tuple[LinkedPost, Link], ...]
    contradicting: tuple[tuple[LinkedPost, Link], ...]


def facts(
    posts: Iterable[LinkedPost], event_id: str, title: str, since: datetime, until: datetime
) -> Facts:
    """Count what ``posts`` say about the event; others, rejected links, other times are not.

    A post contradicts where evidence against the link was found (a number that differs, another
    place) although the link stands; the strongest such evidence comes first.
    """
    times: Counter[int] = Counter()  # by the smallest bin
    statuses: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    places: Counter[tuple[str, float, float]] = Counter()
    named: Counter[str] = Counter()
    strongest: list[Ranked] = []
    contradicting: list[Ranked] = []
    number = repeats = 0
    for lp in posts:
        link = next((each for each in lp.analysis.links if each.event_id == event_id), None)
        if link is None or link.status == "rejected" or not since <= lp.post.at < until:
            continue
        number += 1
        statuses[link.status] += 1
        languages[lp.analysis.language.code] += 1
        sources[lp.post.source] += 1
        times[int(lp.post.at.timestamp()) // _BINS[0]] += 1
        found = lp.analysis.places
        named.update({f"{p.name}, {p.country}" for p in found})
        places.update(
            {(f"{p.name}, {p.country}", p.lat, p.lon) for p in found if p.kind != "country"}
        )
        if lp.duplicates.of or lp.analysis.duplicate_of:
            repeats += 1  # the first of them is told, and says how many repeat it
        else:
            decided = float(link.status == "accepted")
            rank = (decided, link.probability, float(lp.duplicates.count))
            _keep(strongest, (rank, lp.post.id, lp, link))
        against = -min((each.weight for each in link.evidence), default=0.0)
        if against > 0:
            _keep(contradicting, ((against,), lp.post.id, lp, link))
    bin_s, timeline = _timeline(times, since, until)
    return Facts(
        event_id,
        title,
        since,
        until,
        number,
        repeats,
        bin_s,
        timeline,
        _most(statuses),
        _most(languages),
        _most(sources),
        tuple((*place, n) for place, n in sorted(places.items(), key=lambda i: (-i[1], i[0]))[:50]),
        _most(named),
        tuple((lp, link) for _, _, lp, link in strongest),
        tuple((lp, link) for _, _, lp, link in contradicting),
    )


def _timeline(
    times: Counter[int], since: datetime, until: datetime
) -> tuple[int, tuple[tuple[datetime, int], ...]]:
    """Seconds of a bin, about 24 to 60 of them in the time shown, and the bins."""
    begin, end = since.timestamp(), max(until.timestamp(), since.timestamp() + 1)
    if times and end - begin > _WEEK_S:
        first, last = min(times) * _BINS[0], (max(times) + 1) * _BINS[0]
        if last - first < (end - begin) / 4:
            margin = max(last - first, 12 * _BINS[0]) / 12
            begin, end = max(begin, first - margin), min(end, last + margin)
    bin_s = next((size for size in _BINS if end - begin <= size * 60), 30 * 86400)
    bins: Counter[int] = Counter()
    for number, posts in times.items():
        bins[number * _BINS[0] // bin_s] += posts
    numbers = range(int(begin) // bin_s, int(end - 1) // bin_s + 1)
    return bin_s, tuple((datetime.fromtimestamp(n * bin_s, UTC), bins[n]) for n in numbers)


def _keep(best: list[Ranked], item: Ranked) -> None:
    """Add ``item``; drop the weakest where there are more than are told."""
    best.append(item)
    best.sort(key=lambda each: each[:2], reverse=True)
    del best[STRONGEST:]


def _most(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

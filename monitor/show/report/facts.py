"""What a report says, counted in one pass over linked posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.model import Link, LinkedPost

STRONGEST = 20  # posts told in full, and contradicting ones

Ranked = tuple[tuple[float, ...], str, LinkedPost, Link]  # rank, post id to break ties, …


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything told about one event from ``since`` to ``until``.

    ``timeline`` has one pair (start of the bin in UTC, posts) per ``bin_s`` seconds, without gaps.
    ``places`` are (name, degrees north, degrees east, posts), most mentioned first.
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
    strongest: tuple[tuple[LinkedPost, Link], ...]
    contradicting: tuple[tuple[LinkedPost, Link], ...]


def facts(
    posts: Iterable[LinkedPost], event_id: str, title: str, since: datetime, until: datetime
) -> Facts:
    """Count what ``posts`` say about the event; others, rejected links, other times are not.

    A post contradicts where evidence against the link was found (a number that differs, another
    place) although the link stands; the strongest such evidence comes first.
    """
    bin_s = _bin(until - since)
    first = int(since.timestamp()) // bin_s
    last = max(int(until.timestamp() - 1) // bin_s, first)
    times: Counter[int] = Counter()
    statuses: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    places: Counter[tuple[str, float, float]] = Counter()
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
        times[int(lp.post.at.timestamp()) // bin_s] += 1
        places.update({(f"{p.name}, {p.country}", p.lat, p.lon) for p in lp.analysis.places})
        if lp.duplicates.of or lp.analysis.duplicate_of:
            repeats += 1  # the first of them is told, and says how many repeat it
        else:
            decided = float(link.status == "accepted")
            rank = (decided, link.probability, float(lp.duplicates.count))
            _keep(strongest, (rank, lp.post.id, lp, link))
        against = -min((each.weight for each in link.evidence), default=0.0)
        if against > 0:
            _keep(contradicting, ((against,), lp.post.id, lp, link))
    return Facts(
        event_id,
        title,
        since,
        until,
        number,
        repeats,
        bin_s,
        tuple((datetime.fromtimestamp(n * bin_s, UTC), times[n]) for n in range(first, last + 1)),
        _most(statuses),
        _most(languages),
        _most(sources),
        tuple((*place, n) for place, n in sorted(places.items(), key=lambda i: (-i[1], i[0]))[:50]),
        tuple((lp, link) for _, _, lp, link in strongest),
        tuple((lp, link) for _, _, lp, link in contradicting),
    )


def _bin(span: timedelta) -> int:
    """Seconds of a bin: about 24 to 60 of them in ``span``."""
    sizes = (300, 900, 1800, 3600, 10800, 21600, 86400, 604800)
    return next((size for size in sizes if span.total_seconds() <= size * 60), 2592000)


def _keep(best: list[Ranked], item: Ranked) -> None:
    """Add ``item``; drop the weakest where there are more than are told."""
    best.append(item)
    best.sort(key=lambda each: each[:2], reverse=True)
    del best[STRONGEST:]


def _most(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

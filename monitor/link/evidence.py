"""The evidence for "this post is about this event": pure functions, one a kind.

Each returns numbers between about -1 and 1 where 0 means "says nothing": what is missing on either
side is never held against an event.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.model import Place

OF_POST_AND_EVENT = (
    "dense", "words", "cover", "title", "alias", "actor", "chars", "rare", "place", "country",
    "clash", "numbers", "near", "lasting", "before", "after", "content", "matched", "kind",
    "kind_clash",
)  # fmt: skip
OF_STREAM = ("similar", "among", "others", "crowd")
FEATURES = (*OF_POST_AND_EVENT, *OF_STREAM)
AGAINST = frozenset(("clash", "before", "after", "kind_clash", "others"))  # never for a link
UNSIGNED = frozenset(("crowd",))  # for or against, as it turns out; the rest only for
_DECAY_H = 72.0  # news of an event dies away in about three days (Miranda et al. 2018)
_LASTING_H = 240.0  # but floods, trials and epidemics stay in the news for weeks
_EARLY_H = 12.0  # clocks, time zones, and events dated by when they were announced


def time_evidence(
    at: float, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """``(near, lasting, before, after)`` of a post at ``at`` for events ``[start, end]``, in hours
    since 1970.

    ``near`` falls from 1 during the event as a Gaussian (σ 12 h before it, 72 h after), ``lasting``
    exponentially over ten days; ``before`` and ``after`` are the logarithm of the distance, 0
    within the event, 1 at ten σ. All are 0 where an event has no date.
    """
    early = np.maximum(starts - at, 0.0)
    late = np.maximum(at - ends, 0.0)
    near = np.exp(-0.5 * ((early / _EARLY_H) ** 2 + (late / _DECAY_H) ** 2))
    lasting = np.exp(-early / _EARLY_H - late / _LASTING_H)
    before = np.log1p(early / _EARLY_H) / math.log(11)
    after = np.log1p(late / _DECAY_H) / math.log(11)
    known = ~np.isnan(starts)
    return tuple(np.where(known, values, 0.0) for values in (near, lasting, before, after))


def kilometres(a: Place, b: Place) -> float:
    """The great-circle distance of two places in km (haversine)."""
    lat1, lat2 = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 12_742 * math.asin(min(1.0, math.sqrt(half)))


def place_evidence(
    post: Sequence[Place],
    event: Sequence[Place],
    place_counts: Mapping[int, int],
    country_counts: Mapping[str, int],
    events: int,
) -> tuple[float, float, float]:
    """``(place, country, clash)``.

    ``place``: a town or region in common, or near (halved every 35 km), more where fewer of the
    known events are there. ``country``: a country in common, likewise. ``clash``: 1 where both name
    places and no country is common.
    """
    if not post or not event:
        return 0.0, 0.0, 0.0
    whole = math.log(events + 2)
    best = 0.0
    shared = 0.0
    countries = {place.country for place in event}
    for place in post:
        if place.country in countries:
            rare = math.log((events + 2) / (country_counts.get(place.country, 0) + 0.5)) / whole
            shared = max(shared, place.confidence * max(rare, 0.1))
        if place.kind == "country":
            continue
        for other in event:
            if other.kind == "country":
                continue
            if place.geonameid == other.geonameid:
                closeness = 1.0
            elif place.country == other.country or abs(place.lat - other.lat) < 1:
                closeness = 0.9 * 0.5 ** (kilometres(place, other) / 35)
            else:
                closeness = 0.0
            rare = math.log((events + 2) / (place_counts.get(other.geonameid, 0) + 0.5)) / whole
            best = max(best, place.confidence * closeness * max(rare, 0.1))
    clash = 0.0 if shared > 0 else max(place.confidence for place in post)
    return best, shared, clash


def number_evidence(post: Collection[str], event: Collection[str]) -> float:
    """1 where a number of three digits agrees, 0.6 for two digits; 0 where none does."""
    shared = set(post) & set(event)
    return max((1.0 if len(number) > 2 else 0.6 for number in shared), default=0.0)

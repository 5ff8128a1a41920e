"""Where the known events are, as arrays: place evidence of many candidates at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.link.rows import Ids, gather, indptr_of, row_max
from monitor.model import Place

_EARTH_KM = 12_742  # its diameter
_HALVED_KM = 35
_NEARBY = 0.9  # what a place next to another counts at most
_LEAST_RARE = 0.1
_ONE_DEGREE = math.radians(1)  # of latitude, about 111 km


class Places:
    """The places of each event: row ``i`` belongs to the ``i``-th of ``places``."""

    def __init__(self, places: Sequence[tuple[Place, ...]]) -> None:
        flat = list(chain.from_iterable(places))
        counts = np.asarray([len(found) for found in places], np.int64)
        self._n = len(places)
        self._indptr = indptr_of(counts)
        self._countries = {code: i for i, code in enumerate({p.country: 0 for p in flat})}
        self._country = np.asarray([self._countries[p.country] for p in flat], np.int16)
        self._ids = np.asarray([p.geonameid for p in flat], np.int64)
        self._is_country = np.asarray([p.kind == "country" for p in flat], bool)
        self._lat, self._lon = _radians(flat)
        self.named = counts > 0
        owner = np.repeat(np.arange(self._n), counts)
        of_country = np.unique(self._country.astype(np.int64) * self._n + owner)
        self._rows = (of_country % max(self._n, 1)).astype(np.int32)
        starts = np.bincount(of_country // max(self._n, 1), minlength=len(self._countries))
        self._starts = indptr_of(starts)
        self._rare_country = self._rarity(starts)
        once = Counter(number for found in places for number in {p.geonameid for p in found})
        self._rare = self._rarity(np.asarray([once[p.geonameid] for p in flat], np.float64))

    def _rarity(self, events: NDArray[Any]) -> NDArray[np.float64]:
        """From how many events are in a place: 0.1 where nearly all are, about 1 where few are."""
        whole = math.log(self._n + 2)
        rare: NDArray[np.float64] = np.log((self._n + 2) / (events + 0.5)) / whole
        return rare.clip(_LEAST_RARE)

    def within(self, countries: Collection[str]) -> NDArray[np.bool_]:
        """For each event, whether it is in any of the ``countries``."""
        inside = np.zeros(self._n, bool)
        for code in countries:
            number = self._countries.get(code)
            if number is not None:
                inside[self._rows[self._starts[number] : self._starts[number + 1]]] = True
        return inside

    def evidence(self, post: Sequence[Place], rows: Ids) -> NDArray[np.float64]:
        """``(place, country, clash)`` of a post's places for the events ``rows``: float64 of shape
        ``(rows, 3)``.

        ``country``: a country in common, more where fewer of the known events are there. ``place``:
        a town or region in common, or near (halved every 35 km), likewise; a border between does
        not matter. ``clash``: how sure the post's surest place is, where both name places and no
        country is common, less by how near they come.
        """
        found = np.zeros((len(rows), 3))
        if not post:
            return found
        at, owner = gather(self._indptr, rows)
        numbers = np.asarray([self._countries.get(p.country, -1) for p in post])
        sure = np.asarray([p.confidence for p in post])
        same = numbers[:, None] == self._country[at]
        shared = sure[:, None] * same * self._rare_country[self._country[at]]
        found[:, 1] = row_max(shared.max(axis=0), owner, len(rows))
        apart = np.full(len(rows), sure.max())
        towns = [i for i, place in enumerate(post) if place.kind != "country"]
        if towns:
            close = self._closeness([post[i] for i in towns], at, same[towns])
            best = (sure[towns, None] * close).max(axis=0)
            found[:, 0] = row_max(best * self._rare[at], owner, len(rows))
            apart = np.maximum(apart - row_max(best, owner, len(rows)), 0.0)
        found[:, 2] = np.where(self.named[rows] & (found[:, 1] <= 0), apart, 0.0)
        return found

    def _closeness(
        self, towns: Sequence[Place], at: Ids, same: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """How close each of ``towns`` is to each of the places ``at``, in 0…1; 0 to a country.
        ``same``: in the same country."""
        ids = np.asarray([town.geonameid for town in towns])
        lat, lon = (part[:, None] for part in _radians(towns))
        comparable = same | (np.abs(lat - self._lat[at]) < _ONE_DEGREE)
        distance = kilometres(lat, lon, self._lat[at], self._lon[at])
        close = _NEARBY * 0.5 ** (distance / _HALVED_KM)
        close = np.where(ids[:, None] == self._ids[at], 1.0, np.where(comparable, close, 0.0))
        close[:, self._is_country[at]] = 0.0
        return close


def _radians(places: Sequence[Place]) -> NDArray[np.float64]:
    """Latitudes and longitudes, of shape ``(2, places)``."""
    degrees = [(place.lat, place.lon) for place in places]
    return np.radians(np.asarray(degrees, np.float64).reshape(-1, 2).T)


def kilometres(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    other_lat: NDArray[np.float64],
    other_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The great-circle distance of places given in radians, in km (haversine)."""
    half = np.sin((other_lat - lat) / 2) ** 2
    half = half + np.cos(lat) * np.cos(other_lat) * np.sin((other_lon - lon) / 2) ** 2
    found: NDArray[np.float64] = _EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(half)))
    return found

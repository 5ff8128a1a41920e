"""What posts of late are about: evidence a post does not carry itself.

"God protect them #floods" names no event, but thirty posts like it of the last days do. The posts
last seen are kept as points (meaning and words) with the events they are probably about; each post
is compared with them (label propagation, Zhu & Ghahramani 2002, over a bounded window). What is
kept here is forgotten with the window: the profiles of events do not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import sketch
from monitor.link.kinds import MARK

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
About = list[tuple[str, float]]

REMEMBERED = 8192  # posts
_SKETCH = 512  # dimensions in which words are counted
_NEAREST = 30
_BLOCK = 512  # posts put into single precision at once: 2 MB
_EVENTS = 8  # the most probable ones are kept of each post
_DECAY_H = 96.0
_DOUBT = 0.05  # how much similarity it takes before neighbours are believed
_FEW = 20.0  # the same, divided by the posts there are: of few posts none need be near
_SURE = 0.3  # share from which a post counts as one about an event
_HALF, _ALIKE = 0.5, 0.1  # posts counted as alike: share of the event, similarity
_PRIOR = 2.0  # posts about an event that are imagined to be unlike the one looked at


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds one post, for each of its candidates: float64 of shape ``(candidates,)``.

    ``near``: the share of its nearest posts that are about the event. ``among``: the mean
    similarity to posts about it. ``others``: the share of its nearest that are about none;
    ``crowd``: how much is like it at all, a logarithm.
    """

    near: NDArray[np.float64]
    among: NDArray[np.float64]
    others: float
    crowd: float


class Stream:
    """The last ``most`` posts, 2 kB each. A post seen again takes its old place."""

    def __init__(self, dimension: int, most: int = REMEMBERED) -> None:
        self.most, self.dimension, self.width = most, dimension, dimension + _SKETCH
        self._points = np.zeros((most, self.width), np.float16)  # exact: see `points`
        self._hours = np.zeros(most)
        self._events = np.full((most, _EVENTS), -1, np.int64)
        self._shares = np.zeros((most, _EVENTS))
        self._keys: list[str] = []
        self._slots: dict[str, int] = {}
        self._next = 0
        self._numbers: dict[str, int] = {}
        # Of the posts last looked at, by slot: their nearest and how near these are.
        self._nearest: dict[tuple[int, bool], tuple[Ids, NDArray[Any]]] = {}

    def numbers(self, event_ids: Sequence[str]) -> Ids:
        """The numbers under which events are kept: the same whatever events come and go."""
        known = self._numbers
        return np.asarray([known.setdefault(id_, len(known)) for id_ in event_ids], np.int64)

    def remember(self, keys: Sequence[str], points: Floats, hours: Sequence[float]) -> Ids:
        """Take posts in, at most ``most`` of them; where each is kept. The oldest go."""
        slots = np.zeros(len(keys), np.int64)
        for i, key in enumerate(keys):
            slot = self._slots.get(key)
            if slot is None:
                slot = self._next
                self._next = (self._next + 1) % self.most
                if slot < len(self._keys):
                    del self._slots[self._keys[slot]]
                    self._keys[slot] = key
                else:
                    self._keys.append(key)
                self._slots[key] = slot
            slots[i] = slot
        self._nearest.clear()
        self._points[slots], self._hours[slots] = points, hours
        self._events[slots], self._shares[slots] = -1, 0.0
        return slots

    def tell(self, key: str, events: Ids, shares: NDArray[np.float64]) -> None:
        """What a post is about: ``shares`` of ``events`` (by number), together at most 1."""
        slot = self._slots.get(key)
        if slot is None:
            return  # so many came after it that it is forgotten
        best = np.argsort(-shares, kind="stable")[:_EVENTS]
        self._events[slot], self._shares[slot] = -1, 0.0
        self._events[slot, : len(best)] = events[best]
        self._shares[slot, : len(best)] = shares[best]

    def told(self, keys: Iterable[str]) -> Iterator[tuple[str, float, Floats, About]]:
        """What is kept of posts: key, hours, point, and the events each was told to be about with
        their shares. Those that are forgotten are passed over."""
        names = list(self._numbers)
        for key in keys:
            slot = self._slots.get(key)
            if slot is not None:
                told = zip(self._events[slot].tolist(), self._shares[slot].tolist(), strict=True)
                about = [(names[event], share) for event, share in told if event >= 0]
                point = self._points[slot].astype(np.float32)
                yield key, float(self._hours[slot]), point, about

    def around(self, slots: Ids, candidates: Sequence[Ids], *, timed: bool) -> list[Around]:
        """What surrounds each of the posts kept in ``slots``, for its candidates by number."""
        n, events = len(self._keys), len(self._numbers)
        shares, numbers = self._shares[:n], self._events[:n]
        post, column = np.nonzero(shares >= _SURE)
        sure_events, sure_shares = numbers[post, column], shares[post, column]
        mass = np.bincount(sure_events, sure_shares, minlength=events)
        doubt = _DOUBT + _FEW / max(n, 1)
        found = []
        for start in range(0, len(slots), 256):
            block = slots[start : start + 256]
            similar = self._similar(block)
            for slot, row, wanted in zip(block, similar, candidates[start:], strict=False):
                chosen, near = self._choose(int(slot), row, timed=timed)
                weights = near**2
                about = np.bincount(
                    numbers[chosen].ravel() + 1,
                    (weights[:, None] * shares[chosen]).ravel(),
                    minlength=events + 1,
                )[1:]
                total = float(weights.sum())
                like = np.bincount(sure_events, sure_shares * row[post], minlength=events)
                own = mass - np.bincount(
                    sure_events[post == slot], sure_shares[post == slot], minlength=events
                )
                found.append(
                    Around(
                        about[wanted] / (total + doubt),
                        like[wanted] / (own[wanted] + _PRIOR),
                        (total - float(about.sum())) / (total + doubt),
                        float(np.log1p(total / _DOUBT)),
                    )
                )
        return found

    def count(self, key: str, event: int, *, timed: bool) -> int:
        """How many of the posts nearest to one are probably about ``event``."""
        slot = self._slots.get(key)
        if slot is None:
            return 0
        known = self._nearest.get((slot, timed))
        if known is None:
            known = self._choose(slot, self._similar(np.asarray([slot]))[0], timed=timed)
        chosen, near = known
        about = (self._events[chosen] == event) & (self._shares[chosen] >= _HALF)
        return int((about.any(axis=1) & (near > _ALIKE)).sum())

    def _similar(self, slots: Ids) -> Floats:
        """How like the posts in ``slots`` all posts are that are kept: ``(slots, kept)``."""
        n = len(self._keys)
        asked = self._points[slots].astype(np.float32)
        similar = np.empty((len(slots), n), np.float32)
        # A block at a time: in single precision they would take 32 MB all together.
        for start in range(0, n, _BLOCK):
            block = self._points[start : min(start + _BLOCK, n)].astype(np.float32)
            similar[:, start : start + len(block)] = asked @ block.T
        similar = np.maximum(similar, 0.0, out=similar)
        similar[np.arange(len(slots)), slots] = 0.0  # a post is no evidence for itself
        return similar

    def _choose(self, slot: int, similar: Floats, *, timed: bool) -> tuple[Ids, NDArray[Any]]:
        """The slots of the posts nearest to the one in ``slot``, and how near they are."""
        near: NDArray[Any] = similar
        if timed:
            hours = self._hours[: len(similar)]
            near = similar * np.exp(-np.abs(hours - hours[slot]) / _DECAY_H)
        chosen = np.arange(len(near))
        if len(near) > _NEAREST:
            chosen = np.argpartition(-near, _NEAREST)[:_NEAREST]
        self._nearest[slot, timed] = chosen, near[chosen]
        return self._nearest[slot, timed]


def points(vectors: Floats, bags: Sequence[Mapping[str, float]]) -> Floats:
    """Posts as points whose products are the mean of the cosines of meaning and of words, in half
    precision: as a store keeps them. ``bags`` are their terms, weighed by rarity."""
    words = np.zeros((len(bags), _SKETCH), np.float32)
    for row, terms in zip(words, bags, strict=True):
        kept = {term: w for term, w in terms.items() if term[0] not in (MARK, "~")}
        row[:] = sketch(kept, np.fromiter(kept.values(), float, len(kept)), _SKETCH)
    words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-6)
    joined: Floats = np.concatenate([vectors, words], axis=1) * np.float32(0.5**0.5)
    return joined.astype(np.float16).astype(np.float32)

"""New events: online first-story detection over posts that fit no known event.

Each post joins the cluster whose centroid is nearest, or begins one, and clusters that have grown
alike are merged (first-story detection after Petrović et al. 2010, in mini-batches as Ray et al.
2024 do; Mazoyer et al. 2020 show that tf-idf beats sentence embeddings on tweets and both together
beat each). Sparse tf-idf is held as a count sketch, so one matrix product compares both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Rarity, sketch
from monitor.link.lexicon import load_lexicon
from monitor.link.terms import stems
from monitor.model import Event, Place, Post

_SKETCH = 2048
_MERGE_EVERY = 300  # posts
_POSTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class DiscoveryInput:
    """A post with its unit embedding, language and places where known."""

    post: Post
    vector: NDArray[np.float32]
    language: str = "und"
    places: tuple[Place, ...] = ()


@dataclass(slots=True)
class Cluster:
    """Posts that tell one story. ``typical`` are up to five, the most central first."""

    id: int
    first_at: datetime
    last_at: datetime
    first_post: str = ""  # id of the earliest post
    size: int = 0
    recent: int = 0  # posts of the last six hours before ``last_at``, of the fifty latest
    earlier: int = 0  # posts of the six hours before those
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    posts: list[tuple[str, str, datetime]] = field(default_factory=list)  # (id, text, at), bounded
    terms: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> str:
        """Six hexadecimal digits, the same as long as the story begins with the same post."""
        return hashlib.sha256(self.first_post.encode()).hexdigest()[:6]

    @property
    def typical(self) -> tuple[str, ...]:
        """The texts that share most words with the rest of the cluster, none twice in two forms."""

        def centrality(text: str) -> float:
            forms = set(stems(text))
            return sum(self.terms[form] for form in forms) / (len(forms) + 3)

        texts = dict.fromkeys(text for _, text, _ in self.posts)
        chosen: dict[frozenset[str], str] = {}
        for text in sorted(texts, key=centrality, reverse=True):
            forms = frozenset(stems(text))
            if all(len(forms & other) <= 0.7 * len(forms | other) for other in chosen):
                chosen[forms] = text
            if len(chosen) == 5:
                break
        return tuple(chosen.values())

    @property
    def title(self) -> str:
        """Drawn from the most typical post: its first line, cut at a word."""
        line = " ".join((self.typical[0] if self.typical else "").split())
        return line if len(line) <= 100 else line[:100].rsplit(" ", 1)[0] + "…"

    def settle(self) -> None:
        """Keep the latest posts only, and count the recent ones."""
        self.posts.sort(key=lambda post: post[2])
        del self.posts[:-_POSTS_KEPT]
        hours = [(self.last_at - at).total_seconds() / 3600 for _, _, at in self.posts]
        self.recent = sum(h <= 6 for h in hours)
        self.earlier = sum(6 < h <= 12 for h in hours)

    def take_in(self, other: Cluster) -> None:
        """Become one with ``other``."""
        if other.first_at < self.first_at:
            self.first_post = other.first_post
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.size += other.size
        for mine, theirs in (
            (self.sources, other.sources),
            (self.languages, other.languages),
            (self.places, other.places),
            (self.terms, other.terms),
        ):
            mine.update(theirs)
        self.posts += other.posts
        self.settle()

    def as_event(self, event_id: str, title: str | None = None) -> Event:
        """The cluster as a known event; ``title`` where a person has a better one."""
        language = self.languages.most_common(1)[0][0] if self.languages else ""
        return Event(
            id=event_id,
            title=title or self.title,
            titles={language: self.title} if language in ("ar", "fr") else {},
            started_at=self.first_at,
            day_precision=False,
            places=tuple(name for name, _ in self.places.most_common(3)),
            text="\n".join(self.typical),
        )


class Discovery:
    """Clusters a stream of posts that come roughly in order of time.

    ``join`` is the least similarity (0…1) of a post to a cluster's centroid to join it, ``merge``
    of two centroids to become one; similarity is the mean of sparse and dense cosine, the dense
    one weighted by ``dense``. A cluster without a post for ``fade_h`` hours counts as 1/e as
    similar to a new one. At most ``most`` clusters are open, about 20 kB each; one that got
    no post for ``idle_h`` hours, or that is the longest without one, is closed.
    """

    def __init__(
        self,
        dimension: int,
        *,
        join: float = 0.2,
        merge: float = 0.4,
        dense: float = 0.3,
        most: int = 2000,
        idle_h: float = 120.0,
        fade_h: float = 48.0,
    ) -> None:
        self._join, self._merge, self._dense, self._idle_h = join, merge, dense, idle_h
        self._fade_h = fade_h
        self._rarity = Rarity(load_lexicon().share)
        self._dimension = dimension
        self._sums = np.zeros((most, dimension + _SKETCH), np.float32)
        self._centroids = np.zeros_like(self._sums)
        self._last = np.full(most, -np.inf)  # hours since 1970 of the newest post
        self._ids = np.full(most, -1, np.int64)  # cluster id of each row, -1 where it is free
        self._until_merge = _MERGE_EVERY
        self._next_id = 0
        self._merged: dict[int, int] = {}
        self.clusters: dict[int, Cluster] = {}

    def add_many(self, items: Sequence[DiscoveryInput]) -> list[int]:
        """The cluster id of each post at the moment; :meth:`resolve` follows later merges."""
        forms = [set(stems(item.post.full_text)) for item in items]
        for terms in forms:
            self._rarity.add(terms)
        answers = []
        for item, terms in zip(items, forms, strict=True):
            vector = self._weighed(np.concatenate([item.vector, self._sketch(terms)]))
            hour = item.post.at.timestamp() / 3600
            row = self._nearest(vector, hour)
            self._sums[row] += vector
            self._centroids[row] = self._weighed(self._sums[row])
            self._last[row] = max(self._last[row], hour)
            number = int(self._ids[row])
            self._grow(number, item, terms)
            answers.append(number)
            self._until_merge -= 1
            if self._until_merge == 0:
                self._merge_near()
        return answers

    def resolve(self, number: int) -> int:
        """The id under which a cluster goes on after merges."""
        while number in self._merged:
            number = self._merged[number]
        return number

    def emerging(self, least: int = 3) -> list[Cluster]:
        """Clusters of at least ``least`` posts, those with most recent posts and sources first."""
        chosen = [cluster for cluster in self.clusters.values() if cluster.size >= least]
        return sorted(chosen, key=lambda c: (c.recent * (1 + len(c.sources)), c.size), reverse=True)

    def _sketch(self, terms: set[str]) -> NDArray[np.float32]:
        vector = sketch(terms, self._rarity.idf(terms), _SKETCH)
        return vector / (float(np.linalg.norm(vector)) or 1.0)

    def _weighed(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """``vector`` with its dense and its sparse half at the lengths their weights ask for."""
        halves = vector[: self._dimension], vector[self._dimension :]
        scaled = [
            half * (np.sqrt(weight) / (float(np.linalg.norm(half)) or 1.0))
            for half, weight in zip(halves, (self._dense, 1 - self._dense), strict=True)
        ]
        return np.concatenate(scaled).astype(np.float32)

    def _nearest(self, vector: NDArray[np.float32], hour: float) -> int:
        """The row of the cluster to join: the nearest that is near enough, else a new one."""
        similar = np.full(len(self._ids), -1.0, np.float32)
        rows = int(np.flatnonzero(self._ids >= 0).max(initial=-1)) + 1  # the rest are free
        waited = np.maximum(hour - self._last[:rows], 0.0)
        similar[:rows] = self._centroids[:rows] @ vector * np.exp(-waited / self._fade_h)
        similar[:rows][(self._ids[:rows] < 0) | (waited > self._idle_h)] = -1.0
        row = int(similar.argmax())
        if similar[row] >= self._join:
            return row
        row = int(self._last.argmin())  # a free row, else the one longest without a post
        self._close(row)
        self._ids[row] = self._next_id
        self._next_id += 1
        return row

    def _close(self, row: int) -> None:
        self.clusters.pop(int(self._ids[row]), None)
        self._ids[row], self._last[row] = -1, -np.inf
        self._sums[row] = self._centroids[row] = 0.0

    def _merge_near(self) -> None:
        """Join clusters that have grown alike; the larger one takes the smaller one in."""
        self._until_merge = _MERGE_EVERY
        rows = np.flatnonzero(self._ids >= 0)
        # The newest are asked for their nearest: old pairs have been compared before.
        for row in rows[np.argsort(-self._last[rows])][:_MERGE_EVERY]:
            if self._ids[row] < 0:
                continue  # merged a moment ago
            similar = self._centroids @ self._centroids[row]
            similar[row] = -1.0
            other = int(similar.argmax())
            if similar[other] >= self._merge:
                self._take_in(*sorted((int(row), other), key=self._size_of, reverse=True))

    def _size_of(self, row: int) -> int:
        return self.clusters[int(self._ids[row])].size

    def _take_in(self, into: int, row: int) -> None:
        kept, gone = self.clusters[int(self._ids[into])], self.clusters[int(self._ids[row])]
        kept.take_in(gone)
        self._merged[gone.id] = kept.id
        self._sums[into] += self._sums[row]
        self._centroids[into] = self._weighed(self._sums[into])
        self._last[into] = max(self._last[into], self._last[row])
        self._close(row)

    def _grow(self, number: int, item: DiscoveryInput, terms: set[str]) -> None:
        post = item.post
        cluster = self.clusters.get(number)
        if cluster is None:
            cluster = self.clusters[number] = Cluster(number, post.at, post.at)
        cluster.size += 1
        if not cluster.first_post or post.at < cluster.first_at:
            cluster.first_post = post.id
        cluster.first_at, cluster.last_at = (
            min(cluster.first_at, post.at),
            max(cluster.last_at, post.at),
        )
        cluster.sources[post.source] += 1
        cluster.languages[item.language] += 1
        cluster.places.update({place.name for place in item.places})
        cluster.terms.update(terms)
        cluster.posts.append((post.id, post.full_text[:1000], post.at))
        cluster.settle()

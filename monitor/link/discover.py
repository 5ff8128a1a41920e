"""New events: online first-story detection over posts that fit no known event.

Each post joins the cluster of its nearest earlier post within a window, or begins one (Petrović et
al. 2010; Mazoyer et al. 2020 show that tf-idf beats sentence embeddings on tweets and both together
beat each). Sparse tf-idf is held as a count sketch, so one matrix product compares both.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Rarity
from monitor.link.lexicon import load_lexicon
from monitor.link.terms import stems
from monitor.model import Event, Place, Post

_SKETCH = 1024


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
    size: int = 0
    recent: int = 0  # posts of the last six hours before ``last_at``, as far as seen
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    posts: list[tuple[str, str, datetime]] = field(default_factory=list)  # (id, text, at), bounded
    terms: Counter[str] = field(default_factory=Counter)

    @property
    def typical(self) -> tuple[str, ...]:
        """The texts that share most words with the rest of the cluster."""

        def centrality(text: str) -> float:
            forms = set(stems(text))
            return sum(self.terms[form] for form in forms) / (len(forms) + 3)

        texts = dict.fromkeys(text for _, text, _ in self.posts)
        return tuple(sorted(texts, key=centrality, reverse=True)[:5])

    @property
    def title(self) -> str:
        """Drawn from the most typical post: its first line, cut at a word."""
        line = " ".join((self.typical[0] if self.typical else "").split())
        return line if len(line) <= 100 else line[:100].rsplit(" ", 1)[0] + "…"

    def as_event(self, event_id: str, title: str | None = None) -> Event:
        """The cluster as a known event; ``title`` where a person has a better one."""
        return Event(
            id=event_id,
            title=title or self.title,
            started_at=self.first_at,
            day_precision=False,
            places=tuple(name for name, _ in self.places.most_common(3)),
            text="\n".join(self.typical),
        )


class Discovery:
    """Clusters a stream. Memory is bounded by ``window`` posts and ``most`` clusters.

    ``threshold`` is the least similarity (0…1, mean of sparse and dense cosine, weighted by
    ``dense``) to join a cluster. Posts must come roughly in order of time.
    """

    def __init__(
        self, dimension: int, *, threshold: float = 0.3, dense: float = 0.35, window: int = 6000,
        decay_h: float = 96.0, most: int = 5000,
    ) -> None:  # fmt: skip
        self._threshold, self._decay_h, self._most = threshold, decay_h, most
        self._scale = (float(np.sqrt(dense)), float(np.sqrt(1 - dense)))
        self._rarity = Rarity(load_lexicon().share)
        self._memory = np.zeros((window, dimension + _SKETCH), np.float32)
        self._times = np.full(window, -np.inf)
        self._clusters_of = np.full(window, -1, np.int64)
        self._next = 0
        self._count = 0
        self.clusters: dict[int, Cluster] = {}
        self._ids = 0

    def add_many(self, items: Sequence[DiscoveryInput]) -> list[int]:
        """The cluster id of each post."""
        if not items:
            return []
        forms = [set(stems(item.post.full_text)) for item in items]
        for terms in forms:
            self._rarity.add(terms)
        vectors = np.concatenate(
            [
                np.stack([item.vector for item in items]) * self._scale[0],
                np.stack([self._sketch(terms) for terms in forms]) * self._scale[1],
            ],
            axis=1,
        ).astype(np.float32)
        filled = min(self._count, len(self._memory))
        old = vectors @ self._memory[:filled].T
        among = vectors @ vectors.T
        old_times, old_clusters = self._times[:filled].copy(), self._clusters_of[:filled].copy()
        answers: list[int] = []
        hours = np.asarray([item.post.at.timestamp() / 3600 for item in items])
        for i, item in enumerate(items):
            best, cluster = -1.0, -1
            for similar, times, clusters in (
                (old[i], old_times, old_clusters),
                (among[i, :i], hours[:i], np.asarray(answers, np.int64)),
            ):
                if len(similar):
                    aged = similar * np.exp(-np.abs(hours[i] - times) / self._decay_h * 0.25)
                    nearest = int(aged.argmax())
                    if aged[nearest] > best:
                        best, cluster = float(aged[nearest]), int(clusters[nearest])
            if best < self._threshold:
                cluster = self._ids
                self._ids += 1
            answers.append(cluster)
            self._grow(cluster, item, forms[i])
            self._remember(vectors[i], float(hours[i]), cluster)
        self._forget()
        return answers

    def emerging(self, least: int = 3) -> list[Cluster]:
        """Clusters of at least ``least`` posts, those with most recent posts and sources first."""
        chosen = [cluster for cluster in self.clusters.values() if cluster.size >= least]
        return sorted(chosen, key=lambda c: (c.recent * (1 + len(c.sources)), c.size), reverse=True)

    def _sketch(self, terms: set[str]) -> NDArray[np.float32]:
        vector = np.zeros(_SKETCH, np.float32)
        for term in terms:
            number = zlib.crc32(term.encode())
            sign = 1.0 if number & 1 else -1.0
            vector[(number >> 1) % _SKETCH] += sign * self._rarity.idf(term)
        return vector / (float(np.linalg.norm(vector)) or 1.0)

    def _remember(self, vector: NDArray[np.float32], at: float, cluster: int) -> None:
        place = self._next
        self._memory[place], self._times[place], self._clusters_of[place] = vector, at, cluster
        self._next = (place + 1) % len(self._memory)
        self._count += 1

    def _grow(self, number: int, item: DiscoveryInput, terms: set[str]) -> None:
        post = item.post
        cluster = self.clusters.get(number)
        if cluster is None:
            cluster = self.clusters[number] = Cluster(number, post.at, post.at)
        cluster.size += 1
        cluster.first_at, cluster.last_at = (
            min(cluster.first_at, post.at),
            max(cluster.last_at, post.at),
        )
        cluster.sources[post.source] += 1
        cluster.languages[item.language] += 1
        cluster.places.update({place.name for place in item.places})
        cluster.terms.update(terms)
        cluster.posts.append((post.id, post.full_text[:1000], post.at))
        del cluster.posts[:-50]
        cluster.recent = sum(
            (cluster.last_at - at).total_seconds() <= 6 * 3600 for _, _, at in cluster.posts
        )

    def _forget(self) -> None:
        if len(self.clusters) > self._most:
            by_age = sorted(self.clusters.values(), key=lambda cluster: cluster.last_at)
            for cluster in by_age[: len(self.clusters) - self._most]:
                del self.clusters[cluster.id]

"""From posts to links: evidence of post, events and stream, then score, decision, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.link.catalogue import Catalogue
from monitor.link.compare import Comparison
from monitor.link.evidence import FEATURES
from monitor.link.explain import explain
from monitor.link.inputs import Candidate, LinkInput
from monitor.link.lexicon import load_lexicon
from monitor.link.profile import Gazetteer
from monitor.link.remembered import Remembered, pack, unpack
from monitor.link.rows import Floats, Ids
from monitor.link.said import terms_of, weigh
from monitor.link.score import (
    Weights,
    around_features,
    backing,
    known_probability,
    load_weights,
    odds_of,
    probability,
    shares,
)
from monitor.link.stream import Stream, points
from monitor.link.vectors import Vectors
from monitor.model import CONFIRM, SUGGEST, Event, Link
from monitor.text.embed import Encoder

_EARLIEST_H = 48.0  # before an event begins: a post may speak of it coming, never confirmed
_AT = {name: column for column, name in enumerate(FEATURES)}
Evidenced = tuple[LinkInput, Ids, NDArray[np.float64]]


class Linker:
    """Links posts to ``events``. Bounded memory; not for several threads at once.

    ``accepted`` are texts of accepted posts by event id: profiles grow with these only. ``folder``
    is where the vectors of what events say are kept between starts. Raises :class:`ValueError`
    where the thresholds are not ``0 <= suggest <= confirm <= 1``.
    """

    def __init__(
        self,
        events: Sequence[Event],
        *,
        encoder: Encoder,
        gazetteer: Gazetteer | None = None,
        weights: Weights | None = None,
        suggest: float = SUGGEST,
        confirm: float = CONFIRM,
        accepted: Mapping[str, Sequence[str]] | None = None,
        ignore_time: bool = False,
        folder: Path | None = None,
    ) -> None:
        if not 0 <= suggest <= confirm <= 1:
            raise ValueError("thresholds must be 0 <= suggest <= confirm <= 1")
        self.weights = weights or load_weights()
        self.suggest, self.confirm, self.ignore_time = suggest, confirm, ignore_time
        self._encoder = encoder
        self._gazetteer = gazetteer
        self.catalogue = Catalogue(
            events, Vectors(encoder, folder), gazetteer, load_lexicon(), accepted
        )
        self.stream = Stream(encoder.dimension)
        self._space = f"{encoder.name}-{self.stream.width}"

    def know(self, events: Sequence[Event], accepted: Mapping[str, Sequence[str]]) -> None:
        """From now on link to ``events``, grown with ``accepted``; what is the same is kept."""
        known = self.catalogue
        self.catalogue = Catalogue(
            events, known.vectors, self._gazetteer, known.lexicon, accepted, known
        )

    def remembered(self, post_ids: Iterable[str]) -> dict[str, bytes]:
        """What is remembered of posts, for :meth:`recall`."""
        terms = self.catalogue.seen.terms
        return {
            key: pack(Remembered(self._space, hours, point, terms(key), about))
            for key, hours, point, about in self.stream.told(post_ids)
        }

    def recall(self, kept: Iterable[tuple[str, bytes]]) -> None:
        """Remember posts, the oldest first, as :meth:`remembered` told of them. What comes next is
        linked as if they had just been linked here."""
        for key, packed in kept:
            post = unpack(packed)
            if post.space != self._space:
                continue  # another encoder's: points of two spaces must never be compared
            self.catalogue.seen.see(key, post.terms)
            self.stream.remember([key], post.point[None], [post.hours])
            numbers = self.stream.numbers([event_id for event_id, _ in post.about])
            self.stream.tell(key, numbers, np.asarray([share for _, share in post.about]))

    def link_many(self, items: Sequence[LinkInput]) -> list[tuple[Link, ...]]:
        """For each post its links, best first: none where no event is probable enough.

        At most one link is made: events compete for a post.
        """
        found = []
        for item, candidates in zip(items, self.candidates_many(items, 1), strict=True):
            links: tuple[Link, ...] = ()
            if candidates and candidates[0].probability >= self.suggest:
                links = (self._link(item, candidates[0]),)
            found.append(links)
        return found

    def candidates(self, item: LinkInput, n: int = 10) -> list[Candidate]:
        """The ``n`` best candidates of one post, best first, whatever their score."""
        return self.candidates_many([item], n)[0]

    def considered(self, item: LinkInput, n: int = 3) -> tuple[Link, ...]:
        """The ``n`` best candidates as links would show them, whatever their probability: what
        somebody who asks "why this, why not that" wants to see. Only the first is ever linked."""
        return tuple(self._link(item, candidate) for candidate in self.candidates(item, n))

    def candidates_many(self, items: Sequence[LinkInput], n: int) -> list[list[Candidate]]:
        """See :meth:`candidates`."""
        answers = []
        for item, rows, features in self.features_many(items):
            scores = features @ self.weights.vector
            order = np.argsort(-scores, kind="stable")
            scores, rows, features = scores[order], rows[order], features[order]
            share = shares(scores, self.weights.null)
            # Of the others: a single known event is not its own measure.
            rivals = features[1:] if len(rows) > 1 else np.zeros((1, len(FEATURES)))
            best = known = 0.0
            if len(rows):
                odds = odds_of(scores, self.weights.null, features[0])
                best = probability(self.weights, odds)
                known = known_probability(self.weights, odds)
                if self._too_early(item, int(rows[0])):
                    best = min(best, self.confirm - 0.01)
            average = rivals.mean(axis=0).tolist()
            details = {"average": dict(zip(FEATURES, average, strict=True)), "known": known}
            answers.append(
                [
                    Candidate(
                        self.catalogue.events[rows[i]].id,
                        float(scores[i]),
                        best * float(share[i] / share[0]) if i else best,
                        dict(zip(FEATURES, features[i].tolist(), strict=True)),
                        details,
                    )
                    for i in range(min(n, len(rows)))
                ]
            )
        return answers

    def features_many(self, items: Sequence[LinkInput]) -> list[Evidenced]:
        """For each post its candidate rows and their evidence, ``(candidates, len(FEATURES))``.

        Posts given together are each other's surroundings, as are the posts seen before.
        """
        size = self.stream.most // 2
        return [
            found
            for start in range(0, len(items), size)
            for found in self._features(items[start : start + size])
        ]

    def _features(self, items: Sequence[LinkInput]) -> list[Evidenced]:
        evidenced, where = self.compare(items)
        self.surround(evidenced, where)
        return evidenced

    def compare(self, items: Sequence[LinkInput]) -> tuple[list[Evidenced], Floats]:
        """What posts and events say, for each post's candidates, and the posts as points of the
        stream: what :meth:`surround` needs to fill in the rest."""
        comparison = Comparison(self.catalogue, self._encoder)
        vectors = comparison.vectors(items)
        posts = [terms_of(item, self.catalogue.lexicon) for item in items]
        for item, post in zip(items, posts, strict=True):
            self.catalogue.seen.see(item.post.id, post.bag)
        said = [weigh(post, self.catalogue) for post in posts]
        found = comparison.compare(items, vectors, said, timed=not self.ignore_time)
        evidenced = [(item, *both) for item, both in zip(items, found, strict=True)]
        return evidenced, points(vectors, [post.rare for post in said])

    def surround(self, evidenced: Sequence[Evidenced], where: Floats) -> None:
        """Take posts into the stream and fill in what it says about them."""
        items = [item for item, _, _ in evidenced]
        hours = [item.post.at.timestamp() / 3600 for item in items]
        slots = self.stream.remember([item.post.id for item in items], where, hours)
        guess = self.weights.alone_vector
        for item, rows, features in evidenced:
            share = shares(features @ guess, self.weights.alone["null"])
            # The stream is told what posts say of themselves, not what is concluded with its help:
            # else an error would be its own proof. What only was there at the time backs nothing.
            self._tell(item, rows, share * backing(features))
        numbers = [self._numbers(rows) for _, rows, _ in evidenced]
        around = self.stream.around(slots, numbers, timed=not self.ignore_time)
        for (_, _, features), found in zip(evidenced, around, strict=True):
            features[:, _AT["similar"]] = around_features(found.near)
            features[:, _AT["among"]] = found.among
            features[:, _AT["others"]] = found.others
            features[:, _AT["crowd"]] = found.crowd

    def _tell(self, item: LinkInput, rows: Ids, share: NDArray[np.float64]) -> None:
        best = np.argsort(-share, kind="stable")[:8]
        self.stream.tell(item.post.id, self._numbers(rows[best]), share[best])

    def _numbers(self, rows: Ids) -> Ids:
        return self.stream.numbers([self.catalogue.events[row].id for row in rows])

    def _too_early(self, item: LinkInput, row: int) -> bool:
        start = self.catalogue.when.starts[row]
        hours = item.post.at.timestamp() / 3600
        return not self.ignore_time and bool(start - hours > _EARLIEST_H)

    def _link(self, item: LinkInput, best: Candidate) -> Link:
        row = self.catalogue.rows_by_id[best.event_id]
        event = self.catalogue.events[row]
        number = int(self.stream.numbers([event.id])[0])
        alike = self.stream.count(item.post.id, number, timed=not self.ignore_time)
        evidence, sentence = explain(
            item, event, self.catalogue.places[row], best, self.weights, alike
        )
        return Link(
            post_id=item.post.id,
            event_id=event.id,
            title=event.title,
            probability=round(best.probability, 4),
            status="confirmed" if best.probability >= self.confirm else "suggested",
            evidence=evidence,
            explanation=sentence,
        )

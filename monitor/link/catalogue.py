"""The known events as arrays: everything the linker compares posts with.

Built once, and from its predecessor when events are added, changed or grow with accepted posts:
what stayed the same is copied. Candidates come from indexes (words, pieces of words, meaning,
country, time), so that most events are never looked at for a post.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, Rarity, RecentRarity
from monitor.link.kinds import MARK
from monitor.link.lexicon import Lexicon
from monitor.link.profile import Gazetteer, Profile, event_hours, profile_of
from monitor.link.rows import (
    Floats,
    Ids,
    Postings,
    RowsBuilder,
    flat,
    gather,
    indptr_of,
    sorted_row,
)
from monitor.link.stream import REMEMBERED
from monitor.link.vectors import Vectors
from monitor.model import Event, Place

log = logging.getLogger(__name__)

_MOST_TOLD = 5  # places that the gazetteer has not
_EXACT = 4096  # events up to which meaning is compared in all dimensions
_PRINCIPAL = 64  # dimensions by which candidates are chosen among more


class Catalogue:
    """Arrays over ``events``; row ``i`` of each belongs to ``events[i]``.

    ``accepted`` are texts of posts a person accepted, by event id, oldest first: the profile grows
    with them and with nothing else. ``before`` is the catalogue this one takes the place of.
    """

    def __init__(
        self,
        events: Sequence[Event],
        vectors: Vectors,
        gazetteer: Gazetteer | None,
        lexicon: Lexicon,
        accepted: Mapping[str, Sequence[str]] | None = None,
        before: Catalogue | None = None,
    ) -> None:
        self.events = tuple(events)
        self.rows_by_id = {event.id: row for row, event in enumerate(self.events)}
        self.lexicon = lexicon
        self.accepted = {key: tuple(texts) for key, texts in (accepted or {}).items() if texts}
        self.vectors = vectors
        self.vocabulary: dict[str, int] = before.vocabulary if before else {}
        self.gram_ids: dict[str, int] = before.gram_ids if before else {}
        fresh = RecentRarity(lexicon.share, REMEMBERED)
        self.seen: RecentRarity = before.seen if before else fresh
        self.places: list[tuple[Place, ...]] = []
        self.numbers: list[frozenset[str]] = []
        self._collect(gazetteer, before)
        self._weigh()
        self._places()
        spans = np.asarray([event_hours(event) for event in self.events], np.float64)
        self.starts, self.ends = spans.reshape(-1, 2).T.copy()
        self._centres()

    def __len__(self) -> int:
        return len(self.events)

    def _collect(self, gazetteer: Gazetteer | None, before: Catalogue | None) -> None:
        rows = _Rows()
        texts: list[str] = []
        waiting: list[tuple[int, int]] = []  # where vector rows are still to be put, and how many
        same_place: dict[Place, Place] = {}
        unknown: list[str] = []
        for event in self.events:
            old = before.unchanged(event, self.accepted) if before else None
            if before is not None and old is not None:
                rows.copy(before, old)
                self.places.append(before.places[old])
                self.numbers.append(before.numbers[old])
                continue
            profile = profile_of(event, gazetteer, self.lexicon, self.accepted.get(event.id, ()))
            unknown += [f"event {event.id}: {name}" for name in profile.unknown_places]
            waiting.append((len(rows.vectors), len(profile.texts)))
            texts += profile.texts
            rows.add(profile, self.vocabulary, self.gram_ids)
            self.places.append(tuple(same_place.setdefault(p, p) for p in profile.places))
            self.numbers.append(profile.numbers)
        for place in unknown[:_MOST_TOLD]:
            log.warning("%s: no such place is known; only the words of its name count", place)
        if len(unknown) > _MOST_TOLD:
            log.warning("%d places of events are unknown, these among them", len(unknown))
        self.vector_rows: Ids = flat(rows.vectors, np.int64).copy()
        made = self.vectors.rows(texts)
        start = 0
        for at, count in waiting:
            self.vector_rows[at : at + count] = made[start : start + count]
            start += count
        self.vector_indptr = indptr_of(rows.vector_counts)
        self.vector_is_title = flat(rows.titles, np.bool_)
        self.bags, self.bag_is_place = rows.bags.build(), flat(rows.where, np.bool_)
        self.grams, self.phrases = rows.grams.build(), rows.phrases.build()
        self.phrase_indptr = indptr_of(rows.phrase_counts)
        self.phrase_kind = flat(rows.phrase_kinds, np.int8)

    def unchanged(self, event: Event, accepted: Mapping[str, Sequence[str]]) -> int | None:
        """The row of an event that is known here just as it is, else None."""
        row = self.rows_by_id.get(event.id)
        same = (
            row is not None
            and self.events[row] == event
            and self.accepted.get(event.id, ()) == accepted.get(event.id, ())
        )
        return row if same else None

    def _weigh(self) -> None:
        n, longest = len(self.events), max(1000, len(self.events) // 20)
        self.words = Postings(self.bags, len(self.vocabulary), longest)
        self._held = array("q", self.words.frequency.astype(np.int64).tobytes())
        # Of the events alone: what an event says is as rare after a restart as it was before.
        rarity = Rarity(self.lexicon.share)
        idf = [rarity.idf(t, held, n) for t, held in zip(self.vocabulary, self._held, strict=True)]
        self.idf: Floats = np.asarray(idf, np.float32)
        self.bag_norms = self.bags.norms(self.idf)
        self.is_kind = np.asarray([t[0] == MARK for t in self.vocabulary], bool)
        rare = np.log((n + 1) / (self.words.frequency + 0.5)) / np.log(n + 2)
        self.kind_rarity: Floats = rare.clip(0.1).astype(np.float32)
        self.pieces = Postings(self.grams, len(self.gram_ids), longest)
        rare = np.log((n + 1) / (self.pieces.frequency + 0.5))
        self.gram_idf: Floats = rare.clip(0.05).astype(np.float32)
        self.gram_norms = self.grams.norms(self.gram_idf)

    def _places(self) -> None:
        self.country_counts: dict[str, int] = {}
        self.place_counts: dict[int, int] = {}
        by_country: dict[str, list[int]] = {}
        for row, found in enumerate(self.places):
            for code in {place.country for place in found}:
                self.country_counts[code] = self.country_counts.get(code, 0) + 1
                by_country.setdefault(code, []).append(row)
            for number in {place.geonameid for place in found}:
                self.place_counts[number] = self.place_counts.get(number, 0) + 1
        self.has_places = np.asarray([bool(found) for found in self.places], bool)
        self.rows_by_country = {code: np.asarray(r, np.int64) for code, r in by_country.items()}

    def rarity(self, term: str) -> float:
        """How rare a term is in the language, in the posts of late and in the events, in 0…1."""
        number = self.vocabulary.get(term)
        held = self._held[number] if number is not None else 0
        return self.seen.idf(term, held, len(self.events))

    # meaning

    def _centres(self) -> None:
        """One vector an event, the mean of its texts', by which candidates are chosen."""
        centres = np.zeros((len(self), self.vectors.dimension), np.float32)
        for start in range(0, len(self), 4096):
            rows = np.arange(start, min(start + 4096, len(self)))
            centres[rows] = self._means(rows)
        self._basis: Floats | None = None
        if len(self) > _EXACT:
            # Principal components: an eighth of the memory and of the time, and what is lost is
            # made good by comparing more candidates in full.
            sample = centres[np.random.default_rng(0).permutation(len(self))[:20_000]]
            _, directions = np.linalg.eigh(sample.T @ sample)
            self._basis = np.ascontiguousarray(directions[:, -_PRINCIPAL:], np.float32)
            centres = centres @ self._basis
        self.centres: Floats = centres

    def _means(self, rows: Ids) -> Floats:
        at, owner = gather(self.vector_indptr, rows)
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        means: Floats = np.add.reduceat(self.vectors.take(self.vector_rows[at]), starts)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        return means

    def near(self, queries: Floats) -> Floats:
        """How near each event's centre is to each of the ``queries``: ``(queries, events)``."""
        if self._basis is not None:
            queries = queries @ self._basis
        near: Floats = queries @ self.centres.T
        return near

    def closest(self, rows: Ids, queries: Floats) -> tuple[Floats, Floats]:
        """The cosine of each query with the best text and with the best title of each of the
        events ``rows``: twice float32 of shape ``(queries, rows)``."""
        at, owner = gather(self.vector_indptr, rows)
        starts = np.flatnonzero(np.diff(owner, prepend=-1))  # every event has a title
        similar = queries @ self.vectors.take(self.vector_rows[at]).T
        titles = np.where(self.vector_is_title[at], similar, -1.0)
        best: Floats = np.maximum.reduceat(similar, starts, axis=1)
        return best, np.maximum.reduceat(titles, starts, axis=1)


class _Rows:
    """What :class:`Catalogue` collects, event by event, in flat buffers."""

    def __init__(self) -> None:
        self.bags, self.grams, self.phrases = RowsBuilder(), RowsBuilder(), RowsBuilder()
        self.where, self.titles, self.phrase_kinds = array("b"), array("b"), array("b")
        self.vectors = array("q")
        self.vector_counts, self.phrase_counts = array("i"), array("i")

    def add(self, profile: Profile, vocabulary: dict[str, int], grams: dict[str, int]) -> None:
        def numbered(bag: Bag) -> dict[int, float]:
            return {vocabulary.setdefault(t, len(vocabulary)): w for t, w in bag.items()}

        ids, weights = sorted_row(numbered(profile.bag))
        where = [vocabulary[term] for term in profile.where if term in vocabulary]
        self.bags.add(ids, weights)
        self.where.frombytes(np.isin(ids, where).tobytes())
        pieces = np.sort(_numbers(grams, profile.grams))
        self.grams.add(pieces)
        self.phrase_counts.append(len(profile.phrases))
        for kind, phrase in profile.phrases:
            self.phrases.add(*sorted_row(numbered(phrase)))
            self.phrase_kinds.append(kind)
        self.vector_counts.append(len(profile.texts))
        self.vectors.extend([-1] * len(profile.texts))
        self.titles.extend(profile.titles)

    def copy(self, old: Catalogue, row: int) -> None:
        self.bags.add(*old.bags.row(row))
        self.where.frombytes(old.bag_is_place[_span(old.bags.indptr, row)].tobytes())
        self.grams.add(old.grams.row(row)[0])
        phrases = _span(old.phrase_indptr, row)
        self.phrase_counts.append(phrases.stop - phrases.start)
        for phrase in range(phrases.start, phrases.stop):
            self.phrases.add(*old.phrases.row(phrase))
        self.phrase_kinds.frombytes(old.phrase_kind[phrases].tobytes())
        vectors = _span(old.vector_indptr, row)
        self.vector_counts.append(vectors.stop - vectors.start)
        self.vectors.frombytes(old.vector_rows[vectors].tobytes())
        self.titles.frombytes(old.vector_is_title[vectors].tobytes())


def _numbers(known: dict[str, int], terms: Iterable[str]) -> NDArray[np.int32]:
    return np.asarray([known.setdefault(t, len(known)) for t in terms], np.int32)


def _span(indptr: Ids, row: int) -> slice:
    return slice(int(indptr[row]), int(indptr[row + 1]))

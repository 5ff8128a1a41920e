"""The known events as arrays: everything the linker compares posts with.

Built once, and from its predecessor when events are added, changed or grow with accepted posts:
what stayed the same is copied. Candidates come from indexes (words, pieces of words, meaning,
country, time), so that most events are never looked at for a post.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import CHAR_GRAMS, Bag, Rarity, RecentRarity
from monitor.link.kinds import MARK, SURE
from monitor.link.lexicon import Lexicon
from monitor.link.profile import Gazetteer, Profile, event_languages, profile_of
from monitor.link.rows import (
    Floats,
    Ids,
    Postings,
    RowsBuilder,
    flat,
    gather,
    indptr_of,
    sorted_row,
    starts_of,
)
from monitor.link.stream import REMEMBERED
from monitor.link.vectors import Vectors
from monitor.link.when import Times
from monitor.link.where import Places
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
        fresh = RecentRarity(lexicon.share, REMEMBERED)
        self.seen: RecentRarity = before.seen if before else fresh
        self.places: list[tuple[Place, ...]] = []
        self.numbers: list[frozenset[str]] = []
        self._collect(gazetteer, before)
        self._weigh()
        self.where = Places(self.places)
        self.when = Times(self.events)
        self._told_in: dict[str, NDArray[np.bool_]] = {}
        for row, event in enumerate(self.events):
            for code in event_languages(event, self.accepted.get(event.id, ())):
                if code not in self._told_in:
                    self._told_in[code] = np.zeros(len(self), bool)
                self._told_in[code][row] = True
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
            rows.add(profile, self.vocabulary)
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
        self.vector_indptr = indptr_of(flat(rows.vector_counts, np.int32))
        self.bags, self.bag_is_place = rows.bags.build(), flat(rows.where, np.bool_)
        self.grams, self.phrases = rows.grams.build(), rows.phrases.build()
        self.phrase_indptr = indptr_of(flat(rows.phrase_counts, np.int32))
        self.phrase_terms = self.phrases.indptr[self.phrase_indptr]
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
        frequency = np.bincount(self.bags.ids, minlength=len(self.vocabulary))
        self._held = np.append(frequency, 0)  # the last for a term that no event has
        # Of the events alone: what an event says is as rare after a restart as it was before.
        rare = Rarity(self.lexicon.share).idf(self.vocabulary, frequency, n)
        self.idf: Floats = rare.astype(np.float32)
        self.words = Postings(self.bags.normalised(self.idf), len(self.vocabulary), longest)
        self.is_kind = np.asarray([t[0] == MARK for t in self.vocabulary], bool)
        self.has_kind = np.zeros(n, bool)  # whether it is sure what kind of thing an event is
        sure = np.flatnonzero(self.is_kind[self.bags.ids] & (self.bags.weights > SURE))
        self.has_kind[np.searchsorted(self.bags.indptr, sure, side="right") - 1] = True
        rare = np.log((n + 1) / (frequency + 0.5)) / np.log(n + 2)
        self.kind_rarity: Floats = rare.clip(0.1).astype(np.float32)
        mass = self.phrases.weights * self.idf[self.phrases.ids]
        self.phrase_mass = np.bincount(self.phrases.owners(), mass, minlength=len(self.phrases))
        self._index_pieces(longest)

    def _index_pieces(self, longest: int) -> None:
        """Only pieces that some event has take part, numbered in their order."""
        frequency = np.bincount(self.grams.ids, minlength=CHAR_GRAMS)
        self._gram_codes = np.flatnonzero(frequency).astype(np.int32)
        number = np.zeros(CHAR_GRAMS, np.int32)
        number[self._gram_codes] = np.arange(len(self._gram_codes))
        grams = replace(self.grams, ids=number[self.grams.ids])
        self.pieces = Postings(grams, len(self._gram_codes), longest)
        rare = np.log((len(self) + 1) / (frequency[self._gram_codes] + 0.5))
        self.gram_idf: Floats = rare.clip(0.05).astype(np.float32)
        self.gram_norms = grams.norms(self.gram_idf)

    def gram_numbers(self, pieces: NDArray[np.int32]) -> Ids:
        """The numbers in :attr:`pieces` of those of ``pieces`` (ascending) that any event has."""
        codes = self._gram_codes
        at = np.searchsorted(codes, pieces)
        at = at[at < len(codes)]
        found: Ids = at[codes[at] == pieces[: len(at)]]
        return found

    def rarity(self, terms: Collection[str]) -> NDArray[np.float64]:
        """How rare each term is in the language, in the posts of late and in the events, in 0…1."""
        numbers = [self.vocabulary.get(term, -1) for term in terms]
        return self.seen.idf(terms, self._held[numbers], len(self.events))

    def silent_in(self, languages: Collection[str], rows: Ids) -> NDArray[np.bool_]:
        """Which of the events ``rows`` are told in none of ``languages``, if these are known."""
        silent = np.full(len(rows), bool(languages))
        for code in languages:
            if code in self._told_in:
                silent &= ~self._told_in[code][rows]
        return silent

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
        self._centres_of: Floats = np.ascontiguousarray(centres.T)  # one post is compared quicker

    def _means(self, rows: Ids) -> Floats:
        at, owner = gather(self.vector_indptr, rows)
        means: Floats = np.add.reduceat(self.vectors.take(self.vector_rows[at]), starts_of(owner))
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        return means

    def near(self, queries: Floats) -> Floats:
        """How near each event's centre is to each of the ``queries``: ``(queries, events)``."""
        if self._basis is not None:
            queries = queries @ self._basis
        near: Floats = queries @ self._centres_of
        return near

    def closest(self, rows: Ids, query: Floats) -> Floats:
        """The cosine of ``query`` with the best text of each of the events ``rows``."""
        at, owner = gather(self.vector_indptr, rows)
        similar = self.vectors.cosines(self.vector_rows[at], query)
        best: Floats = np.maximum.reduceat(similar, starts_of(owner))  # every event has a title
        return best


class _Rows:
    """What :class:`Catalogue` collects, event by event, in flat buffers."""

    def __init__(self) -> None:
        self.bags, self.grams, self.phrases = RowsBuilder(), RowsBuilder(), RowsBuilder()
        self.where, self.phrase_kinds = array("b"), array("b")
        self.vectors = array("q")
        self.vector_counts, self.phrase_counts = array("i"), array("i")

    def add(self, profile: Profile, vocabulary: dict[str, int]) -> None:
        def numbered(bag: Bag) -> dict[int, float]:
            return {vocabulary.setdefault(t, len(vocabulary)): w for t, w in bag.items()}

        ids, weights = sorted_row(numbered(profile.bag))
        where = [vocabulary[term] for term in profile.where if term in vocabulary]
        self.bags.add(ids, weights)
        self.where.frombytes(np.isin(ids, where).tobytes())
        self.grams.add(profile.grams)
        self.phrase_counts.append(len(profile.phrases))
        for kind, phrase in profile.phrases:
            self.phrases.add(*sorted_row(numbered(phrase)))
            self.phrase_kinds.append(kind)
        self.vector_counts.append(len(profile.texts))
        self.vectors.extend([-1] * len(profile.texts))

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


def _span(indptr: Ids, row: int) -> slice:
    return slice(int(indptr[row]), int(indptr[row + 1]))

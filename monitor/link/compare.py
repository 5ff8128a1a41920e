"""One post beside the known events: candidates from the indexes, and what speaks for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, char_grams
from monitor.link.catalogue import Catalogue
from monitor.link.evidence import FEATURES, number_evidence, time_evidence
from monitor.link.inputs import LinkInput
from monitor.link.kinds import SURE
from monitor.link.profile import PHRASE_KINDS
from monitor.link.rows import Floats, Ids, gather, row_max, starts_of
from monitor.link.said import PARENT, Said
from monitor.link.terms import numbers, stems
from monitor.text.embed import Encoder
from monitor.text.social import share_of_hashtags

_CANDIDATES = 128
# By these and the nearness candidates are chosen, about as the learned score weighs them: finer
# sums find the right event hardly more often (benchmarks/README.md).
_ROUGH_WORDS, _ROUGH_CHARS, _ROUGH_COUNTRY, _ROUGH_TIME = 3.0, 1.5, 0.3, 0.4
_REACH_H, _EARLY_H = 720.0, 48.0  # an event so long over, or so far off, is no news
_BLOCK = 64  # posts compared with all events at once
_WORDS = 100  # of a post that are looked for one by one
_AT = {name: column for column, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class _Shared:
    """Each term that the post and a candidate have in common, ordered by candidate: ``owner`` is
    the candidate, ``term`` indexes the arrays of :class:`Said`, ``weights`` are the event's.
    ``place``: the event has it only to say where it is."""

    owner: Ids
    term: Ids
    weights: Floats
    place: NDArray[np.bool_]


class Comparison:
    """Compares posts with the events of ``catalogue``."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder) -> None:
        self.catalogue = catalogue
        self._encoder = encoder
        # Where a term of the catalogue stands among those of the post at hand, from 1 on; else 0.
        self._places_of = np.zeros(len(catalogue.vocabulary), np.int64)

    def compare(
        self, items: Sequence[LinkInput], vectors: Floats, said: Sequence[Said], *, timed: bool
    ) -> list[tuple[Ids, NDArray[np.float64]]]:
        """For each post its candidates' rows and their evidence, ``(candidates, len(FEATURES))``.

        What :class:`~monitor.link.stream.Stream` knows is left 0.
        """
        answers = []
        for start in range(0, len(items), _BLOCK):
            block = slice(start, start + _BLOCK)
            near = self.catalogue.near(vectors[block])
            for item, post, nearness, vector in zip(
                items[block], said[block], near, vectors[block], strict=True
            ):
                answers.append(self._compare(item, post, nearness, vector, timed))
        return answers

    def vectors(self, items: Sequence[LinkInput]) -> Floats:
        vectors = np.zeros((len(items), self._encoder.dimension), np.float32)
        missing = [i for i, item in enumerate(items) if item.vector is None]
        for i, item in enumerate(items):
            if item.vector is not None:
                vectors[i] = item.vector
        if missing:
            vectors[missing] = self._encoder.encode([items[i].post.full_text for i in missing])
        # Extra views are averaged in: the sentence space is one for all languages.
        extra = [(i, t, w) for i, item in enumerate(items) for t, w in _views(item)]
        if extra:
            encoded = self._encoder.encode([text for _, text, _ in extra])
            for (i, _, weight), vector in zip(extra, encoded, strict=True):
                vectors[i] += weight * vector
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
        return vectors

    def _compare(
        self, item: LinkInput, said: Said, nearness: Floats, vector: Floats, timed: bool
    ) -> tuple[Ids, NDArray[np.float64]]:
        known = self.catalogue
        if not len(known):
            return np.zeros(0, np.int64), np.zeros((0, len(FEATURES)))
        words = known.words.search(said.ids, said.rare_known / np.float32(said.norm))
        chars = self._chars(item)
        rough = nearness + _ROUGH_WORDS * words + _ROUGH_CHARS * chars
        self._add_circumstances(item, rough, timed)
        n = min(_CANDIDATES, len(known))
        # In the order of the file: events that are told alike tie, and ties must not be random.
        rows = np.sort(np.argpartition(-rough, n - 1)[:n]).astype(np.int64)
        features = np.zeros((n, len(FEATURES)))
        features[:, _AT["dense"]] = known.closest(rows, vector)
        features[:, _AT["words"]] = words[rows]
        features[:, _AT["chars"]] = chars[rows]
        self._places_of[said.ids] = np.arange(1, len(said.ids) + 1)
        shared = self._shared(rows)
        self._words(said, shared, features)
        self._kinds(said, shared, rows, features)
        self._content(item, said, shared, features)
        self._phrases(rows, said, features)
        self._places_of[said.ids] = 0
        self._facts(item, rows, features, timed)
        features[:, _AT["foreign"]] = known.silent_in(item.languages, rows)
        features[:, _AT["hashtags"]] = share_of_hashtags(item.post.full_text)
        return rows, features

    def _chars(self, item: LinkInput) -> Floats:
        """The cosine of the post's character pieces with those of every event."""
        known = self.catalogue
        ids = known.gram_numbers(char_grams(item.post.full_text))
        squares = known.gram_idf[ids] ** 2
        chars = known.pieces.search(ids, squares)
        chars /= known.gram_norms * (float(np.sqrt(squares.sum())) or 1.0)
        return chars

    def _shared(self, rows: Ids) -> _Shared:
        known = self.catalogue
        at, owner = gather(known.bags.indptr, rows)
        place = self._places_of[known.bags.ids[at]]
        hit = np.flatnonzero(place)
        at = at[hit]
        return _Shared(owner[hit], place[hit] - 1, known.bags.weights[at], known.bag_is_place[at])

    def _words(self, said: Said, shared: _Shared, features: NDArray[np.float64]) -> None:
        n = len(features)
        common = said.rare_known[shared.term] * shared.weights
        covered = np.bincount(shared.owner, common, minlength=n)
        features[:, _AT["cover"]] = np.minimum(covered / said.mass, 1.0)
        features[:, _AT["rare"]] = row_max(common, shared.owner, n)

    def _kinds(self, said: Said, shared: _Shared, rows: Ids, features: NDArray[np.float64]) -> None:
        """Whether the same kind of thing happened, more where fewer events are of that kind."""
        known = self.catalogue
        strength = np.where(known.is_kind[said.ids] & (said.weights > SURE), said.weights, 0.0)
        if not strength.any():
            return
        # An event that only hints at a kind is not of that kind: its hospital is no epidemic.
        agree = np.sqrt(
            strength[shared.term] * np.where(shared.weights > SURE, shared.weights, 0.0)
        )
        agree *= known.kind_rarity[said.ids[shared.term]]
        best = row_max(agree, shared.owner, len(rows))
        features[:, _AT["kind"]] = best
        features[:, _AT["kind_clash"]] = known.has_kind[rows] & (best == 0)

    def _content(
        self, item: LinkInput, said: Said, shared: _Shared, features: NDArray[np.float64]
    ) -> None:
        """How much of what the post says, beside where, each event says too.

        ``content`` is a share of the post's words by rarity, ``matched`` what they come to.
        """
        where = {s for p in item.places for n in (p.mention, p.name) for s in stems(n)}
        held = np.zeros((len(said.number), len(features)))
        held[shared.term, shared.owner] = np.where(shared.place, 0, shared.weights)
        content, matched = _AT["content"], _AT["matched"]
        for reading, trust in said.texts:
            forms = [
                (form, terms)
                for form, terms in reading.forms.items()
                if where.isdisjoint(terms) and not form.isdigit()
            ]
            total, mass = self._agreeing(forms[:_WORDS], said, held)
            mass *= trust  # what a doubtful translation says is believed as far as it is trusted
            features[:, content] = np.maximum(features[:, content], mass / (total or 1.0))
            features[:, matched] = np.maximum(features[:, matched], 1 - np.exp(-mass))

    @staticmethod
    def _agreeing(
        forms: Sequence[tuple[str, Bag]], said: Said, held: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """The rarity of all words together, and of those that each event has: of the ways a word
        may agree in the best. ``held`` are the weights in events by ``said.number`` of the term."""
        rare = np.asarray([said.rarity.get(form, 0.0) for form, _ in forms])
        pairs = [
            (i, said.number[term], weight)
            for i, (_, terms) in enumerate(forms)
            for term, weight in terms.items()
            if term in said.number
        ]
        if not pairs:
            return float(rare.sum()), np.zeros(held.shape[1])
        form, terms, weights = map(np.asarray, zip(*pairs, strict=True))
        starts = starts_of(form)
        best = np.maximum.reduceat(held[terms] * weights[:, None], starts, axis=0)
        return float(rare.sum()), rare[form[starts]] @ best

    def _phrases(self, rows: Ids, said: Said, features: NDArray[np.float64]) -> None:
        known = self.catalogue
        at, event = gather(known.phrase_terms, rows)
        ids = known.phrases.ids[at]
        lit = np.concatenate(([False], said.rare_known > 0))[self._places_of[ids]].nonzero()[0]
        if not len(lit):
            return
        phrase = np.searchsorted(known.phrases.indptr, at[lit], side="right") - 1
        starts = starts_of(phrase)
        phrases, event = phrase[starts], event[lit][starts]
        have = np.add.reduceat(known.phrases.weights[at[lit]] * known.idf[ids[lit]], starts)
        total = known.phrase_mass[phrases]
        cover = have / np.maximum(total, 1e-6)
        kinds = known.phrase_kind[phrases]
        for kind, name in enumerate(PHRASE_KINDS[:3]):
            chosen = kinds == kind
            value = cover[chosen]
            if name != "title":  # half a name is no name; half a title is still something
                value = np.clip(2 * value - 1, 0, 1) * np.minimum(total[chosen], 1)
            features[:, _AT[name]] = row_max(value, event[chosen], len(rows))

    def _facts(
        self, item: LinkInput, rows: Ids, features: NDArray[np.float64], timed: bool
    ) -> None:
        known = self.catalogue
        if item.places:
            where = slice(_AT["place"], _AT["clash"] + 1)
            features[:, where] = known.where.evidence(item.places, rows)
        said = numbers(item.post.full_text)
        if said:
            for i, row in enumerate(rows):
                features[i, _AT["numbers"]] = number_evidence(said, known.numbers[row])
        if timed:
            hours = item.post.at.timestamp() / 3600
            times = time_evidence(hours, known.when.starts[rows], known.when.ends[rows])
            features[:, _AT["near"] : _AT["after"] + 1] = np.stack(times, axis=1)

    def _add_circumstances(self, item: LinkInput, rough: NDArray[np.float32], timed: bool) -> None:
        """What makes an event a candidate beside its words: the time and the country."""
        known = self.catalogue
        if item.places:
            rough += np.float32(_ROUGH_COUNTRY) * known.where.within(
                {p.country for p in item.places}
            )
        if timed:
            hours = item.post.at.timestamp() / 3600
            rows = known.when.within(hours - _REACH_H, hours + _EARLY_H)
            starts, ends = known.when.starts[rows], known.when.ends[rows]
            near, lasting, *_ = time_evidence(hours, starts, ends)
            rough[rows] += _ROUGH_TIME * (near + lasting)


def _views(item: LinkInput) -> list[tuple[str, float]]:
    views = [(item.translation.text, 0.8 * item.translation.trust)] if item.translation else []
    return views + [(title, PARENT) for title in item.parents[:2] if title.strip()]

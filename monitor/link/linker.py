"""From posts to links: candidates from the indexes, evidence, score, decision, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, alternatives, bag, char_grams, merge
from monitor.link.catalogue import Catalogue
from monitor.link.evidence import FEATURES, number_evidence, place_evidence, time_evidence
from monitor.link.explain import explain
from monitor.link.inputs import Candidate, LinkInput
from monitor.link.lexicon import load_lexicon
from monitor.link.profile import PHRASE_KINDS, Gazetteer
from monitor.link.rows import gather
from monitor.link.score import Weights, decision_features, load_weights, probability
from monitor.link.terms import numbers, stems
from monitor.link.vectors import Vectors
from monitor.model import Event, Link
from monitor.text.embed import Encoder

_CANDIDATES = 128
_BLOCK = 64  # posts compared with all events at once
_EARLIEST_H = 48.0  # before an event begins: a post may speak of it coming, never confirmed
_PARENT = 0.4  # what the page around a post is about counts less than what the post says
_WORDS = 100  # of a post that are looked for one by one
_AT = {name: column for column, name in enumerate(FEATURES)}


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
        suggest: float = 0.5,
        confirm: float = 0.9,
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

    def know(self, events: Sequence[Event], accepted: Mapping[str, Sequence[str]]) -> None:
        """From now on link to ``events``, grown with ``accepted``; what is the same is kept."""
        known = self.catalogue
        self.catalogue = Catalogue(
            events, known.vectors, self._gazetteer, known.lexicon, accepted, known
        )

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
            shares = np.exp(scores - scores.max(initial=0))
            shares /= shares.sum() or 1
            # Of the others: a single known event is not its own measure.
            rivals = features[1:] if len(rows) > 1 else np.zeros((1, len(FEATURES)))
            average = rivals.mean(axis=0)
            best = 0.0
            if len(rows):
                decision = decision_features(scores, self.weights.null, features[0])
                best = probability(self.weights, decision)
                if self._too_early(item, int(rows[0])):
                    best = min(best, self.confirm - 0.01)
            answers.append(
                [
                    Candidate(
                        self.catalogue.events[rows[i]].id,
                        float(scores[i]),
                        best * float(shares[i] / shares[0]) if i else best,
                        dict(zip(FEATURES, map(float, features[i]), strict=True)),
                        {"average": dict(zip(FEATURES, map(float, average), strict=True))},
                    )
                    for i in range(min(n, len(rows)))
                ]
            )
        return answers

    def features_many(
        self, items: Sequence[LinkInput]
    ) -> list[tuple[LinkInput, NDArray[np.int64], NDArray[np.float64]]]:
        """For each post its candidate rows and their evidence, ``(candidates, len(FEATURES))``."""
        vectors = self._vectors(items)
        bare = self._bare_vectors(items, vectors)
        bags = [self._bag(item) for item in items]
        for terms in bags:
            self.catalogue.rarity.add(terms)
        answers = []
        for start in range(0, len(items), _BLOCK):
            block = slice(start, start + _BLOCK)
            near = self.catalogue.near(vectors[block])
            for item, terms, nearness, both in zip(
                items[block], bags[block], near, np.stack([vectors, bare], 1)[block], strict=True
            ):
                answers.append((item, *self._compare(item, terms, nearness, both)))
        return answers

    def _vectors(self, items: Sequence[LinkInput]) -> NDArray[np.float32]:
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

    def _bare_vectors(
        self, items: Sequence[LinkInput], vectors: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The vectors of the posts without the names of places: what happened, not where."""
        bare = vectors.copy()
        placed = [i for i, item in enumerate(items) if item.places]
        if placed:
            bare[placed] = self._encoder.encode([_without_places(items[i]) for i in placed])
        return bare

    def _bag(self, item: LinkInput) -> Bag:
        lexicon = self.catalogue.lexicon
        terms = bag(item.post.full_text, item.language.code, lexicon)
        if item.translation:
            merge(terms, bag(item.translation.text, "en", lexicon), 0.9 * item.translation.trust)
        for place in item.places:
            merge(terms, bag(place.name, "en", lexicon), 0.9 * place.confidence)
        for title in item.parents:
            merge(terms, bag(title, "und", lexicon), _PARENT)
        return terms

    def _compare(
        self,
        item: LinkInput,
        terms: Bag,
        nearness: NDArray[np.float32],
        vectors: NDArray[np.float32],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """``vectors`` are those of the post as it is and without the names of places."""
        known = self.catalogue
        if not len(known):
            return np.zeros(0, np.int64), np.zeros((0, len(FEATURES)))
        idf = {term: known.rarity.idf(term) for term in terms}
        norm = float(np.sqrt(sum((w * idf[t]) ** 2 for t, w in terms.items()))) or 1.0
        mass = sum(w * idf[t] for t, w in terms.items() if t[0] != "~") or 1.0
        inside = [(known.vocabulary[t], t) for t in terms if t in known.vocabulary]
        query = np.zeros(len(known.vocabulary) + 1, np.float32)
        for number, term in inside:
            query[number] = terms[term] * idf[term]
        ids = [number for number, _ in inside]
        words = known.words.search(ids, query[ids] * known.idf[ids])
        words /= known.bag_norms * norm
        grams = [known.gram_ids[g] for g in char_grams(item.post.full_text) if g in known.gram_ids]
        gram_weights = known.gram_idf[grams]
        gram_norm = float(np.sqrt((gram_weights**2).sum())) or 1.0
        chars = known.pieces.search(grams, gram_weights**2)
        chars /= known.gram_norms * gram_norm
        rough = nearness + words + chars
        self._add_circumstances(item, rough)
        n = min(_CANDIDATES, len(known))
        # In the order of the file: events that are told alike tie, and ties must not be random.
        rows = np.sort(np.argpartition(-rough, n - 1)[:n]).astype(np.int64)
        features = np.zeros((n, len(FEATURES)))
        best, titles = known.closest(rows, vectors)
        features[:, _AT["dense"]] = best[0]
        features[:, _AT["dense_title"]] = titles[0]
        features[:, _AT["sense"]] = best[1]
        features[:, _AT["words"]] = words[rows]
        features[:, _AT["chars"]] = chars[rows]
        at, owner = gather(known.bags.indptr, rows)
        shared = query[known.bags.ids[at]]
        covered = np.bincount(owner, shared * known.bags.weights[at], minlength=n)
        features[:, _AT["cover"]] = np.minimum(covered / mass, 1.0)
        rare = np.zeros(n)
        np.maximum.at(rare, owner, shared * known.bags.weights[at])
        features[:, _AT["rare"]] = rare
        self._phrases(rows, query, features)
        self._content(item, rows, features)
        self._facts(item, rows, features)
        return rows, features

    def _content(
        self, item: LinkInput, rows: NDArray[np.int64], features: NDArray[np.float64]
    ) -> None:
        """How much of what the post says, beside where, each event says too.

        ``content`` is a share of the post's words by rarity, ``matched`` what they come to.
        """
        known = self.catalogue
        where = {s for p in item.places for n in (p.mention, p.name) for s in stems(n)}
        texts = [(item.post.full_text, item.language.code, 1.0)]
        if item.translation:  # what a doubtful translation says is believed as far as it is trusted
            texts.append((item.translation.text, "en", item.translation.trust))
        at, owner = gather(known.bags.indptr, rows)
        held = np.where(known.bag_is_place[at], 0, known.bags.weights[at])
        for text, language, trust in texts:
            words = alternatives(text, language, known.lexicon)
            said = [(f, a) for f, a in words.items() if where.isdisjoint(a) and not f.isdigit()]
            said = said[:_WORDS]
            ids = sorted({known.vocabulary[t] for _, a in said for t in a if t in known.vocabulary})
            column = np.full(len(known.vocabulary), -1)
            column[ids] = np.arange(len(ids))
            chosen = column[known.bags.ids[at]]
            inside = chosen >= 0
            table = np.zeros((len(rows), len(ids)))
            table[owner[inside], chosen[inside]] = held[inside]
            total, mass = 0.0, np.zeros(len(rows))
            for form, terms in said:
                idf = known.rarity.idf(form)
                total += idf
                pairs = [(column[known.vocabulary[t]], w) for t, w in terms.items()
                         if t in known.vocabulary]  # fmt: skip
                if pairs:
                    columns, weights = zip(*pairs, strict=True)
                    mass += idf * (table[:, columns] * np.asarray(weights)).max(axis=1)
            mass *= trust
            content, matched = _AT["content"], _AT["matched"]
            features[:, content] = np.maximum(features[:, content], mass / (total or 1.0))
            features[:, matched] = np.maximum(features[:, matched], 1 - np.exp(-mass))

    def _phrases(
        self, rows: NDArray[np.int64], query: NDArray[np.float32], features: NDArray[np.float64]
    ) -> None:
        known = self.catalogue
        phrases, event = gather(known.phrase_indptr, rows)
        if not len(phrases):
            return
        at, owner = gather(known.phrases.indptr, phrases)
        ids = known.phrases.ids[at]
        weight = known.phrases.weights[at] * known.idf[ids]
        total = np.bincount(owner, weight, minlength=len(phrases))
        have = np.bincount(owner, weight * (query[ids] > 0), minlength=len(phrases))
        cover = have / np.maximum(total, 1e-6)
        kinds = known.phrase_kind[phrases]
        for kind, name in enumerate(PHRASE_KINDS[:3]):
            values = np.zeros(len(rows))
            chosen = kinds == kind
            # Half a name is no name; half a title is still something.
            value = (
                cover if name == "title" else np.clip(2 * cover - 1, 0, 1) * np.minimum(total, 1)
            )
            np.maximum.at(values, event[chosen], value[chosen])
            features[:, _AT[name]] = values

    def _facts(
        self, item: LinkInput, rows: NDArray[np.int64], features: NDArray[np.float64]
    ) -> None:
        known = self.catalogue
        if item.places:
            features[:, _AT["clash"]] = known.has_places[rows] * max(
                place.confidence for place in item.places
            )
            abroad = ~np.isin(rows, self._same_countries(item))
            for i, row in enumerate(rows):
                if abroad[i]:
                    continue
                features[i, _AT["place"] : _AT["clash"] + 1] = place_evidence(
                    item.places, known.places[row], known.place_counts, known.country_counts,
                    len(known),
                )  # fmt: skip
        said = numbers(item.post.full_text)
        if said:
            for i, row in enumerate(rows):
                features[i, _AT["numbers"]] = number_evidence(said, known.numbers[row])
        if not self.ignore_time:
            hours = item.post.at.timestamp() / 3600
            times = time_evidence(hours, known.starts[rows], known.ends[rows])
            features[:, _AT["near"] : _AT["after"] + 1] = np.stack(times, axis=1)

    def _same_countries(self, item: LinkInput) -> NDArray[np.int64]:
        rows = self.catalogue.rows_by_country
        found = [rows[code] for code in {place.country for place in item.places} if code in rows]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def _add_circumstances(self, item: LinkInput, rough: NDArray[np.float32]) -> None:
        """What makes an event a candidate beside its words: the time and the country."""
        known = self.catalogue
        rough[self._same_countries(item)] += 0.3
        if not self.ignore_time:
            hours = item.post.at.timestamp() / 3600
            # Four σ away there is nothing left to add.
            rows = np.flatnonzero((known.starts < hours + 48) & (known.ends > hours - 288))
            rough[rows] += 0.4 * time_evidence(hours, known.starts[rows], known.ends[rows])[0]

    def _too_early(self, item: LinkInput, row: int) -> bool:
        start = self.catalogue.starts[row]
        hours = item.post.at.timestamp() / 3600
        return not self.ignore_time and bool(start - hours > _EARLIEST_H)

    def _link(self, item: LinkInput, best: Candidate) -> Link:
        event = self.catalogue.events[self.catalogue.rows_by_id[best.event_id]]
        row = self.catalogue.rows_by_id[event.id]
        evidence, sentence = explain(item, event, self.catalogue.places[row], best, self.weights)
        return Link(
            post_id=item.post.id,
            event_id=event.id,
            title=event.title,
            probability=round(best.probability, 4),
            status="confirmed" if best.probability >= self.confirm else "suggested",
            evidence=evidence,
            explanation=sentence,
        )


def _without_places(item: LinkInput) -> str:
    text = item.post.full_text
    for place in sorted(item.places, key=lambda place: -place.start):
        if text[place.start : place.end] == place.mention:
            text = f"{text[: place.start]} {text[place.end :]}"
    return text


def _views(item: LinkInput) -> list[tuple[str, float]]:
    views = [(item.translation.text, 0.8 * item.translation.trust)] if item.translation else []
    return views + [(title, _PARENT) for title in item.parents[:2] if title.strip()]

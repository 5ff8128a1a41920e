"""One post beside the known events: candidates from the indexes, and what speaks for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, alternatives, bag, char_grams, merge
from monitor.link.catalogue import Catalogue
from monitor.link.evidence import FEATURES, number_evidence, place_evidence, time_evidence
from monitor.link.inputs import LinkInput
from monitor.link.kinds import MARK, SURE
from monitor.link.profile import PHRASE_KINDS
from monitor.link.rows import Floats, Ids, gather
from monitor.link.terms import numbers, stems
from monitor.text.embed import Encoder

_CANDIDATES = 128
_BLOCK = 64  # posts compared with all events at once
_PARENT = 0.4  # what the page around a post is about counts less than what the post says
_WORDS = 100  # of a post that are looked for one by one
_AT = {name: column for column, name in enumerate(FEATURES)}


class Comparison:
    """Compares posts with the events of ``catalogue``."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder) -> None:
        self.catalogue = catalogue
        self._encoder = encoder

    def compare(
        self, items: Sequence[LinkInput], vectors: Floats, bags: Sequence[Bag], *, timed: bool
    ) -> list[tuple[Ids, NDArray[np.float64]]]:
        """For each post its candidates' rows and their evidence, ``(candidates, len(FEATURES))``.

        What :class:`~monitor.link.stream.Stream` knows is left 0.
        """
        answers = []
        for start in range(0, len(items), _BLOCK):
            block = slice(start, start + _BLOCK)
            near = self.catalogue.near(vectors[block])
            for item, terms, nearness, vector in zip(
                items[block], bags[block], near, vectors[block], strict=True
            ):
                answers.append(self._compare(item, terms, nearness, vector, timed))
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

    def bag(self, item: LinkInput) -> Bag:
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
        vector: NDArray[np.float32],
        timed: bool,
    ) -> tuple[Ids, NDArray[np.float64]]:
        known = self.catalogue
        if not len(known):
            return np.zeros(0, np.int64), np.zeros((0, len(FEATURES)))
        idf = {term: known.rarity(term) for term in terms}
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
        self._add_circumstances(item, rough, timed)
        n = min(_CANDIDATES, len(known))
        # In the order of the file: events that are told alike tie, and ties must not be random.
        rows = np.sort(np.argpartition(-rough, n - 1)[:n]).astype(np.int64)
        features = np.zeros((n, len(FEATURES)))
        best, _ = known.closest(rows, vector[None])
        features[:, _AT["dense"]] = best[0]
        features[:, _AT["words"]] = words[rows]
        features[:, _AT["chars"]] = chars[rows]
        at, owner = gather(known.bags.indptr, rows)
        shared = query[known.bags.ids[at]]
        covered = np.bincount(owner, shared * known.bags.weights[at], minlength=n)
        features[:, _AT["cover"]] = np.minimum(covered / mass, 1.0)
        rare = np.zeros(n)
        np.maximum.at(rare, owner, shared * known.bags.weights[at])
        features[:, _AT["rare"]] = rare
        self._kinds(terms, at, owner, features)
        self._phrases(rows, query, features)
        self._content(item, rows, features)
        self._facts(item, rows, features, timed)
        return rows, features

    def _content(self, item: LinkInput, rows: Ids, features: NDArray[np.float64]) -> None:
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
                idf = known.rarity(form)
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

    def _kinds(self, terms: Bag, at: Ids, owner: Ids, features: NDArray[np.float64]) -> None:
        """Whether the same kind of thing happened, more where fewer events are of that kind."""
        known = self.catalogue
        said = {known.vocabulary[t]: w for t, w in terms.items() if t[0] == MARK and w > SURE
                and t in known.vocabulary}  # fmt: skip
        if not said:
            return
        inside = np.flatnonzero(known.is_kind[known.bags.ids[at]])
        ids, owner, held = known.bags.ids[at[inside]], owner[inside], known.bags.weights[at[inside]]
        own = np.zeros(len(known.vocabulary))
        own[list(said)] = list(said.values())
        agree = np.zeros(len(features))
        np.maximum.at(agree, owner, np.sqrt(own[ids] * held) * known.kind_rarity[ids])
        sure = np.bincount(owner, held > SURE, minlength=len(features)) > 0
        features[:, _AT["kind"]] = agree
        features[:, _AT["kind_clash"]] = sure & (agree == 0)

    def _phrases(
        self, rows: Ids, query: NDArray[np.float32], features: NDArray[np.float64]
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
        self, item: LinkInput, rows: Ids, features: NDArray[np.float64], timed: bool
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
        if timed:
            hours = item.post.at.timestamp() / 3600
            times = time_evidence(hours, known.starts[rows], known.ends[rows])
            features[:, _AT["near"] : _AT["after"] + 1] = np.stack(times, axis=1)

    def _same_countries(self, item: LinkInput) -> Ids:
        rows = self.catalogue.rows_by_country
        found = [rows[code] for code in {place.country for place in item.places} if code in rows]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def _add_circumstances(self, item: LinkInput, rough: NDArray[np.float32], timed: bool) -> None:
        """What makes an event a candidate beside its words: the time and the country."""
        known = self.catalogue
        rough[self._same_countries(item)] += 0.3
        if timed:
            hours = item.post.at.timestamp() / 3600
            # Four σ away there is nothing left to add.
            rows = np.flatnonzero((known.starts < hours + 48) & (known.ends > hours - 288))
            rough[rows] += 0.4 * time_evidence(hours, known.starts[rows], known.ends[rows])[0]


def _views(item: LinkInput) -> list[tuple[str, float]]:
    views = [(item.translation.text, 0.8 * item.translation.trust)] if item.translation else []
    return views + [(title, _PARENT) for title in item.parents[:2] if title.strip()]

"""The known events as arrays: everything the linker compares posts with, built once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, Rarity, bag, char_grams, merge
from monitor.link.lexicon import Lexicon
from monitor.link.rows import Floats, Ids, SparseRows
from monitor.link.terms import numbers, sentences, stems
from monitor.model import Event, Place
from monitor.text.embed import Encoder

PHRASE_KINDS = ("title", "alias", "actor", "place")


class Gazetteer(Protocol):
    """The part of the gazetteer that events need."""

    def lookup(
        self, name: str, country: str | None = None, near: tuple[float, float] | None = None
    ) -> Place | None: ...

    def find(
        self, text: str, language: str | None = None, translation: str | None = None
    ) -> tuple[Place, ...]: ...


class Catalogue:
    """Arrays over ``events``; row ``i`` of each belongs to ``events[i]``.

    ``accepted`` are texts of posts a person accepted, by event id: the profile grows with them and
    with nothing else.
    """

    def __init__(
        self,
        events: Sequence[Event],
        encoder: Encoder,
        gazetteer: Gazetteer | None,
        lexicon: Lexicon,
        accepted: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.events = tuple(events)
        self.rows_by_id = {event.id: row for row, event in enumerate(self.events)}
        self.lexicon = lexicon
        grown = accepted or {}
        self.places = [event_places(event, gazetteer) for event in self.events]
        self._words(grown)
        self._times()
        self._vectors(encoder, grown)
        self.numbers = [numbers(f"{e.title} {e.summary} {e.text}") for e in self.events]
        country_counts: dict[str, int] = {}
        place_counts: dict[int, int] = {}
        for found in self.places:
            for code in {place.country for place in found}:
                country_counts[code] = country_counts.get(code, 0) + 1
            for number in {place.geonameid for place in found}:
                place_counts[number] = place_counts.get(number, 0) + 1
        self.country_counts, self.place_counts = country_counts, place_counts
        self.has_places = np.asarray([bool(found) for found in self.places], bool)
        by_country: dict[str, list[int]] = {}
        for row, found in enumerate(self.places):
            for code in {place.country for place in found}:
                by_country.setdefault(code, []).append(row)
        self.rows_by_country = {code: np.asarray(r, np.int64) for code, r in by_country.items()}

    def __len__(self) -> int:
        return len(self.events)

    def _words(self, grown: Mapping[str, Sequence[str]]) -> None:
        self.rarity = Rarity(self.lexicon.share)
        bags: list[Bag] = []
        grams: list[set[str]] = []
        phrases: list[Bag] = []
        phrase_event: list[int] = []
        phrase_kind: list[int] = []
        for row, event in enumerate(self.events):
            whole: Bag = {}
            for kind, text, language, weight in event_texts(event):
                terms = bag(text, language, self.lexicon)
                merge(whole, terms, weight)
                if kind in PHRASE_KINDS and terms:
                    own = {t: w for t, w in terms.items() if not t.startswith("~")}
                    phrases.append(own or terms)
                    phrase_event.append(row)
                    phrase_kind.append(PHRASE_KINDS.index(kind))
            for place in self.places[row]:
                merge(whole, bag(place.name, "en", self.lexicon), 0.8)
            for text in grown.get(event.id, ())[:50]:
                merge(whole, bag(text, "und", self.lexicon), 0.5)
            bags.append(whole)
            short = " ".join((event.title, *event.titles.values(), *event.aliases, *event.places))
            grams.append(char_grams(f"{short} {event.summary[:400]}"))
            self.rarity.add(whole)
        self.vocabulary: dict[str, int] = {}
        number = self.vocabulary.setdefault
        self.bags = SparseRows.build(
            [{number(t, len(self.vocabulary)): w for t, w in b.items()} for b in bags], 0
        )
        self.phrases = SparseRows.build(
            [{number(t, len(self.vocabulary)): w for t, w in b.items()} for b in phrases], 0
        )
        self.bags.terms = self.phrases.terms = len(self.vocabulary)
        self.bag_is_place = self._place_terms()
        self.gram_ids: dict[str, int] = {}
        gram = self.gram_ids.setdefault
        self.grams = SparseRows.build(
            [{gram(t, len(self.gram_ids)): 1.0 for t in g} for g in grams], 0
        )
        self.grams.terms = len(self.gram_ids)
        idf = [self.rarity.idf(term) for term in self.vocabulary]
        self.idf = np.asarray(idf, np.float32)
        frequency = self.grams.document_frequency()
        self.gram_idf = np.log((len(self.events) + 1) / (frequency + 0.5)).clip(0.05).astype("f4")
        self.bag_norms = self.bags.norms(self.idf)
        self.gram_norms = self.grams.norms(self.gram_idf)
        self.phrase_indptr = np.searchsorted(
            np.asarray(phrase_event, np.int64), np.arange(len(self.events) + 1)
        ).astype(np.int64)
        self.phrase_kind = np.asarray(phrase_kind, np.int64)

    def _place_terms(self) -> NDArray[np.bool_]:
        """Which entries of ``bags`` only say where: place names, and countries among the actors."""
        named: list[Bag] = []
        for event, places in zip(self.events, self.places, strict=True):
            countries = {stem for p in places if p.kind == "country" for stem in stems(p.name)}
            actors = [a for a in event.actors if set(stems(a)) <= countries]
            names = [*event.places, *actors, *(n for p in places for n in (p.name, p.mention))]
            named.append(dict.fromkeys((stem for name in names for stem in stems(name)), 1.0))
        number = self.vocabulary
        keys = [
            row * len(number) + number[t]
            for row, terms in enumerate(named)
            for t in terms
            if t in number
        ]
        owner = np.repeat(np.arange(len(self.events)), np.diff(self.bags.indptr))
        return np.isin(owner * len(number) + self.bags.ids, np.asarray(keys, np.int64))

    def _times(self) -> None:
        def hours(event: Event) -> tuple[float, float]:
            start = event.started_at or event.ended_at
            if start is None:
                return float("nan"), float("nan")
            end = event.ended_at
            if end is None:
                end = start + timedelta(hours=24 if event.day_precision else 1)
            return start.timestamp() / 3600, max(start, end).timestamp() / 3600

        spans = np.asarray([hours(event) for event in self.events], np.float64).reshape(-1, 2)
        self.starts: NDArray[np.float64] = spans[:, 0]
        self.ends: NDArray[np.float64] = spans[:, 1]

    def _vectors(self, encoder: Encoder, grown: Mapping[str, Sequence[str]]) -> None:
        texts: list[str] = []
        counts = [0]
        is_title: list[bool] = []
        for event in self.events:
            titles = dict.fromkeys([event.title, *event.titles.values()])
            aliases = [a for a in event.aliases if len(a.split()) > 1]
            body = sentences(event.summary, 4) + sentences(event.text, 4)
            own = [*titles, *aliases[:4], *body, *grown.get(event.id, ())[:10]]
            is_title += [text in titles for text in own]
            texts += own
            counts.append(len(texts))
        self.vector_indptr: Ids = np.asarray(counts, np.int64)
        vectors = [encoder.encode(texts[i : i + 1024]) for i in range(0, len(texts), 1024)]
        self.vectors: Floats = (
            np.concatenate(vectors) if vectors else np.zeros((0, encoder.dimension), np.float32)
        )
        self.vector_is_title = np.asarray(is_title, bool)


def event_texts(event: Event) -> list[tuple[str, str, str, float]]:
    """Everything an event says about itself: (kind, text, language, weight in its bag)."""
    texts = [("title", event.title, "en", 1.0)]
    texts += [("title", title, language, 1.0) for language, title in event.titles.items()]
    texts += [("alias", alias, "en", 1.0) for alias in event.aliases]
    texts += [("actor", actor, "en", 0.8) for actor in event.actors]
    texts += [("place", place, "en", 0.9) for place in event.places]
    texts += [("summary", event.summary, "en", 0.8), ("text", event.text, "en", 0.5)]
    return [item for item in texts if item[1].strip()]


def event_places(event: Event, gazetteer: Gazetteer | None) -> tuple[Place, ...]:
    """Where an event is: its own places looked up; failing these, what its title mentions."""
    if gazetteer is None:
        return ()
    mentioned = gazetteer.find(event.title, "en")
    countries = [place.country for place in mentioned if place.kind == "country"]
    looked = [gazetteer.lookup(name) for name in event.places]
    countries += [place.country for place in looked if place and place.kind == "country"]
    found: list[Place] = []
    for name, place in zip(event.places, looked, strict=True):
        if place is not None and countries and place.country not in countries:
            # One of three Cairos: the one in a country the event names.
            near = [gazetteer.lookup(name, country=country) for country in countries]
            place = next((other for other in near if other), None)
        if place is not None:
            found.append(place)
    known = {place.geonameid for place in found}
    found += [place for place in mentioned if place.geonameid not in known]
    return tuple(found)

"""What is known about one event, in the form posts are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.link.bags import Bag, bag, char_grams, merge
from monitor.link.lexicon import Lexicon
from monitor.link.terms import numbers, sentences, stems
from monitor.model import Event, Place
from monitor.text.arabic import is_arabic

PHRASE_KINDS = ("title", "alias", "actor", "place")
MOST_WORDS, MOST_VECTORS = 50, 10  # of accepted posts that a profile grows with: the latest


class Gazetteer(Protocol):
    """The part of the gazetteer that events need."""

    def lookup(
        self, name: str, country: str | None = None, near: tuple[float, float] | None = None
    ) -> Place | None: ...

    def find(
        self, text: str, language: str | None = None, translation: str | None = None
    ) -> tuple[Place, ...]: ...


@dataclass(frozen=True, slots=True)
class Profile:
    """One event's terms and texts. ``where`` are the terms of ``bag`` that only say where."""

    bag: Bag
    where: frozenset[str]
    grams: NDArray[np.int32]
    phrases: list[tuple[int, Bag]]  # index into PHRASE_KINDS, its terms
    texts: list[str]  # to be embedded
    places: tuple[Place, ...]
    unknown_places: tuple[str, ...]  # whose names only count as words
    numbers: frozenset[str]


def profile_of(
    event: Event, gazetteer: Gazetteer | None, lexicon: Lexicon, accepted: Sequence[str] = ()
) -> Profile:
    """``accepted`` are the texts of posts a person accepted, oldest first."""
    places, unknown = event_places(event, gazetteer)
    whole: Bag = {}
    phrases: list[tuple[int, Bag]] = []
    for kind, text, language, weight in event_texts(event):
        terms = bag(text, language, lexicon)
        merge(whole, terms, weight)
        # A country that is an actor and a place too is counted once, as the place.
        if kind in PHRASE_KINDS and terms and not (kind == "actor" and text in event.places):
            own = {t: w for t, w in terms.items() if not t.startswith("~")}
            phrases.append((PHRASE_KINDS.index(kind), own or terms))
    for place in places:
        merge(whole, bag(place.name, "en", lexicon), 0.8)
    for text in accepted[-MOST_WORDS:]:
        merge(whole, bag(text, "und", lexicon), 0.5)
    short = " ".join((event.title, *event.titles.values(), *event.aliases, *event.places))
    titles = dict.fromkeys([event.title, *event.titles.values()])
    aliases = [a for a in event.aliases if len(a.split()) > 1]
    body = sentences(event.summary, 4) + sentences(event.text, 4)
    texts = [*titles, *aliases[:4], *body, *accepted[-MOST_VECTORS:]]
    return Profile(
        bag=whole,
        where=_where(event, places),
        grams=char_grams(f"{short} {event.summary[:400]}"),
        phrases=phrases,
        texts=texts,
        places=places,
        unknown_places=unknown,
        numbers=numbers(f"{event.title} {event.summary} {event.text}"),
    )


def _where(event: Event, places: Sequence[Place]) -> frozenset[str]:
    """Terms that only say where: names of places, and countries among the actors."""
    countries = {stem for p in places if p.kind == "country" for stem in stems(p.name)}
    actors = [a for a in event.actors if set(stems(a)) <= countries]
    names = [*event.places, *actors, *(n for p in places for n in (p.name, p.mention))]
    return frozenset(stem for name in names for stem in stems(name))


def event_languages(event: Event, accepted: Sequence[str] = ()) -> frozenset[str]:
    """The languages an event is told in, without regions. A title that nobody said the language of
    is taken for English, or Arabic by its letters."""
    unsaid = ("ar" if is_arabic(text) else "en" for text in (event.title, event.summary) if text)
    grown = ("ar" for text in accepted if is_arabic(text))
    return frozenset({*unsaid, *grown, *(code.partition("-")[0] for code in event.titles)})


def event_texts(event: Event) -> list[tuple[str, str, str, float]]:
    """Everything an event says about itself: (kind, text, language, weight in its bag)."""
    texts = [("title", event.title, "en", 1.0)]
    texts += [("title", title, language, 1.0) for language, title in event.titles.items()]
    texts += [("alias", alias, "en", 1.0) for alias in event.aliases]
    texts += [("actor", actor, "en", 0.8) for actor in event.actors]
    texts += [("place", place, "en", 0.9) for place in event.places]
    texts += [("summary", event.summary, "en", 0.8), ("text", event.text, "en", 0.5)]
    return [item for item in texts if item[1].strip()]


def event_places(
    event: Event, gazetteer: Gazetteer | None
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Where an event is: its own places looked up, and what its title mentions. The names of its
    places that the gazetteer has not come second."""
    if gazetteer is None:
        return (), ()
    mentioned = gazetteer.find(event.title, "en")
    countries = [place.country for place in mentioned if place.kind == "country"]
    looked = [gazetteer.lookup(name) for name in event.places]
    countries += [place.country for place in looked if place and place.kind == "country"]
    found: list[Place] = []
    unknown: list[str] = []
    for name, place in zip(event.places, looked, strict=True):
        if place is not None and countries and place.country not in countries:
            # One of three Cairos: the one in a country the event names.
            near = [gazetteer.lookup(name, country=country) for country in countries]
            place = next((other for other in near if other), None)
        if place is not None:
            found.append(place)
        else:
            unknown.append(name)
    known = {place.geonameid for place in found}
    found += [place for place in mentioned if place.geonameid not in known]
    return tuple(found) or _country_first(event.title, gazetteer), tuple(unknown)


def _country_first(title: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """The country a title begins with: Jordan is a first name, "Jordan floods" are not."""
    first, _, rest = title.partition(" ")
    place = gazetteer.lookup(first) if first.istitle() and rest[:1].islower() else None
    return (place,) if place and place.kind == "country" else ()


def event_hours(event: Event) -> tuple[float, float]:
    """When an event began and ended, in hours since 1970; NaN where it has no date."""
    start = event.started_at or event.ended_at
    if start is None:
        return float("nan"), float("nan")
    end = event.ended_at
    if end is None:
        end = start + timedelta(hours=24 if event.day_precision else 1)
    return start.timestamp() / 3600, max(start, end).timestamp() / 3600

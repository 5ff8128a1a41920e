"""Towns, regions and countries that a text mentions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from monitor.model import Place
from monitor.text import arabic
from monitor.text.gazetteer import (
    CAPITALS,
    LOWER,
    MAIN,
    ROMANISED,
    WEAK,
    Hit,
    Index,
    load,
    read_data,
)
from monitor.text.place_names import Word, beside_a_name, cued, trailing_tags, words_of
from monitor.text.transliterate import letter_by_letter, skeleton

_KINDS: tuple[Literal["town", "region", "country"], ...] = ("town", "region", "country")
# Where a language is at home: of two towns of one name, the likelier.
_HOMES = {
    "ar": frozenset("AE BH DJ DZ EG IQ JO KW LB LY MA OM PS QA SA SD SY TN YE".split()),  # noqa: SIM905
    "fr": frozenset("BE BF CH CI DZ FR LB LU MA ML NE SN TD TN".split()),  # noqa: SIM905
    "en": frozenset("GB IE US".split()),  # noqa: SIM905
}
# Articles a transliterated name may begin with in lower case; the others (an, en, as) are words.
# Likewise the Arabic words that open a name of two words.
_LEADING_ARTICLES = frozenset(("al", "el", "ash", "ech", "esh", "ez"))
_ARABIC_OPENERS = frozenset(("ابو", "ام", "البو", "تل", "دير", "عين", "راس", "خان", "بني", "كفر"))
_NEARBY_KM = 150.0
_LEAST = 0.5  # confidence under which a mention is not given


@dataclass(slots=True)
class _Mention:
    first: int  # word
    last: int
    start: int
    end: int
    hits: list[Hit]
    exact: bool


class _Head(NamedTuple):
    """A reading of a word that names something or begins names: ``cut`` letters are clitics."""

    cut: int
    form: str
    hits: list[Hit]
    longer: bool  # whether longer names begin so


@dataclass(slots=True)
class _Context:
    """What the post says elsewhere: countries named, and towns that are beyond doubt."""

    countries: set[str]
    towns: list[tuple[float, float]]


class Gazetteer:
    """Finds places in texts. Reading only: threads may share one."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stopwords = frozenset(read_data("place_stopwords.txt").splitlines())
        # A few thousand words make most of all text: remember what they led to.
        self._heads = lru_cache(maxsize=32_768)(self._read_heads)
        self._by_form = lru_cache(maxsize=16_384)(self._search_form)
        self._by_skeleton = lru_cache(maxsize=16_384)(self._search_skeleton)

    @classmethod
    def load(cls, cache_dir: Path | None = None) -> Gazetteer:
        """The gazetteer, its index from ``cache_dir`` (see :func:`monitor.text.gazetteer.load`)."""
        return cls(load(cache_dir))

    def find(
        self,
        text: str,
        language: str | None = None,
        translation: str | None = None,
        author: str | None = None,
    ) -> tuple[Place, ...]:
        """The places that ``text`` mentions, in order; offsets are those of ``text``.

        Longest names first. Of several places of one name that one is taken which fits best: its
        country is named in the post or its translation, other towns of the post are near, many
        people live there. Small towns, words that are also names, and transliterations need such
        support, or a word like "city of" before them. A hashtag in the block that ends a post is
        often a topic or the channel itself: it counts if the post supports it, and never if it
        is the ``author``'s name or handle. ``language`` is the text's own (``ar`` makes places
        where Arabic is spoken likelier). Lone surrogates and control characters separate words.
        """
        words = words_of(text)
        mentions = self._mentions(words)
        if author:
            own = author_forms(author)
            mentions = [m for m in mentions if not (words[m.first].tag and _is_own(words, m, own))]
        if not mentions:
            return ()
        others = self._mentions(words_of(translation)) if translation else []
        context = _Context(self._countries(mentions, words) | self._countries(others, None), [])
        tail = trailing_tags(text)
        judged = []
        for m in mentions:  # first those beyond doubt: the others lean on them
            leaned_on = len(context.towns)
            best, confidence = self._judge(m, words, context, m.start >= tail, language)
            judged.append((m, best, confidence, leaned_on))
            if len(mentions) > 1 and confidence >= 0.8 and self._index.kind(best) == 0:
                context.towns.append(self._index.position(best))
        places = []
        for m, best, confidence, leaned_on in judged:
            if leaned_on < len(context.towns):
                best, confidence = self._judge(m, words, context, m.start >= tail, language)
            if confidence >= _LEAST:
                places.append(self._place(best, text, m.start, m.end, round(confidence, 3)))
        return tuple(places)

    def _countries(self, mentions: list[_Mention], words: list[Word] | None) -> set[str]:
        index = self._index
        found = set()
        for m in mentions:
            for hit in m.hits:
                strong = not hit.flags & WEAK or (words is not None and cued(words, m.first))
                if index.kind(hit.row) and m.exact and strong:
                    found.add(index.country(hit.row))
        return found

    def _judge(
        self,
        m: _Mention,
        words: list[Word],
        context: _Context,
        trailing: bool,
        language: str | None,
    ) -> tuple[int, float]:
        """The row that fits a mention best, and how sure it is one: log-odds added up."""
        index = self._index
        best = m.hits[0]
        if len(m.hits) > 1:
            best = max(m.hits, key=lambda hit: self._fit(hit, context, language))
        kind = index.kind(best.row)
        announced = cued(words, m.first)
        if kind:
            odds = -2.0 if best.flags & WEAK else 3.0
            odds += 3.0 if announced and best.flags & WEAK else 0.0
            if best.flags & WEAK and any(self._near(best.row, t, 800.0) for t in context.towns):
                odds += 3.0
            return best.row, _probability(odds)
        people = index.population(best.row)
        odds = min(1.2 * (math.log10(people + 10) - 4.4), 2.4)
        here = index.position(best.row)
        near = _any_near(here, context.towns)
        named = index.country(best.row) in context.countries
        supported = near or named
        odds += (2.5 if named else 0.0) + (1.5 if near else 0.0)
        odds += 1.5 if announced else 0.0
        odds += 1.0 if m.last > m.first and m.exact else 0.0
        if best.flags & WEAK:
            # Arabic has no capitals to tell a name from a word.
            odds -= 4.0 if words[m.first].arabic and not announced else 3.0
        if not m.exact:
            odds -= 1.5
            if not supported:
                odds -= 3.0
            if words[m.first].arabic and not (announced or words[m.first].tag):
                odds -= 2.0
        if m.first == m.last and not words[m.first].arabic and not announced:
            odds -= 1.5 if beside_a_name(words, m.first) else 0.0
        if trailing:
            odds -= 2.0
        return best.row, _probability(odds)

    def _fit(self, hit: Hit, context: _Context, language: str | None) -> float:
        """How well one of several places of a name fits the post."""
        index = self._index
        country = index.country(hit.row)
        fit = self._weight(hit)
        if country in context.countries and index.kind(hit.row) < 2:
            fit += 2.0
        if language and country in _HOMES.get(language[:2], ()):
            fit += 1.0
        if context.towns and _any_near(index.position(hit.row), context.towns):
            fit += 1.5
        return fit

    def _weight(self, hit: Hit) -> float:
        kind = self._index.kind(hit.row)
        if kind:
            return (
                (9.0 if kind == 2 else 6.2) + (hit.flags & MAIN) - (2.5 if hit.flags & WEAK else 0)
            )
        return math.log10(self._index.population(hit.row) + 1) + 0.9 * (hit.flags & MAIN)

    def _near(self, row: int, point: tuple[float, float], kilometres: float) -> bool:
        return _kilometres(self._index.position(row), point) < kilometres

    def lookup(
        self, name: str, country: str | None = None, near: tuple[float, float] | None = None
    ) -> Place | None:
        """The place called ``name`` in any spelling, or None.

        ``country`` (ISO 3166-1 alpha-2) excludes all others; ``near`` (degrees north, east) prefers
        what lies close. A country after a comma narrows too: ``Tripoli, Lebanon``. Where a name is
        a country and its capital (Tunis in Arabic) the country is meant.
        """
        head, _, rest = name.partition(",")
        if rest.strip() and country is None:
            within = self.lookup(rest.strip())
            country = within.country if within and within.kind == "country" else None
        words = [word.form for word in words_of(head)]
        if not words:
            return None
        hits = self._search(" ".join(words))
        confidence = 1.0
        if country:
            hits = [hit for hit in hits if self._index.country(hit.row) == country]
        key = skeleton(words)
        if not hits and key:
            hits = self._index.find("k", key)
            confidence = 0.8
            if country:
                hits = [hit for hit in hits if self._index.country(hit.row) == country]
        if not hits:
            return None

        def fit(hit: Hit) -> float:
            if near is None:
                return self._weight(hit)
            return self._weight(hit) - _kilometres(self._index.position(hit.row), near) / 200

        best = max(hits, key=fit)
        return self._place(best.row, name, 0, len(name), confidence)

    def _place(self, row: int, text: str, start: int, end: int, confidence: float) -> Place:
        lat, lon = self._index.position(row)
        return Place(
            mention=text[start:end],
            start=start,
            end=end,
            name=self._index.name(row),
            country=self._index.country(row),
            lat=round(lat, 5),  # about a metre
            lon=round(lon, 5),
            geonameid=self._index.geonameid(row),
            kind=_KINDS[self._index.kind(row)],
            confidence=confidence,
        )

    def _search(self, form: str) -> list[Hit]:
        hits = self._index.find("n", form)
        if not hits and "\u0600" <= form[:1] <= "\u06ff":
            hits = self._index.find("g", letter_by_letter(form.split(" ")))
            if hits and form in self._stopwords:
                hits = [Hit(hit.row, hit.flags | WEAK) for hit in hits]
        return hits

    def _search_skeleton(self, form: str) -> list[Hit]:
        words = form.split(" ")
        if len(words[0]) < 2 or form in self._stopwords:
            return []
        key = skeleton(words)
        if len(key) < 4:
            return []
        hits = self._index.find("k", key)
        if form[:1] < "\u0600":
            # Between two Latin alphabets only names carried over from another script vary so.
            hits = [hit for hit in hits if self._index.country(hit.row) in ROMANISED]
        return hits

    def _search_form(self, form: str, lower: bool) -> tuple[list[Hit], bool]:
        """What these words name, and whether longer names begin so; ``lower``: written so."""
        if not lower:
            return self._search(form), self._index.begins_name(form, "p")
        # Few names count in lower case: most words are done with here.
        if not self._index.begins_name(form, "l"):
            return [], False
        return self._search(form), True

    def _read_heads(self, form: str, is_arabic: bool, lower: bool) -> tuple[_Head, ...]:
        readings = arabic.without_clitics(form) if is_arabic else ((0, form),)
        heads = (_Head(cut, head, *self._search_form(head, lower)) for cut, head in readings)
        return tuple(head for head in heads if head.hits or head.longer)

    def _mentions(self, words: list[Word]) -> list[_Mention]:
        mentions = []
        at = 0
        for place, word in enumerate(words):
            if place < at:
                continue
            varies = word.arabic or word.capital or word.form in _LEADING_ARTICLES
            heads = self._heads(word.form, word.arabic, not (varies or word.upper))
            m = self._spelled(words, place, heads) if heads else None
            if m is None and varies:
                m = self._transliterated(words, place)
            if m is not None:
                mentions.append(m)
                at = m.last + 1
        return mentions

    def _spelled(self, words: list[Word], at: int, heads: tuple[_Head, ...]) -> _Mention | None:
        """The longest name of the first reading that is one, as some source spells it."""
        word = words[at]
        lower = not (word.arabic or word.capital or word.upper or word.form in _LEADING_ARTICLES)
        for cut, form, hits, longer in heads:
            best = None
            last = at
            while True:
                if hits:
                    hits = [hit for hit in hits if self._written(hit, words[at : last + 1])]
                if hits:
                    best = _Mention(at, last, word.start + cut, words[last].end, hits, True)
                last += 1
                if not longer or last == len(words) or not words[last].joins:
                    break
                form = f"{form} {words[last].form}"
                hits, longer = self._by_form(form, lower)
            if best:
                return best
        return None

    def _transliterated(self, words: list[Word], at: int) -> _Mention | None:
        """A name in a spelling that no source has: up to three words."""
        word = words[at]
        n = 1
        if not word.arabic or word.form in _ARABIC_OPENERS:
            while n < 3 and at + n < len(words) and words[at + n].joins:
                n += 1
        for last in range(at + n - 1, at - 1, -1):
            if not word.arabic and not words[last].capital:
                continue
            form = " ".join([w.form for w in words[at : last + 1]]) if last > at else word.form
            hits = self._by_skeleton(form)
            if hits:
                return _Mention(at, last, word.start, words[last].end, hits, False)
        return None

    def _written(self, hit: Hit, run: list[Word]) -> bool:
        if run[0].arabic:
            return True
        if hit.flags & CAPITALS:
            return all(w.upper for w in run)
        return run[0].capital or bool(hit.flags & LOWER) or run[0].form in _LEADING_ARTICLES


def author_forms(author: str) -> str:
    """The folded words of a name and handle together, to compare hashtags with."""
    return " " + " ".join(word.form for word in words_of(author.replace("@", " "))) + " "


def _is_own(words: list[Word], m: _Mention, own: str) -> bool:
    """Whether a hashtag is the author's own name: الميادين of قناة الميادين."""
    return f" {' '.join(word.form for word in words[m.first : m.last + 1])} " in own


def _probability(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def _any_near(here: tuple[float, float], towns: list[tuple[float, float]]) -> bool:
    """Whether another of ``towns`` is near ``here``."""
    # A degree of latitude is 111 km: most pairs are too far apart by latitude alone.
    return any(
        _kilometres(town, here) < _NEARBY_KM
        for town in towns
        if abs(town[0] - here[0]) < _NEARBY_KM / 111.0 and town != here
    )


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance, by the haversine formula on a sphere of 6371 km."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(half, 1.0)))

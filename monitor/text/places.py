"""Towns, regions and countries that a text mentions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from monitor.model import Place
from monitor.text import arabic
from monitor.text.gazetteer import (
    ADJECTIVE,
    CAPITALS,
    KINDS,
    LOWER,
    MAIN,
    WEAK,
    Hit,
    Index,
    load,
)
from monitor.text.place_names import Word, words_of
from monitor.text.transliterate import ARTICLES, letter_by_letter, skeleton


@dataclass(slots=True)
class _Mention:
    first: int  # word
    last: int
    start: int
    end: int
    hits: list[Hit]
    exact: bool


class Gazetteer:
    """Finds places in texts. Thread-safe; share one."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @classmethod
    def load(cls, cache_dir: Path | None = None) -> Gazetteer:
        return cls(load(cache_dir))

    def find(
        self,
        text: str,
        language: str | None = None,
        translation: str | None = None,
        author: str | None = None,
    ) -> tuple[Place, ...]:
        words = words_of(text)
        mentions = self._mentions(words)
        countries = {
            self._index.country(hit.row)
            for m in mentions
            for hit in m.hits
            if self._index.kind(hit.row) == 2 and not hit.flags & WEAK
        }
        places = []
        for m in mentions:
            best = max(m.hits, key=lambda hit: self._score(hit, countries))
            kind = self._index.kind(best.row)
            supported = self._index.country(best.row) in countries
            if kind == 0 and not supported:
                if best.flags & WEAK or not m.exact or self._index.population(best.row) < 15000:
                    continue
            if kind == 2 and best.flags & WEAK:
                continue
            places.append(self._place(best.row, text, m.start, m.end, 0.9 if supported else 0.7))
        return tuple(places)

    def lookup(
        self, name: str, country: str | None = None, near: tuple[float, float] | None = None
    ) -> Place | None:
        words = [w.form for w in words_of(name)]
        if not words:
            return None
        hits = self._exact(words) or (
            self._index.find("k", skeleton(words)) if skeleton(words) else []
        )
        if country:
            hits = [hit for hit in hits if self._index.country(hit.row) == country]
        if not hits:
            return None
        best = max(hits, key=lambda hit: self._score(hit, set()))
        return self._place(best.row, name, 0, len(name), 1.0)

    def _score(self, hit: Hit, countries: set[str]) -> float:
        index = self._index
        kind = index.kind(hit.row)
        score = (
            8.0 if kind == 2 else 6.5 if kind == 1 else math.log10(index.population(hit.row) + 1)
        )
        if index.country(hit.row) in countries:
            score += 3
        return score + (hit.flags & MAIN)

    def _place(self, row: int, text: str, start: int, end: int, confidence: float) -> Place:
        lat, lon = self._index.position(row)
        return Place(
            mention=text[start:end],
            start=start,
            end=end,
            name=self._index.name(row),
            country=self._index.country(row),
            lat=lat,
            lon=lon,
            geonameid=self._index.geonameid(row),
            kind=KINDS[self._index.kind(row)],
            confidence=confidence,
        )

    def _exact(self, words: list[str]) -> list[Hit]:
        hits = self._index.find("n", " ".join(words))
        if not hits and "\u0600" <= words[0][:1] <= "\u06ff":
            hits = self._index.find("g", letter_by_letter(words))
        return hits

    def _mentions(self, words: list[Word]) -> list[_Mention]:
        mentions = []
        at = 0
        while at < len(words):
            m = self._at(words, at)
            if m is None:
                at += 1
            else:
                mentions.append(m)
                at = m.last + 1
        return mentions

    def _at(self, words: list[Word], at: int) -> _Mention | None:
        word = words[at]
        heads = list(arabic.without_clitics(word.form)) if word.arabic else [(0, word.form)]
        for cut, head in heads:
            best = None
            forms = [head]
            last = at
            while True:
                hits = [
                    hit for hit in self._exact(forms) if self._written(hit, words[at : last + 1])
                ]
                if hits:
                    best = _Mention(at, last, word.start + cut, words[last].end, hits, True)
                if last + 1 == len(words) or not words[last + 1].joins:
                    break
                if not self._index.begins_name(" ".join(forms)):
                    break
                last += 1
                forms.append(words[last].form)
            if best:
                return best
        if word.arabic or word.capital or word.form in ARTICLES:
            for n in (3, 2, 1):
                run = words[at : at + n]
                if len(run) < n or not all(w.joins for w in run[1:]):
                    continue
                if not word.arabic and not run[-1].capital:
                    continue
                key = skeleton([w.form for w in run])
                if len(key) >= 4:
                    hits = self._index.find("k", key)
                    if hits:
                        return _Mention(at, at + n - 1, word.start, run[-1].end, hits, False)
        return None

    def _written(self, hit: Hit, run: list[Word]) -> bool:
        if run[0].arabic:
            return True
        if hit.flags & CAPITALS:
            return all(w.upper for w in run)
        return run[0].capital or bool(hit.flags & LOWER) or run[0].form in ARTICLES

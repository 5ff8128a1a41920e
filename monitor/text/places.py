"""Towns, regions and countries that a text mentions."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from monitor.model import Place
from monitor.text import arabic
from monitor.text.gazetteer import (
    ADJECTIVE,
    CAPITALS,
    LETTERS,
    LOWER,
    MAIN,
    ROMANISED,
    WEAK,
    Hit,
    Index,
    load,
    read_data,
)
from monitor.text.names import NameList
from monitor.text.place_codes import codes_of
from monitor.text.place_names import Word, cued, trailing_tags, words_of
from monitor.text.place_score import Context, Mention, Scorer, kilometres
from monitor.text.transliterate import letter_by_letter, skeleton

_KINDS: tuple[Literal["town", "region", "country"], ...] = ("town", "region", "country")
# Articles a transliterated name may begin with in lower case; the others (an, en, as) are words.
# Likewise the Arabic words that open a name of two words.
_LEADING_ARTICLES = frozenset(("al", "el", "ash", "ech", "esh", "ez"))
_ARABIC_OPENERS = frozenset(("ابو", "ام", "البو", "تل", "دير", "عين", "راس", "خان", "بني", "كفر"))
_LEAST = 0.5  # confidence under which a mention is not given
_CHAT_LETTERS, _CHAT_PEOPLE = 4, 100_000
_CODED = 0.7  # confidence of a code
_LEAN = 0.5  # from which on the others of a post lean on a town


class _Head(NamedTuple):
    """A reading of a word that names something or begins names: ``cut`` letters are clitics."""

    cut: int
    form: str
    hits: list[Hit]
    longer: bool  # whether longer names begin so


class Gazetteer:
    """Finds places in texts. Reading only: threads may share one."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._scorer = Scorer(index)
        self._names = NameList.load()
        self._stopwords = frozenset(read_data("place_stopwords.txt").splitlines())
        # A few thousand words make most of all text: remember what they led to.
        self._heads = lru_cache(maxsize=16_384)(self._read_heads)
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
        words, tagged = words_of(text), "#" in text or "＃" in text
        if tagged or text.islower():
            words, mentions = self._small(words, chat=text.islower())
        else:
            mentions = self._mentions(words)
        if author:
            own = author_forms(author)
            mentions = [m for m in mentions if not (words[m.first].tag and _is_own(words, m, own))]
        coded = self._coded(text) if tagged else []
        if not mentions:
            return tuple(coded)
        context = Context()
        self._add_countries(context, mentions, words)
        if translation:
            self._add_countries(context, self._mentions(words_of(translation)), None)
        tail = trailing_tags(text)
        judge = self._scorer.judge
        judged = []
        for m in mentions:  # first those beyond doubt: the others lean on them
            leaned_on = len(context.towns)
            best, confidence = judge(m, words, context, m.start >= tail, language)
            judged.append((m, best, confidence, leaned_on))
            if len(mentions) > 1 and confidence >= _LEAN and self._index.kind(best) == 0:
                context.towns[m.form] = self._index.position(best)
        places = []
        for m, best, confidence, leaned_on in judged:
            if leaned_on < len(context.towns):
                best, confidence = judge(m, words, context, m.start >= tail, language)
            if confidence >= _LEAST:
                places.append(self._place(best, text, m.start, m.end, round(confidence, 3)))
        if coded:
            places += [c for c in coded if not any(p.start <= c.start < p.end for p in places)]
            places.sort(key=lambda place: place.start)
        return tuple(places)

    def _coded(self, text: str) -> list[Place]:
        found = []
        for start, end, name, country in codes_of(text):
            place = self.lookup(name, country)
            if place:
                said = text[start:end]
                found.append(replace(place, mention=said, start=start, end=end, confidence=_CODED))
        return found

    def _small(self, words: list[Word], chat: bool) -> tuple[list[Word], list[Mention]]:
        """The mentions where names have no capitals, in hashtags and in chat: well-known ones."""
        raised = self._raised(words, chat)

        def counts(m: Mention) -> bool:
            first = raised[m.first]
            as_written = first is words[m.first] and not chat
            return as_written or first.arabic or self._well_known(m)

        return raised, [m for m in self._mentions(raised) if counts(m)]

    def _raised(self, words: list[Word], all_: bool) -> list[Word]:
        """Names in lower case as if they had their capital: in hashtags, or in ``all_`` words. Of
        words written together (``#newyork``) all have one if one is a name."""
        raised = list(words)
        begins = 0
        for at, word in enumerate(words):
            if not (at and word.tag and word.start == words[at - 1].end):
                begins = at
            small = not (word.arabic or word.capital or word.upper)
            if small and (all_ or word.tag) and self._is_name(word):
                for i in range(begins, at + 1):
                    raised[i] = words[i]._replace(capital=True)
            elif small and begins < at and raised[begins].capital:
                raised[at] = word._replace(capital=True)
        return raised

    def _is_name(self, word: Word) -> bool:
        name = len(word.form) >= _CHAT_LETTERS and word.form in self._names
        return name and word.form not in self._stopwords

    def _well_known(self, m: Mention) -> bool:
        index = self._index
        return m.exact and any(
            index.kind(hit.row)
            or (
                index.population(hit.row) >= _CHAT_PEOPLE
                and (hit.flags & MAIN or len(m.form) > _CHAT_LETTERS)
            )
            for hit in m.hits
        )

    def _add_countries(
        self, context: Context, mentions: list[Mention], words: list[Word] | None
    ) -> None:
        index = self._index
        for m in mentions:
            for hit in m.hits:
                strong = not hit.flags & WEAK or (words is not None and cued(words, m.first))
                if index.kind(hit.row) and m.exact and strong:
                    kind = context.national if hit.flags & ADJECTIVE else context.named
                    kind.setdefault(index.country(hit.row), set()).add(m.form)

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
                return self._scorer.weight(hit)
            return self._scorer.weight(hit) - kilometres(self._index.position(hit.row), near) / 200

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
            weak = WEAK if form in self._stopwords else 0
            hits = [Hit(hit.row, hit.flags | LETTERS | weak) for hit in hits]
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

    def _mentions(self, words: list[Word]) -> list[Mention]:
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

    def _spelled(self, words: list[Word], at: int, heads: tuple[_Head, ...]) -> Mention | None:
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
                    best = Mention(at, last, word.start + cut, words[last].end, hits, True, form)
                last += 1
                if not longer or last == len(words) or not words[last].joins:
                    break
                form = f"{form} {words[last].form}"
                hits, longer = self._by_form(form, lower)
            if best:
                return best
        return None

    def _transliterated(self, words: list[Word], at: int) -> Mention | None:
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
                return Mention(at, last, word.start, words[last].end, hits, False, form)
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


def _is_own(words: list[Word], m: Mention, own: str) -> bool:
    """Whether a hashtag is the author's own name: الميادين of قناة الميادين."""
    return f" {' '.join(word.form for word in words[m.first : m.last + 1])} " in own

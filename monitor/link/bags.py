"""Texts as weighted bags of terms in one space for all languages, and how rare terms are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from monitor.link.kinds import kinds_of
from monitor.link.lexicon import Lexicon
from monitor.link.terms import MAX_CHARACTERS, stem, stems
from monitor.text.arabic import is_arabic
from monitor.text.social import words
from monitor.text.transliterate import letter_by_letter, skeleton

Bag = dict[str, float]
# A translated word is a guess among several: it counts less than the word itself.
_GLOSS = 0.75
_SKELETON = 0.6
_KIND = 0.7
_MOST_TERMS = 256  # of one post that are counted: an article is one voice, and memory is bounded
_KNOWN_WELL = 0.5  # a stem translated with this probability is a word, not a name to transliterate


def bag(text: str, language: str, lexicon: Lexicon) -> Bag:
    """The terms of ``text`` with weights up to 1: its stems, their English glosses and, for names,
    consonant keys (``~nJb`` is both النجباء and Nujaba)."""
    found: Bag = {}
    for form in stems(text):
        found[form] = 1.0
    base = "ar" if is_arabic(text) else language.partition("-")[0]
    kinds = kinds_of(found)
    for form in list(found):
        for target, weight in _glosses(form, base, lexicon):
            found[target] = max(found.get(target, 0.0), weight)
    for kind, weight in kinds.items():
        found[kind] = _KIND * weight
    for key in _name_keys(text, base, lexicon):
        found.setdefault(key, _SKELETON)
    return found


def _glosses(form: str, language: str, lexicon: Lexicon) -> Iterable[tuple[str, float]]:
    for target, probability in lexicon.gloss(form, language):
        if not target.isdigit():  # "trente" is in too many numbers
            yield target, _GLOSS * probability**0.5


def _name_keys(text: str, language: str, lexicon: Lexicon) -> Iterable[str]:
    for word in words(text[:MAX_CHARACTERS]):
        if is_arabic(word.text):
            form = stem(word.text)
            if any(p > _KNOWN_WELL for _, p in lexicon.gloss(form, language)) or len(form) < 3:
                continue
            key = skeleton([form])
        elif word.text[:1].isupper() and len(word.text) > 3:
            key = skeleton([stem(word.text)])
        else:
            continue
        if len(key) >= 3:
            yield "~" + key.removeprefix("A")


def alternatives(text: str, language: str, lexicon: Lexicon) -> dict[str, Bag]:
    """For each stem of ``text`` the terms it may agree in: itself and its English glosses."""
    base = "ar" if is_arabic(text) else language.partition("-")[0]
    return {
        form: {kind: _KIND * weight for kind, weight in kinds_of((form,)).items()}
        | dict(_glosses(form, base, lexicon))
        | {form: 1.0}
        for form in stems(text)
    }


def merge(into: Bag, other: Mapping[str, float], factor: float = 1.0) -> None:
    """Add ``other`` to ``into``, keeping the larger weight of each term."""
    for term, weight in other.items():
        if weight * factor > into.get(term, 0.0):
            into[term] = weight * factor


_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def char_grams(text: str) -> set[str]:
    """Four-letter pieces of the words of ``text`` in ASCII; Arabic is romanised by letter."""
    plain = " ".join(word.text for word in words(text[:4000]))
    if is_arabic(plain):
        plain = letter_by_letter(plain.split())
    folded = unicodedata.normalize("NFKD", plain.casefold()).encode("ascii", "ignore").decode()
    padded = f" {_NOT_LETTERS.sub(' ', folded).strip()} "
    return {padded[i : i + 4] for i in range(len(padded) - 3)}


class Rarity:
    """Inverse document frequency from what is common in the language and in documents seen.

    Bounded: when the stream's counts pass ``limit`` terms, they are halved, the rare ones dropped.
    """

    def __init__(self, share: Mapping[str, float], prior: int = 2000, limit: int = 400_000) -> None:
        self._share = share
        self._prior = prior
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._documents = 0.0

    def add(self, terms: Iterable[str]) -> None:
        self._counts.update(terms)
        self._documents += 1
        if len(self._counts) > self._limit:
            self._counts = Counter({t: n // 2 for t, n in self._counts.items() if n > 3})
            self._documents /= 2

    def idf(self, term: str, also: int = 0, of: int = 0) -> float:
        """From 0 (in every document) to about 1 (never seen). The term is ``also`` in so many
        ``of`` other documents."""
        total = self._prior + self._documents + of
        count = self._share.get(term, 0.0) * self._prior + self._counts.get(term, 0) + also
        return max(0.0, math.log((total + 1) / (count + 0.5)) / math.log(2 * total + 2))


class RecentRarity(Rarity):
    """The same of the last ``most`` posts. One seen again takes its old place."""

    def __init__(self, share: Mapping[str, float], most: int) -> None:
        super().__init__(share)
        self._most = most
        self._posts: dict[str, str] = {}  # terms in lines: a tenth of the memory of a list

    def see(self, key: str, terms: Iterable[str]) -> None:
        """Count a post's terms (the first of very many) and forget the oldest post's."""
        said = "\n".join(islice(terms, _MOST_TERMS))
        self._discount(self._posts.get(key))
        self._posts[key] = said
        self._counts.update(said.split("\n"))
        if len(self._posts) > self._most:
            self._discount(self._posts.pop(next(iter(self._posts))))
        self._documents = len(self._posts)

    def terms(self, key: str) -> Sequence[str]:
        """What was counted of a post; nothing where it is forgotten."""
        return self._posts.get(key, "").split("\n")

    def _discount(self, said: str | None) -> None:
        for term in said.split("\n") if said is not None else ():
            left = self._counts[term] - 1
            if left:
                self._counts[term] = left
            else:
                del self._counts[term]

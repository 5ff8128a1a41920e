"""Texts as weighted bags of terms in one space for all languages, and how rare terms are."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.link.kinds import kinds_of
from monitor.link.lexicon import Lexicon
from monitor.link.terms import MAX_CHARACTERS, stem, stems_of, words_said
from monitor.text.arabic import is_arabic
from monitor.text.social import word_texts
from monitor.text.transliterate import letter_by_letter, skeleton

Bag = dict[str, float]
# A translated word is a guess among several: it counts less than the word itself.
_GLOSS = 0.75
_SKELETON = 0.6
_KIND = 0.7
_MOST_TERMS = 256  # of one post that are counted: an article is one voice, and memory is bounded
_KNOWN_WELL = 0.5  # a stem translated with this probability is a word, not a name to transliterate


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: its words, and for each of its stems the terms that it may agree in:
    itself, its English glosses, what kind of happening it tells of."""

    words: Sequence[str]
    language: str  # without its region
    forms: Mapping[str, Bag]


def read(text: str, language: str, lexicon: Lexicon) -> Reading:
    said = words_said(text[:MAX_CHARACTERS])
    base = "ar" if is_arabic(text) else language.partition("-")[0]
    forms = {
        form: {kind: _KIND * weight for kind, weight in kinds_of((form,)).items()}
        | dict(_glosses(form, base, lexicon))
        | {form: 1.0}
        for form in stems_of(said)
    }
    return Reading(said, base, forms)


def bag(text: str, language: str, lexicon: Lexicon) -> Bag:
    """See :func:`bag_of`."""
    return bag_of(read(text, language, lexicon), lexicon)


def bag_of(reading: Reading, lexicon: Lexicon) -> Bag:
    """The terms of a text with weights up to 1: its stems, their English glosses and, for names,
    consonant keys (``~nJb`` is both النجباء and Nujaba)."""
    found = dict.fromkeys(reading.forms, 1.0)
    for terms in reading.forms.values():
        merge(found, terms)
    for key in _name_keys(reading, lexicon):
        found.setdefault(key, _SKELETON)
    return found


def _glosses(form: str, language: str, lexicon: Lexicon) -> Iterable[tuple[str, float]]:
    for target, probability in lexicon.gloss(form, language):
        if not target.isdigit():  # "trente" is in too many numbers
            yield target, _GLOSS * probability**0.5


def _name_keys(reading: Reading, lexicon: Lexicon) -> Iterable[str]:
    for word in reading.words:
        if is_arabic(word):
            form = stem(word)
            known = lexicon.gloss(form, reading.language)
            if any(p > _KNOWN_WELL for _, p in known) or len(form) < 3:
                continue
        elif word[:1].isupper() and len(word) > 3:
            form = stem(word)
        else:
            continue
        key = _consonants(form)
        if len(key) >= 3:
            yield "~" + key.removeprefix("A")


@lru_cache(maxsize=16_384)
def _consonants(form: str) -> str:
    return skeleton([form])


def merge(into: Bag, other: Mapping[str, float], factor: float = 1.0) -> None:
    """Add ``other`` to ``into``, keeping the larger weight of each term."""
    for term, weight in other.items():
        if weight * factor > into.get(term, 0.0):
            into[term] = weight * factor


# Letters and digits as 1 to 36, all else as 0: four of them are a number under 37⁴.
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz0123456789"
_LETTER_NUMBERS = np.zeros(256, np.int32)
_LETTER_NUMBERS[list(_ALPHABET)] = np.arange(1, len(_ALPHABET) + 1)
CHAR_GRAMS = (len(_ALPHABET) + 1) ** 4


def char_grams(text: str) -> NDArray[np.int32]:
    """Four-letter pieces of the words of ``text`` in ASCII, each as a number, ascending; Arabic is
    romanised by letter. Two texts share as many numbers as pieces."""
    plain = " ".join(word_texts(text[:4000]))
    if is_arabic(plain):
        plain = letter_by_letter(plain.split())
    folded = unicodedata.normalize("NFKD", plain.casefold()).encode("ascii", "ignore")
    letters = _LETTER_NUMBERS[np.frombuffer(b" " + folded + b" ", np.uint8)]
    gap = letters == 0
    gap[1:] &= gap[:-1].copy()  # only one blank between words
    gap[0] = False
    letters = letters[~gap]
    if len(letters) < 4:
        return np.zeros(0, np.int32)
    pieces = letters[:-3] * 37**3 + letters[1:-2] * 37**2 + letters[2:-1] * 37 + letters[3:]
    return np.unique(pieces)


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

    def idf(
        self, terms: Collection[str], also: NDArray[np.integer[Any]] | int = 0, of: int = 0
    ) -> NDArray[np.float64]:
        """Of each term, from 0 (in every document) to about 1 (never seen). Terms are ``also`` in
        so many ``of`` other documents."""
        total = self._prior + self._documents + of
        share, counts, prior = self._share, self._counts, self._prior
        seen = np.asarray([share.get(t, 0.0) * prior + counts.get(t, 0) for t in terms]) + also
        rare = np.log((total + 1) / (seen + 0.5)) / math.log(2 * total + 2)
        found: NDArray[np.float64] = np.maximum(rare, 0.0)
        return found


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


def sketch(
    terms: Collection[str], weights: NDArray[np.float64], dimensions: int
) -> NDArray[np.float32]:
    """A weighted bag as a vector, whatever the vocabulary (feature hashing, Weinberger 2009)."""
    numbers = np.asarray([zlib.crc32(t.encode("utf-8", "surrogatepass")) for t in terms], np.int64)
    signed = np.where(numbers & 1, weights, -weights)
    summed = np.bincount((numbers >> 1) % dimensions, signed, minlength=dimensions)
    return summed.astype(np.float32)

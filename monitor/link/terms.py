"""Words as linking sees them: hashtags split, Arabic normalised, endings cut, function words gone.

The stems are for matching only. They are cruder than a linguist's and the same for every language
in Latin script, so that *attaques* and *attack*, *inondations* and *inundation* come near each
other without knowing which language is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Final

from monitor.text.arabic import is_arabic, light_stem, normalize
from monitor.text.social import glued_words, word_texts

# A stem of one letter says nothing, in any of the three languages.
_SHORTEST: Final = 2
# Nobody writes longer words; whoever sends them wants to fill the memory.
_LONGEST: Final = 40
# Of a text of 10 MB the beginning decides, as it does for a reader.
MAX_CHARACTERS: Final = 20_000
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_DOUBLED: Final = re.compile(r"([b-df-hj-np-tv-z])\1$")


def _function_words() -> frozenset[str]:
    text = (resources.files("monitor.link") / "data" / "function_words.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(stem(word) for line in lines for word in line.split())


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The matching form of one word. Idempotent in practice, never longer than the word."""
    if is_arabic(word):
        # Some single characters stand for whole phrases (ﷺ): a stem holds no blanks.
        return "".join(light_stem(normalize(word)).split())[:_LONGEST]
    letters = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    letters = letters.replace("’", "'")
    if letters[1:2] == "'" or letters.startswith("qu'"):  # l'attaque, d'Alep, qu'on
        letters = letters.partition("'")[2]
    letters = letters.removesuffix("'s").replace("'", "").replace("-", "")
    if letters.isascii() and letters.isalpha():
        letters = _cut(letters)
    return letters[:_LONGEST]


def _cut(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 4 and word.endswith("ie"):
        word = word[:-2] + "y"
    for ending, shortest in (("ing", 6), ("ed", 5), ("ee", 5), ("e", 4)):
        if word.endswith(ending) and len(word) >= shortest:
            word = word[: -len(ending)]
            break
    return _DOUBLED.sub(r"\1", word) if len(word) > 3 else word


def stems(text: str) -> list[str]:
    """The stems of a text's words in order, function words left out; numbers stay as they are."""
    return stems_of(words_said(text[:MAX_CHARACTERS]))


def words_said(text: str) -> list[str]:
    """The words of a text; those written together are there together and by themselves."""
    return word_texts(text) + glued_words(text)


def stems_of(words: Iterable[str]) -> list[str]:
    """See :func:`stems`."""
    found = []
    for word in words:
        form = stem(word)
        if (len(form) >= _SHORTEST or form.isdigit()) and form not in FUNCTION_WORDS:
            found.append(form)
    return found


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text that can tell events apart: from 10 on, years and clock times left out.

    Thousands separators are removed: 1,500 and 1.500 and 1500 are one number.
    """
    found = set()
    for match in _NUMBER.finditer(normalize(text[:MAX_CHARACTERS])):
        digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", match[0])
        if (
            digits.isdigit()
            and len(digits) > 1
            and not (len(digits) == 4 and digits[:2] in ("19", "20"))
        ):
            found.add(digits.lstrip("0") or "0")
    return frozenset(found)


def sentences(text: str, limit: int = 12) -> list[str]:
    """The first ``limit`` sentences of a text, each at least three words long."""
    parts = re.split(r"(?<=[.!?؟…])\s+|\n+", text[:MAX_CHARACTERS])
    return [part.strip() for part in parts if len(part.split()) >= 3][:limit]


FUNCTION_WORDS: Final = _function_words()

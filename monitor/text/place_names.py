"""The words of a text as the gazetteer compares them: where they stand and how they are folded."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from monitor.text import arabic

_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d"
_PIECES = re.compile(
    r"(?P<skip>https?://\S+|www\.\S+|pic\.twitter\.com/\S+|[@＠]\w+)"
    rf"|(?P<word>[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}]+[^\W_]*)*)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
# What may stand between two words of one name: Deir ez-Zor, Sana'a, St. Louis, #دير_الزور.
_JOINED = re.compile(r"[\s]{1,3}|\s?[-‐‑–]\s?|['’ʼ‘`´]|_")
_ABBREVIATED = re.compile(r"\.\s?")  # St. Louis: after a word of one or two letters
_SPECIAL = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "ə": "e", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d"}
    | {"þ": "th", "ħ": "h", "ŋ": "n"}
    | dict.fromkeys("ʻʼʾʿˊˈ'’‘`´ʹ", "")
)


class Word(NamedTuple):
    """A word of a text. ``text[start:end]`` is the word as written, without ``#``."""

    start: int
    end: int
    form: str  # folded
    capital: bool  # its first letter is upper case
    upper: bool  # all of it is, and it has two letters or more
    arabic: bool
    tag: bool  # it stands in a hashtag
    joins: bool  # it may continue a name from the word before


def fold(word: str) -> str:
    """One spelling for a word: lower case without accents; Arabic as in ``arabic.normalize``."""
    if word.isascii():
        return word.lower()
    if arabic.is_arabic(word):
        return arabic.normalize(word)
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(_SPECIAL))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL)


def words_of(text: str) -> list[Word]:
    """The words of ``text`` in order, links and mentions left out, hashtags split. Linear time."""
    found: list[Word] = []
    end = -1
    tag_until = -1
    for match in _PIECES.finditer(text):
        if match.lastgroup == "skip":
            end = -1
            continue
        start, stop = match.span()
        if start and text[start - 1] in "#＃":
            tag = True
        else:
            tag = start == tag_until + 1 and text[tag_until] == "_"
        if tag:
            tag_until = stop
        joins = (
            end >= 0
            and start - end <= 3
            and (
                _JOINED.fullmatch(text, end, start) is not None
                or (
                    len(found[-1].form) <= 2
                    and _ABBREVIATED.fullmatch(text, end, start) is not None
                )
            )
        )
        written = match[0]
        if tag and written.isascii() and not written.islower() and not written.isupper():
            offset = start
            for part in _CAMEL.split(written):
                found.append(_word(part, offset, tag, joins))
                offset += len(part)
                joins = True
        else:
            found.append(_word(written, start, tag, joins))
        end = stop
    return found


@lru_cache(maxsize=16_384)
def _folded(word: str) -> tuple[str, bool, bool, bool]:
    form = fold(word)
    is_arabic = "\u0600" <= form[:1] <= "\u06ff"
    return form, word[0].isupper(), len(word) > 1 and word.isupper(), is_arabic


def _word(written: str, start: int, tag: bool, joins: bool) -> Word:
    form, capital, upper, is_arabic = _folded(written)
    return Word(start, start + len(written), form, capital, upper, is_arabic, tag, joins)


_SENTENCE_END = re.compile(r"[.!?؟|\n…]")
_TAG_BLOCK = re.compile(
    r"(?:[\s|.،,!]*#[\w]+)+[\s.|!]*(?:(?:https?://|pic\.twitter\.com/)\S+\s*)*$"
)


def trailing_tags(text: str) -> int:
    """Where the hashtags that end a post begin, after the sentence's end; its length if none do."""
    # A tag inside the last sentence belongs to it (in #Iraq.#AlMayadeen the first does), so only
    # what follows a full stop, a bar or a line break counts.
    tail = text[-400:]
    best = len(text)
    for match in _SENTENCE_END.finditer(tail):
        if _TAG_BLOCK.fullmatch(tail, match.end()):
            best = len(text) - len(tail) + match.end()
            break
    return best

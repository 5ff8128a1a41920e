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
# Words that announce a place: what follows is one even if it is also a word or a person's name.
_CUE_WORDS = (
    "in near at from city town village ville villes commune quartier près à مدينه بلده "  # noqa: SIM905
    "قريه محافظه ريف ولايه قضا مخيم مطار ضاحيه بلدتي مدينتي a pres".split()
)
_CUES = frozenset(clitic + word for word in _CUE_WORDS for clitic in ("", "ب", "ال"))
_BEHIND_CUES = frozenset("de d of the la le l al el".split())  # noqa: SIM905


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
        before = text[start - 1] if start else ""
        tag = before in ("#", "＃") or (before == "_" and start == tag_until + 1)
        if tag:
            tag_until = stop
        if before == " " and start == end + 1:
            joins = True  # by far the most frequent
        else:
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


def cued(words: list[Word], at: int) -> bool:
    """Whether a word that announces a place stands before, an article or "of" between allowed."""
    for word in reversed(words[max(0, at - 3) : at]):
        form = word.form
        if form in _CUES:
            return True
        if form not in _BEHIND_CUES:
            return False
    return False


def beside_a_name(words: list[Word], at: int) -> bool:
    """Whether another capitalised word touches this one, as in a person's name."""
    before = at > 0 and words[at].joins and words[at - 1].capital
    after = at + 1 < len(words) and words[at + 1].joins and words[at + 1].capital
    return before or after

"""The words of a text as the gazetteer compares them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from monitor.text.fold import fold
from monitor.text.glued import split_glued

_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d"
_PIECES = re.compile(
    r"(?P<skip>https?://\S+|www\.\S+|pic\.twitter\.com/\S+|[@＠]\w+)"
    rf"|(?P<word>[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}]+[^\W_]*)*)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
# What may stand between two words of one name: Deir ez-Zor, Sana'a, St. Louis, #دير_الزور.
# A headline and what follows are two lines: "in Edinburgh\nA review" names no Edinburgh A.
_JOINED = re.compile(r"[^\S\n]{1,3}|\s?[-‐‑–]\s?|['’ʼ‘`´]|_")
_ABBREVIATED = re.compile(r"\.\s?")  # St. Louis: after a word of one or two letters
# Words that announce a place: what follows is one even if it is also a word or a person's name.
_NEAR_WORDS = (
    "in near at from outside around à a près pres nord sud قرب شمالي جنوبي شرقي غربي شمال جنوب "  # noqa: SIM905
    "شرق غرب قباله ضواحي مطار ضاحيه سكان اهالي بلديه قضا".split()
)
_PLACE_WORDS = (
    "city town village ville villes commune quartier province région region district vallée vallee "  # noqa: SIM905
    "banlieue مدينه بلده قريه محافظه ريف ولايه مخيم بلدتي مدينتي قريتي مديريه اقليم".split()
)
_NEAR = frozenset(clitic + word for word in _NEAR_WORDS for clitic in ("", "ب", "ال"))
# Not with the article: المدينة محاصرة is "the city is besieged".
_PLACE = frozenset(clitic + word for word in _PLACE_WORDS for clitic in ("", "ب", "ل", "و"))
_BEHIND_CUES = frozenset("de d of the la le l al el".split())  # noqa: SIM905
# Streets and squares are named for places that the post is not about.
_STREETS = frozenset("rue avenue boulevard bd quai porte شارع ميدان".split())  # noqa: SIM905
_STREET_BEHIND = frozenset("street avenue road boulevard square".split())  # noqa: SIM905
# Before a nationality word that is also an ordinary one: الجيش المالي is not "the financial army".
_OF_A_NATION = frozenset("الجيش الرييس الحكومه القوات الشعب السفاره المنتخب السلطات الجنود".split())  # noqa: SIM905


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
        if tag:
            offset = start
            for part in _parts_of_tag(written):
                found.append(Word(offset, offset + len(part), *_folded(part), tag, joins))
                offset += len(part)
                joins = True
        else:
            found.append(Word(start, stop, *_folded(written), tag, joins))
        end = stop
    return found


def _parts_of_tag(written: str) -> Sequence[str]:
    if written.isascii() and not written.islower() and not written.isupper():
        return _CAMEL.split(written)
    return split_glued(written)


@lru_cache(maxsize=16_384)
def _folded(word: str) -> tuple[str, bool, bool, bool]:
    form = fold(word)
    is_arabic = "\u0600" <= form[:1] <= "\u06ff"
    return form, word[0].isupper(), len(word) > 1 and word.isupper(), is_arabic


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


def cued(words: list[Word], at: int) -> int:
    """Whether a word before announces a place, an article or "of" between allowed: 2 for one that
    says what it is ("city of"), 1 for one that places people name too follow ("near"), else 0."""
    for i in range(at, max(0, at - 3), -1):
        form = words[i - 1].form
        if not (words[i].joins or words[i].tag):
            return 0
        if form in _PLACE:
            return 2
        if form in _NEAR:
            return 1
        if form not in _BEHIND_CUES:
            return 0
    return 0


def in_a_street(words: list[Word], first: int, last: int) -> bool:
    """Whether these words name a street or square: rue de Rennes, شارع فلسطين, Oxford Street."""
    if last + 1 < len(words) and words[last + 1].joins and words[last + 1].form in _STREET_BEHIND:
        return words[last + 1].capital
    for i in range(first, max(0, first - 3), -1):
        if words[i].joins and words[i - 1].form in _STREETS:
            return True
        if not words[i].joins or words[i - 1].form not in _BEHIND_CUES:
            return False
    return False


def of_a_nation(words: list[Word], at: int) -> bool:
    """Whether the word before is what nations have: an army, a president."""
    return at > 0 and words[at].joins and words[at - 1].form in _OF_A_NATION


def inside_a_sentence(words: list[Word], at: int) -> bool:
    """Whether a word stands inside a run of words where capitals say something."""
    return at > 0 and words[at].joins and not words[at - 1].capital and not words[at - 1].arabic


def beside_a_name(words: list[Word], at: int) -> bool:
    """Whether another capitalised word touches this one, as in a person's name."""
    before = at > 0 and words[at].joins and words[at - 1].capital
    after = at + 1 < len(words) and words[at + 1].joins and words[at + 1].capital
    return before or after

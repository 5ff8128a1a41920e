"""What of a social media post is words: links, mentions, emoji and markup are not, hashtags are.

Offsets always count code points of the text given.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from monitor.text.arabic import is_arabic
from monitor.text.glued import split_glued

# One alternation, tried from left to right. Every branch is linear: no nested repetition.
_NOT_WORDS: Final = re.compile(
    r"""
      <https?://[^\s<>]*>                                # autolinks
    | (?:https?|hxxps?|ftp)://[^\s<>"'،؛»”]+             # links
    | \bwww\.[^\s<>"'،؛»”]+
    | \b(?:pic\.twitter\.com|t\.co|t\.me|bit\.ly|youtu\.be|fb\.me|instagr\.am)/[\w/…\-?=&.]*
    | (?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}\.[\w.\-]{1,64}         # e-mail addresses
    | (?<![\w@])[@＠][\w.\-]{1,64}(?:@[\w.\-]{1,128})?    # mentions, also @user@server
    | &(?:\#\d{1,7}|\#x[0-9a-f]{1,6}|[a-z]{2,31}\d{0,2});     # character references
    | </?[a-z][^<>]{0,300}>                              # tags
    | (?:^|(?<=\s))RT(?=\s+@|\s*:)\s*:?                  # retweet marks
    | :[a-z0-9_+\-]{2,40}:                               # :emoji_names:
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Every branch above needs one of these; most posts have none, and looking for one is quick.
_NEEDED: Final = re.compile(r"[@＠<&:/]|www\.", re.IGNORECASE)
_HASHTAG: Final = re.compile(r"(?<![\w&])[#＃](\w[\w\u200c]{0,139})")
# What people write between letters: combining marks and joiners stay inside a word.
_MARKS: Final = (  # combining marks and joiners that stay inside a word
    "\u0300-\u036f\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957"
    "\u0980-\u0983\u0a01-\u0d7f\u0e31-\u0e4e\u200c\u200d"
)
_WORD: Final = re.compile(
    rf"\d*[^\W\d_](?:[^\W_]|[{_MARKS}]|['’ʼ·\-](?=[^\W_]))*"  # 3ala, l'été, aujourd'hui
    r"|\d+"
)
_HUMP: Final = re.compile(
    r"[A-ZÀ-ÖØ-Þ]+(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])|[A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+|[A-ZÀ-ÖØ-Þ]+|\d+|[^\W\d_A-Za-zÀ-ÿ]+"
)


class Word(NamedTuple):
    """One word at ``[start, end)`` of the text; ``hashtag`` where it came from a hashtag."""

    text: str
    start: int
    end: int
    hashtag: bool = False


def blank(text: str) -> str:
    """``text`` with links, mentions, markup and character references blanked: same length."""
    if not _NEEDED.search(text):
        return text
    return _NOT_WORDS.sub(lambda match: " " * len(match[0]), text)


def split_hashtag(tag: str) -> tuple[str, ...]:
    """The words of a hashtag (with or without its ``#``): at ``_``, at CamelCase humps, where
    letters meet digits or scripts meet. ``IranProtests2022`` → ``Iran, Protests, 2022``."""
    return tuple(_HUMP.findall(tag.lstrip("#＃").replace("_", " ").replace("\u200c", " ")))


def words(text: str) -> list[Word]:
    """The words of a post in order, with their offsets; hashtags are split into theirs."""
    rest = blank(text)
    found: list[Word] = []
    at = 0
    for tag in _HASHTAG.finditer(rest):
        found.extend(_plain_words(rest, at, tag.start()))
        found.extend(
            Word(hump[0], hump.start(), hump.end(), hashtag=True)
            for hump in _HUMP.finditer(rest, tag.start(1), tag.end())
        )
        at = tag.end()
    found.extend(_plain_words(rest, at, len(rest)))
    return found


def _plain_words(text: str, start: int, end: int) -> list[Word]:
    return [Word(word[0], word.start(), word.end()) for word in _WORD.finditer(text, start, end)]


def word_texts(text: str) -> list[str]:
    """The texts of :func:`words`, quicker where nobody asks where they stand."""
    rest = blank(text)
    found: list[str] = []
    at = 0
    for tag in _HASHTAG.finditer(rest):
        found += _WORD.findall(rest, at, tag.start())
        found += _HUMP.findall(rest, tag.start(1), tag.end())
        at = tag.end()
    return found + _WORD.findall(rest, at)


def share_of_hashtags(text: str) -> float:
    """How many of the words and hashtags of a post are hashtags, in 0…1; one more word is imagined,
    so that a single hashtag is not all."""
    rest = blank(text)
    tags = len(_HASHTAG.findall(rest))
    if not tags:
        return 0.0
    return tags / (tags + len(_WORD.findall(_HASHTAG.sub(" ", rest))) + 1)


def glued_words(text: str) -> list[str]:
    """The parts of hashtags, and of Arabic words with an article inside, that are several words
    written together (:mod:`monitor.text.glued`)."""
    rest = blank(text)
    runs = [hump[0] for tag in _HASHTAG.finditer(rest) for hump in _HUMP.finditer(tag[1])]
    if is_arabic(rest):
        runs += [word for word in _WORD.findall(rest) if word.find("ال", 2) > 0]
    return [part for run in runs for part in split_glued(run) if part is not run]


def words_of_social(text: str) -> str:
    """The words of a post, separated by blanks: what language detection and matching read."""
    return " ".join(word_texts(text))

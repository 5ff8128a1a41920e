"""Arabic, brought to one spelling for matching and search. Never for display: it loses things.

What :func:`normalize` does, and why. Newsrooms, people and keyboards write the same word in many
ways; each row makes one of these differences disappear.

=============================  ===============  =================================================
what                           becomes         why
=============================  ===============  =================================================
diacritics                     nothing         rarely written, and then by halves
tatweel ``ـ``                  nothing         decoration: عـــاجل is عاجل
alef forms ``أ إ آ ٱ``         ``ا``           half of all posts leave the hamza out
hamza on a seat ``ؤ ئ``        ``و ي``         مسؤول is also مسوول; القائم is also القايم
lone hamza ``ء``               nothing         سامراء is also سامرا; dialects drop it
alef maksura ``ى``, ``ی ې``    ``ي``           Egypt ends words in ى where others write ي (this
                                               merges على and علي: good enough to match by)
ta marbuta ``ة``, ``ہ ھ ە``    ``ه``           غزة is also غزه
kaf forms ``ک ڪ گ ڭ``          ``ك``           Persian keyboards; Iraqi and Moroccan g
``پ``, ``ڤ ڥ``, ``ڨ چ ژ``      ``ب ف ق ج ز``   sounds Arabic has no letter for: most people write
                                               the neighbour
Arabic and Persian digits      0–9             ٥, ۵ and 5 are one number
``٫ ٬ ٪ ؟ ، ؛ ۔``              ``. , % ? , ;``  numbers and sentences compare alike
presentation forms             their letters   copied from PDF files and old systems
zero-width, direction marks    nothing         invisible
=============================  ===============  =================================================

Everything else, Latin letters and their case included, is left alone. The result is a fixed point:
normalising it again changes nothing. One table and ``str.translate``; linear time.

Clitics are the particles Arabic writes onto the next word: و and ف ("and"), ب ("in"), ل ("to"), ك
("like"), س (future, on verbs: not treated here) and the article ال. :func:`without_clitics` lists
what may stand behind them, without deciding: وادي is "valley", not "and Adi". :func:`light_stem`
decides, as light stemmers do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_INVISIBLE = "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_LETTERS = {
    "أإآٱٲٳٵ": "ا",
    "ؤ": "و",
    "ئ": "ي",
    "ء": "",
    "ىیېۍ": "ي",
    "ةۃہھەۀۂ": "ه",
    "کڪگڭ": "ك",
    "پ": "ب",
    "ڤڥ": "ف",
    "ڨ": "ق",
    "چ": "ج",
    "ژ": "ز",
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "؟": "?",
    "،": ",",
    "؛": ";",
    "۔": ".",
}


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for characters, becomes in _LETTERS.items():
        table.update(dict.fromkeys(map(ord, characters), becomes))
    for digit in range(10):
        table[0x0660 + digit] = table[0x06F0 + digit] = str(digit)
    removed = [*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0640, 0x0670]
    removed += [c for c in range(0x06D6, 0x06EE) if unicodedata.category(chr(c)) == "Mn"]
    removed += [c for c in range(0x08D3, 0x0900) if unicodedata.category(chr(c)) == "Mn"]
    table.update(dict.fromkeys(removed, ""))
    table.update(dict.fromkeys(map(ord, _INVISIBLE + _DIRECTION), ""))
    for code in [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)]:
        compatible = unicodedata.normalize("NFKC", chr(code))
        if compatible != chr(code):
            table[code] = compatible.translate(table).strip() or " "
    # str.translate raises and catches an exception for every character it does not find; naming
    # the usual ones makes it four times as fast.
    for code in [*range(0x80), *range(0x00C0, 0x0180), *range(0x0621, 0x064B)]:
        table.setdefault(code, chr(code))
    return table


_TABLE = _table()
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")


def normalize(text: str) -> str:
    """``text`` in the one spelling described above. For matching only, never for display."""
    return text.translate(_TABLE)


def is_arabic(text: str) -> bool:
    """Whether ``text`` holds at least one character of the Arabic script."""
    return _ARABIC.search(text) is not None


_CLITICS = re.compile("([وف]?)([بكل]?)")


def without_clitics(word: str) -> Iterator[tuple[int, str]]:
    """The ways to read one *normalised* word with clitics, most complete first.

    Yields ``(n, rest)``: ``n`` leading letters are clitics and ``rest``, at least two letters long,
    is the word behind them, with its article if it has one. The first is always ``(0, word)``.
    ``للعراق`` gives ``(1, العراق)``: the article loses its alef after ل.

    >>> list(without_clitics("وبالعراق"))
    [(0, 'وبالعراق'), (1, 'بالعراق'), (2, 'العراق')]
    """
    yield 0, word
    match = _CLITICS.match(word)
    assert match is not None  # both groups may be empty
    conjunction, preposition = match.groups()
    starts = []
    if conjunction:
        starts.append(1)
    if preposition:
        starts.append(match.end())
    for n in starts:
        if word.startswith("لل", n - 1) and word[n - 1 : n] == preposition and len(word) > n + 2:
            yield n, "ال" + word[n + 1 :]
        if len(word) > n + 1:
            yield n, word[n:]


_PREFIXES = ("وبال", "وال", "بال", "كال", "فال", "ولل", "ال", "لل")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


def light_stem(word: str) -> str:
    """The stem of one *normalised* word: article, its clitics and common endings taken off.

    After the idea of light10 (Larkey, Ballesteros & Connell 2007, "Light stemming for Arabic
    information retrieval"): no root, no dictionary; ``و`` when three letters remain, one form of
    the article when two remain, then each ending once while two remain. Words that share a stem are
    probably about one thing; العراقيين, عراقية and والعراقي all become عراق.
    """
    if word.startswith("و") and len(word) > 3:
        word = word[1:]
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + 2:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + 2:
            word = word[: -len(suffix)]
    return word

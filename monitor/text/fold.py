"""One spelling for what is written in several: what names are compared by."""

from __future__ import annotations

import unicodedata

from monitor.text import arabic

_SPECIAL = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "ə": "e", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d"}
    | {"þ": "th", "ħ": "h", "ŋ": "n"}
    | dict.fromkeys("ʻʼʾʿˊˈ'’‘`´ʹ", "")
)


def fold(word: str) -> str:
    """One spelling for a word: lower case without accents; Arabic as in ``arabic.normalize``."""
    if word.isascii():
        return word.lower()
    if arabic.is_arabic(word):
        return arabic.normalize(word)
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(_SPECIAL))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL)

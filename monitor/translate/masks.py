"""What a model that was trained with masks is not shown: place names and numbers.

A small model guesses a name it has not seen, swaps the digits of a number, and takes one number
word for another. So the gazetteer's places and all numbers stand as symbols in its source, which it
copies, and come back as English writes them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.model import Place
from monitor.translate.numbers import Found, find_numbers, in_words

_SURE = 0.7  # of a place; below, one in four is a word that looks like a name
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[ \u00a0\u202f]\d{3}(?!\d)|[.,:/]\d+)*(?!\w)")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.]\d{3})+")
_DECIMAL = re.compile(r"(\d+),(\d{1,2})")
# With a half behind it a number is another one; and some words are others as well (new, lady).
_HALF = re.compile(r"\s*(?:et demie?|و\s?نصف|و\s?ربع)\b")
_OTHER_WORDS = frozenset(("neuf", "cent", "cents", "mille", "ألف", "الف", "ست", "ميت"))
_MOST_IN_WORDS = 10**6  # beyond, the model does well, and "3 million" reads better
_DIGITS = {base + digit: str(digit) for base in (0x660, 0x6F0) for digit in range(10)}
_SIGNS = {0x66B: ",", 0x66C: ".", 0x66A: "%"}


@dataclass(frozen=True, slots=True)
class Masks:
    """Symbols that a model was trained to carry from source to target unchanged: for links (and
    mentions and emoji), for numbers, and for names. Empty where it was not."""

    links: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def every(self) -> frozenset[str]:
        return frozenset(self.links + self.numbers + self.names)


def known_names(places: Iterable[Place]) -> dict[str, str]:
    """Names as the text writes them → in plain English letters. Countries are left out: a model
    knows those, and their mention may be a people (الأميركي) just as well."""
    return {
        place.mention.replace("_", " "): _plain(place.name)
        for place in places
        if place.kind != "country" and place.confidence >= _SURE
    }


def hide(text: str, names: Mapping[str, str], masks: Masks) -> tuple[str, list[tuple[str, str]]]:
    """``text`` with its names and numbers behind masks, and what each mask stands for. Where there
    are more than masks, the rest stay as they are."""
    held: list[tuple[str, str]] = []
    free = [mask for mask in masks.names if mask not in text]
    for mention in sorted(names, key=len, reverse=True):
        pattern = rf"(?<!\w)(?P<clitic>[وفبلك]{{0,2}}){re.escape(mention)}(?!\w)"
        for match in reversed(list(re.finditer(pattern, text))):
            if free:
                mask = free.pop()
                held.append((mask, names[mention]))
                text = f"{text[: match.start()]}{match['clitic']}{mask}{text[match.end() :]}"
    free = [mask for mask in masks.numbers if mask not in text]
    if free:
        text = text.translate(_DIGITS | _SIGNS)
    for match in reversed(list(NUMBER.finditer(text))[: len(free)]):
        mask = free.pop()
        held.append((mask, english_number(match[0])))
        text = f"{text[: match.start()]}{mask}{text[match.end() :]}"
    for number in reversed(numbers_in_words(text)[: len(free)]):
        mask = free.pop()
        held.append((mask, in_words(int(number.value))))
        text = f"{text[: number.start]}{mask}{text[number.end :]}"
    return text, held


def numbers_in_words(text: str) -> list[Found]:
    """The numbers of ``text`` in words that count and can mean nothing else."""
    return [number for number in find_numbers(text) if _is_plain(number, text)]


def _is_plain(number: Found, text: str) -> bool:
    return (
        not (number.written or number.ordinal)
        and number.value < _MOST_IN_WORDS
        and not (len(number.words) == 1 and number.words[0] in _OTHER_WORDS)
        and not _HALF.match(text, number.end)
    )


def english_number(text: str) -> str:
    """A number as English writes it: ``1 200`` and ``1.200`` become 1,200, and ``5,9`` 5.9."""
    if _GROUPED.fullmatch(text):
        return re.sub(r"\D", ",", text)
    return _DECIMAL.sub(r"\1.\2", text) if _DECIMAL.fullmatch(text) else text


def _plain(name: str) -> str:
    """Without the accents that scholars write: Janīn, Rafaḩ."""
    parts = unicodedata.normalize("NFD", name)
    return "".join(c for c in parts if not unicodedata.combining(c))

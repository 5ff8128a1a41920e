"""What looks wrong in a translation. Each check is a pure function of source and translation.

A check never blocks a post: it gives a warning, a short sentence, and takes a share of the trust
that the linker weighs by. Their measured precision is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from monitor.model import Place
from monitor.translate.dates import MONTHS, dates_of
from monitor.translate.lexicon import (
    FRENCH,
    PEOPLES,
    PROFANE,
    PROFANE_SOURCE,
    THREAT,
    THREAT_SOURCE,
    UNITS,
    VIOLENT,
    VIOLENT_SOURCE,
)
from monitor.translate.numbers import numbers_of

_ARABIC_WORD = re.compile(r"[\u0620-\u064a\u0671-\u06d3][\u0620-\u0652\u0670-\u06d3]+")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NOT_SAID = re.compile(r"https?://\S+|\S+\.\S+/\S+|[@#＃]\S+")
_COVID = re.compile(r"covid[\s-]*(?:19|١٩)|كوفيد[\s-]*(?:19|١٩)", re.IGNORECASE)
_MONTH_NUMBERS = {name: float(n) for n, (name, _) in enumerate(MONTHS, 1)}


class FindsPlaces(Protocol):
    """The gazetteer, as far as it is needed here."""

    def find(self, text: str, language: str | None = None) -> tuple[Place, ...]: ...


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing that looks wrong. ``keeps`` is the share of trust that is left, in 0…1."""

    check: str
    message: str
    keeps: float


def check_numbers(source: str, english: str) -> list[Warned]:
    """Numbers, dates and amounts that differ. Digits of the source must be in the English as
    digits or words; digits in the English must be in the source."""
    a, b = (numbers_of(_COVID.sub("covid", _NOT_SAID.sub(" ", t))) for t in (source, english))
    told = b.every | {n for m, n in _MONTH_NUMBERS.items() if m.lower() in english.lower()}
    # 16h30 may be said as 4:30, 2024 as '24, "1 and 2" as "two".
    told |= {n + 12 for n in b.digits if n < 12} | {2000 + n for n in b.digits if n < 100}
    small = {n for n in a.digits if n <= 2}
    missing = sorted(n for n in a.digits - told - small)
    extra = sorted(
        n
        for n in b.digits - a.every
        if n > 2 and n + 12 not in a.digits and n + 2000 not in a.digits
    )
    lost = sorted(n for n in a.words - told if b.digits and n > 2)
    if missing and extra:
        return [Warned("numbers", f"numbers differ: {_n(missing)} became {_n(extra)}", 0.5)]
    if missing:
        return [Warned("numbers", f"numbers missing in the English: {_n(missing)}", 0.7)]
    if extra and not a.words:
        return [Warned("numbers", f"numbers not in the original: {_n(extra)}", 0.6)]
    if extra and lost:
        return [Warned("numbers", f"numbers differ: {_n(lost)} became {_n(extra)}", 0.6)]
    return []


def _n(values: Iterable[float]) -> str:
    return ", ".join(f"{v:,.0f}" if v == int(v) and v >= 10_000 else f"{v:g}" for v in values)


def check_dates(source: str, english: str) -> list[Warned]:
    """Months and weekdays: one in the English that the source does not name, where the source names
    another that the English has not."""
    a, b = (dates_of(_NOT_SAID.sub(" ", text)) for text in (source, english))
    told = b | {name for name in a if re.search(rf"\b{name}\b", english)}
    numbers = numbers_of(english).digits - numbers_of(source).digits
    told |= {name for name, n in _MONTH_NUMBERS.items() if n in numbers}
    gone, new = sorted(a - told), sorted(b - a)
    if not (gone and new):
        return []
    return [Warned("dates", f"dates differ: {', '.join(gone)} became {', '.join(new)}", 0.5)]


def check_units(source: str, english: str) -> list[Warned]:
    """Money and units that stand beside a number in the source and nowhere in the English."""
    a, b = source.lower(), english.lower()
    gone = []
    for unit, signs in UNITS.items():
        beside = any(
            re.search(
                rf"(?:\d|مليون|ملايين|مليارات?|millions?|milliards?|ألف|mille)\s*(?:de\s+|d['’])?{re.escape(s)}",
                a,
            )
            for s in signs
        )
        if beside and not any(s in b for s in signs):
            gone.append(unit)
    return [Warned("units", f"{unit} in the original, not in the English", 0.7) for unit in gone]


def check_places(
    places: Sequence[Place], english: str, gazetteer: FindsPlaces | None
) -> list[Warned]:
    """Places that the gazetteer is sure of in the source and that cannot be found in the English:
    not by name, not by a similar word, not as a people (Iraqi for Iraq)."""
    sure = [place for place in places if place.confidence >= 0.6]
    if not sure:
        return []
    found = gazetteer.find(english, "en") if gazetteer else ()
    ids = {place.geonameid for place in found}
    words = [_plain(word) for word in _WORD.findall(english)]
    text = " ".join(words)
    gone = [
        place
        for place in sure
        if place.geonameid not in ids
        and _plain(place.name) not in text
        and not any(_alike(part, words) for part in _plain(place.name).split() if len(part) > 2)
    ]
    names = ", ".join(dict.fromkeys(f"{p.mention} ({p.name})" for p in gone))
    if not gone:
        return []
    return [Warned("places", f"places missing in the English: {names}", 0.7)]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("-", " "))
    return re.sub(r"[^a-z0-9 ]", "", decomposed).strip()


def _alike(name: str, words: Sequence[str]) -> bool:
    """A word that begins alike (Iraqi), or is spelled much alike (Soueida, Suwayda)."""
    bones = _bones(name)
    return any(
        (len(name) > 3 and word[:4] == name[:4])
        or (bones and bones == _bones(word))
        or (abs(len(word) - len(name)) < 4 and SequenceMatcher(None, name, word).ratio() > 0.72)
        for whole in words
        for word in whole.split()
    )


def _bones(word: str) -> str:
    """Consonants only, the ones that transliterations swap made one; "" where too few."""
    word = word.replace("ou", "w").replace("kh", "k").replace("gh", "g").replace("dh", "d")
    word = word.replace("q", "k").replace("z", "s").replace("c", "k").replace("ph", "f")
    bones = re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyhw]", "", word))
    return bones if len(bones) > 2 else ""


def check_untranslated(source: str, english: str) -> list[Warned]:
    """Arabic letters in the English; French words taken over; the source given back."""
    said = _NOT_SAID.sub(" ", english)
    arabic = _ARABIC_WORD.findall(said)
    if arabic:
        share = len(arabic) / max(1, len(_WORD.findall(said)))
        shown = " ".join(arabic[:3])
        return [Warned("untranslated", f"left untranslated: {shown}", 0.8 if share < 0.2 else 0.3)]
    words = [w.lower() for w in _WORD.findall(said)]
    if len(words) > 3 and said.split() == _NOT_SAID.sub(" ", source).split():
        return [Warned("untranslated", "the original is given back unchanged", 0.3)]
    before = {w.lower() for w in _WORD.findall(source)}
    french = [w for w in words if w in FRENCH and w in before]
    same = [w for w in words if w in before and len(w) > 3]
    if len(words) > 3 and (
        len(french) >= max(2, 0.15 * len(words)) and len(same) + len(french) > 0.5 * len(words)
    ):
        return [Warned("untranslated", "the English is still French", 0.3)]
    return []


def check_repetition(source: str, english: str) -> list[Warned]:
    """The same words again and again, more often than the source repeats itself, or a text that
    runs on far beyond what its source can say."""
    a, b = (_WORD.findall(_NOT_SAID.sub(" ", t).lower()) for t in (source, english))
    for size, often in ((1, 4), (2, 3), (3, 3), (4, 2), (6, 2)):
        most, times = _most_in_a_row(b, size)
        if times >= often and _most_in_a_row(a, size)[1] < times:
            return [Warned("repetition", f"repeats itself: “{most}” {times} times in a row", 0.2)]
    grams = Counter(zip(*(b[i:] for i in range(4)), strict=False))
    own = Counter(zip(*(a[i:] for i in range(3)), strict=False))
    if grams and grams.most_common(1)[0][1] >= 3 and (not own or own.most_common(1)[0][1] < 2):
        return [
            Warned("repetition", f"repeats itself: “{' '.join(grams.most_common(1)[0][0])}”", 0.3)
        ]
    if len(b) > 3 * len(a) + 8:
        return [Warned("length", f"far too long: {len(b)} words for {len(a)}", 0.3)]
    return []


def _most_in_a_row(words: Sequence[str], size: int) -> tuple[str, int]:
    best, most = "", 1
    at = 0
    while at + 2 * size <= len(words):
        times = 1
        gram = words[at : at + size]
        while words[at + times * size : at + (times + 1) * size] == gram:
            times += 1
        if times > most:
            best, most = " ".join(gram), times
        at += max(1, (times - 1) * size)
    return best, most


def check_length(source: str, english: str, language: str) -> list[Warned]:
    """Far too short for what it translates. Arabic writes articles, pronouns and prepositions as
    one word with the next; French and English count alike."""
    a, b = (len(_WORD.findall(_NOT_SAID.sub(" ", t))) for t in (source, english))
    least = 0.6 if language == "ar" else 0.5
    if a >= 6 and b < least * a:
        return [Warned("length", f"far too short: {b} words for {a}", 0.4)]
    return []


# Lower bound of the cosine between source and a good translation, by the USE encoder: a line in the
# logarithm of the source's words, laid along the quantile 0.01 of posts with references
# (benchmarks/translation_safety.py).
DRIFT = {"ar": (0.14, 0.05), "fr": (0.35, 0.04)}
# A draft is wrong far more often, so for it the line lies higher by this much.
DRAFT_DRIFT = {"ar": 0.2, "fr": 0.1}


def check_drift(
    similarity: float, source: str, language: str, *, draft: bool = False
) -> list[Warned]:
    """``similarity`` of the two meanings (cosine, −1…1) under what this length predicts."""
    words = len(_WORD.findall(_NOT_SAID.sub(" ", source)))
    if language not in DRIFT or words < 3:
        return []
    base, slope = DRIFT[language]
    least = min(base + slope * math.log(words), 0.6) + (DRAFT_DRIFT[language] if draft else 0)
    if similarity >= least:
        return []
    return [Warned("drift", "seems to say something else than the original", 0.4)]


def check_violence(source: str, english: str) -> list[Warned]:
    """Threats, violence and profanity in the English with nothing like it in the source."""
    plain = _unvowelled(source)
    a = re.findall(r"[^\W_]+", plain)
    b = [w.lower() for w in _WORD.findall(english)]
    found = []
    violent = next((w for w in b if w.startswith(VIOLENT)), None)
    if violent and not _any_stem(a, VIOLENT_SOURCE):
        found.append(Warned("violence", f"“{violent}” with nothing like it in the original", 0.3))
    elif (threat := THREAT.search(english)) and not THREAT_SOURCE.search(plain):
        found.append(Warned("violence", f"a threat not in the original: “{threat[0]}”", 0.2))
    profane = next((w for w in b if w.startswith(PROFANE)), None)
    if profane and not _any_stem(a, PROFANE_SOURCE):
        found.append(Warned("profanity", f"“{profane}” with nothing like it in the original", 0.3))
    return found


def check_peoples(source: str, english: str) -> list[Warned]:
    """A people or a faith in the English that the source does not name: a small model makes one out
    of a name it does not know, and accuses it."""
    plain = _unvowelled(source)
    return [
        Warned("peoples", f"“{found[0]}” with nothing like it in the original", 0.3)
        for pattern, stems in PEOPLES
        if (found := pattern.search(english)) and not any(stem in plain for stem in stems)
    ]


def _unvowelled(source: str) -> str:
    return re.sub(r"[\u064b-\u0652]", "", source.lower())


def _any_stem(words: Iterable[str], stems: Sequence[str]) -> bool:
    """Arabic words carry prefixes (و, ال, ي…): a stem may begin a few letters in."""
    return any(
        word.startswith(stem) or (stem[0] >= "\u0620" and stem in word[:8])
        for word in words
        for stem in stems
    )


def check(
    source: str,
    english: str,
    language: str,
    *,
    places: Sequence[Place] = (),
    gazetteer: FindsPlaces | None = None,
    similarity: float | None = None,
    draft: bool = False,
) -> list[Warned]:
    """Every check that can be made with what is given."""
    found = check_repetition(source, english)
    if not found:
        found = check_length(source, english, language)
    checks: list[Callable[[], list[Warned]]] = [
        lambda: check_numbers(source, english),
        lambda: check_dates(source, english),
        lambda: check_units(source, english),
        lambda: check_places(places, english, gazetteer),
        lambda: check_untranslated(source, english),
        lambda: check_violence(source, english),
        lambda: check_peoples(source, english),
        lambda: (
            [] if similarity is None else check_drift(similarity, source, language, draft=draft)
        ),
    ]
    return found + [warned for one in checks for warned in one()]


def trust(found: Iterable[Warned], *, draft: bool = False) -> float:
    """What the checks leave of a translation: 1 with no warning (of a draft 0.75: of 41 read that
    had none, 29 and 31 were right by two readers), never below 0.05."""
    return max(0.05, (0.75 if draft else 1.0) * math.prod(warned.keeps for warned in found))

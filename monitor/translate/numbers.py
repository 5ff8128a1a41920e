"""Numbers in Arabic, French and English text: digits of every kind, and number words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_DIGITS = {base + d: str(d) for base in (0x660, 0x6F0) for d in range(10)} | {
    0x66C: ",",
    0x66B: ".",
}
_NUMBER = re.compile(
    r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?"
)

_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_FR = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf"
)
_WORDS: dict[str, int] = {w: n for words in (_EN, _FR) for n, w in enumerate(words.split())}
_WORDS |= {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70}
_WORDS |= {"eighty": 80, "ninety": 90, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40}
_WORDS |= {"cinquante": 50, "soixante": 60, "septante": 70, "nonante": 90, "dozen": 12}
_WORDS |= {"hundred": 100, "cent": 100, "cents": 100, "hundreds": 100, "dizaine": 10}
_AR = {
    3: "ثلاث ثلاثة", 4: "أربع أربعة اربع اربعة", 5: "خمس خمسة", 6: "ست ستة", 7: "سبع سبعة",
    8: "ثمان ثماني ثمانية", 9: "تسع تسعة", 10: "عشر عشرة", 20: "عشرون عشرين", 30: "ثلاثون ثلاثين",
    40: "أربعون أربعين اربعين", 50: "خمسون خمسين", 60: "ستون ستين", 70: "سبعون سبعين",
    80: "ثمانون ثمانين", 90: "تسعون تسعين", 100: "مئة مائة ميت", 200: "مئتان مئتين مائتان مائتين",
    300: "ثلاثمئة ثلاثمائة", 400: "أربعمئة أربعمائة", 500: "خمسمئة خمسمائة",
}  # fmt: skip
_WORDS |= {word: n for n, words in _AR.items() for word in words.split()}
_ORDINALS = {
    3: "ثالث troisième third", 4: "رابع quatrième fourth", 5: "خامس cinquième fifth",
    6: "سادس sixième sixth", 7: "سابع septième seventh", 8: "ثامن huitième eighth",
    9: "تاسع neuvième ninth", 10: "عاشر dixième tenth",
}  # fmt: skip
_ORDER = {
    w: n for n, words in _ORDINALS.items() for word in words.split() for w in (word, f"ال{word}")
}
_WORDS |= _ORDER
_SCALES = {"thousand": 1000, "mille": 1000, "ألف": 1000, "الف": 1000, "آلاف": 1000, "k": 1000}
_SCALES |= dict.fromkeys(("million", "millions", "مليون", "ملايين", "مليوناً", "m"), 10**6)
_SCALES |= dict.fromkeys(
    ("billion", "billions", "milliard", "milliards", "مليار", "مليارات"), 10**9
)
_DUALS = {"ألفان": 2000, "ألفين": 2000, "مليونان": 2 * 10**6, "مليونين": 2 * 10**6}
_TOKEN = re.compile(rf"(?P<number>{_NUMBER.pattern})|(?P<word>[^\W\d_]+)|(?P<other>[^\s\w])")
_GLUED = re.compile(
    r"(?!h\d|h\b|km|m\b|k\b|kg|th\b|st\b|nd\b|rd\b|e\b|er\b|ème\b|am\b|pm\b|g\b)[a-z]{2}"
)
_VAGUE = 2  # one and two are articles, pronouns and weekdays as often as numbers


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values found: ``digits`` were written in digits, ``words`` in words (3 and more)."""

    digits: frozenset[float]
    words: frozenset[float]

    @property
    def every(self) -> frozenset[float]:
        return self.digits | self.words


@dataclass(slots=True)
class Found:
    """A number at ``text[start:end]``: in digits where ``written``, else in ``words``."""

    start: int
    end: int = 0
    total: float = 0.0
    current: float = 0.0
    written: bool = False
    words: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        return self.total + self.current

    @property
    def ordinal(self) -> bool:
        return any(word in _ORDER for word in self.words)


def numbers_of(text: str) -> Numbers:
    """The numbers in ``text``. A group of three digits after a separator is thousands, as in
    ``1.200``, ``1 200`` and ``1,200``; "3 millions" and "خمسة وعشرين" are one number each."""
    found = find_numbers(text)
    return Numbers(
        frozenset(number.value for number in found if number.written),
        frozenset(number.value for number in found if not number.written),
    )


def find_numbers(text: str) -> list[Found]:
    """The numbers in ``text``, see :func:`numbers_of`, with where they stand."""
    text = _plain(text)
    found: list[Found] = []
    now: Found | None = None

    def close() -> None:
        nonlocal now
        if now and (now.written or now.value > _VAGUE):
            found.append(now)
        now = None

    for match in _TOKEN.finditer(text):
        word, start = match["word"] or "", match.start()
        if (
            match["number"]
            and text[match.end() : match.end() + 1].isalpha()
            and _GLUED.match(text, match.end())
        ):
            close()  # a letter of romanised Arabic: 3am, 7ada
            continue
        if match["number"]:
            close()
            now = Found(start, match.end(), current=_value(match["number"]), written=True)
            continue
        if match["other"]:
            if match["other"] != "-":
                close()
            continue
        if word not in _WORDS and word[:1] == "و" and word[1:] in (_WORDS | _SCALES):
            word, start = word[1:], start + 1
        if word in ("and", "et") and now and not now.written:
            continue
        if word in _SCALES and (now or _SCALES[word] > 1000 or word in ("mille", "ألف")):
            if not now and word in ("million", "millions", "milliard", "billion", "ملايين"):
                continue
            now = now or Found(start)
            now.total, now.current = now.total + (now.current or 1) * _SCALES[word], 0.0
        elif word in _DUALS:
            now = now or Found(start)
            now.total += _DUALS[word]
        elif word in _WORDS and not (now and now.written):
            value = _WORDS[word]
            if value == 100:
                now = now or Found(start)
                now.current = (now.current or 1) * 100
            else:
                if now and not _joins(now.current, value):
                    close()
                now = now or Found(start)
                now.current += value
        else:
            close()
            continue
        now.end = match.end()
        now.words.append(word)
        if now.written:
            close()
    close()
    return found


def in_words(value: int) -> str:
    """A number as English writes it in running text: in words up to twelve."""
    return _EN.split()[value] if value <= 12 else f"{value:,}"


def _plain(text: str) -> str:
    """In small letters and European digits, every character where it was."""
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text.translate(_DIGITS))
    return re.sub(r"quatre-vingts?", lambda m: "eighty".ljust(len(m[0])), lower)


def _joins(current: float, value: int) -> bool:
    """Whether ``value`` goes on the number begun: twenty-five, خمسة وعشرين, trois cent dix."""
    if current == 0:
        return True
    small, tens = current % 100, value
    if value < 10 or 10 < value < 20:
        return small == 0 or (small >= 20 and small % 10 == 0)
    if value == 10:
        return small == 0 or small in (60, 80) or 3 <= small <= 9
    return small == 0 or (small < 10 and tens < 100)


def _value(number: str) -> float:
    groups = re.split(r"[.,'\u00a0\u202f ]", number)
    if len(groups) == 1:
        return float(number)
    if len(groups[-1]) == 3:
        return float("".join(groups))
    return float("".join(groups[:-1]) + "." + groups[-1])

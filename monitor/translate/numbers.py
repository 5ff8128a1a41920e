"""Numbers in Arabic, French and English text: digits of every kind, and number words."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_WORDS |= {
    w: n for n, words in _ORDINALS.items() for word in words.split() for w in (word, f"ال{word}")
}
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


def numbers_of(text: str) -> Numbers:
    """The numbers in ``text``. A group of three digits after a separator is thousands, as in
    ``1.200``, ``1 200`` and ``1,200``; "3 millions" and "خمسة وعشرين" are one number each."""
    text = text.translate(_DIGITS).lower().replace("quatre-vingt", "eighty")
    digits: set[float] = set()
    words: set[float] = set()
    current, total, open_, written = 0.0, 0.0, False, False

    def close() -> None:
        nonlocal current, total, open_, written
        if open_ and (written or total + current > _VAGUE):
            (digits if written else words).add(total + current)
        current, total, open_, written = 0.0, 0.0, False, False

    for match in _TOKEN.finditer(text):
        word = match["word"] or ""
        if (
            match["number"]
            and text[match.end() : match.end() + 1].isalpha()
            and _GLUED.match(text, match.end())
        ):
            close()  # a letter of romanised Arabic: 3am, 7ada
            continue
        if match["number"]:
            close()
            current, open_, written = _value(match["number"]), True, True
            continue
        if match["other"]:
            if match["other"] != "-":
                close()
            continue
        if word not in _WORDS and word[:1] == "و" and word[1:] in (_WORDS | _SCALES):
            word = word[1:]
        if word in ("and", "et") and open_ and not written:
            continue
        if word in _SCALES and (open_ or _SCALES[word] > 1000 or word in ("mille", "ألف")):
            if not open_ and word in ("million", "millions", "milliard", "billion", "ملايين"):
                continue
            total, current, open_ = total + (current or 1) * _SCALES[word], 0.0, True
            if written:
                close()
        elif word in _DUALS:
            total, open_ = total + _DUALS[word], True
        elif word in _WORDS and not written:
            value = _WORDS[word]
            if value == 100:
                current = (current or 1) * 100
            elif open_ and not _joins(current, value):
                close()
                current = value
            else:
                current += value
            open_ = True
        else:
            close()
    close()
    return Numbers(frozenset(digits), frozenset(words))


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

"""Months and weekdays named in Arabic, French and English text."""

from __future__ import annotations

import re

MONTHS = (
    ("January", "يناير كانون_الثاني جانفي janvier january jan"),
    ("February", "فبراير شباط فيفري février february feb"),
    ("March", "آذار march"),  # مارس and mars mean other things, too: see _BESIDE_A_NUMBER
    ("April", "أبريل ابريل إبريل نيسان أفريل avril april apr"),
    ("May", "أيار ماي"),
    ("June", "يونيو حزيران جوان juin june jun"),
    ("July", "يوليو تموز جويلية juillet july jul"),
    ("August", "أغسطس اغسطس آب أوت août august aug"),
    ("September", "سبتمبر أيلول septembre september sept sep"),
    ("October", "أكتوبر اكتوبر تشرين_الأول octobre october oct"),
    ("November", "نوفمبر تشرين_الثاني novembre november nov"),
    ("December", "ديسمبر كانون_الأول décembre december dec"),
)
WEEKDAYS = (
    ("Monday", "الاثنين الإثنين lundi monday"),
    ("Tuesday", "الثلاثاء mardi tuesday"),
    ("Wednesday", "الأربعاء الاربعاء mercredi wednesday"),
    ("Thursday", "الخميس jeudi thursday"),
    ("Friday", "الجمعة vendredi friday"),
    ("Saturday", "السبت samedi saturday"),
    ("Sunday", "dimanche sunday"),
)
# Words that are a month only beside a day or a year.
_BESIDE_A_NUMBER = {"مارس": "March", "mars": "March", "mai": "May", "may": "May", "مايو": "May"}

_NAMES = {
    word.replace("_", " "): name
    for names in (MONTHS, WEEKDAYS)
    for name, words in names
    for word in words.split()
}
_WORDS = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_NAMED = re.compile(rf"(?<!\w)[وبفل]?(?P<name>{_WORDS})(?!\w)")
_OTHERS = "|".join(_BESIDE_A_NUMBER)
_NUMBERED = re.compile(
    rf"\d(?:st|nd|rd|th|er)?\s+(?:of\s+|من\s+)?(?P<after>{_OTHERS})(?!\w)"
    rf"|(?<!\w)(?P<before>{_OTHERS})\s+\d"
)


def dates_of(text: str) -> frozenset[str]:
    """English names of the months and weekdays in ``text``, where they can mean nothing else."""
    low = re.sub(r"\s+", " ", text.lower())
    found = {_NAMES[match["name"]] for match in _NAMED.finditer(low)}
    found |= {_BESIDE_A_NUMBER[m["after"] or m["before"]] for m in _NUMBERED.finditer(low)}
    return frozenset(found)

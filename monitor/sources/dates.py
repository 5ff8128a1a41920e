"""Dates as platforms, feeds and people write them, into instants.

Machine formats (ISO 8601, RFC 822) and dates in words in the languages of the pages: Arabic in
its three sets of month names (Egyptian and Gulf, Levantine and Iraqi, Maghrebi), French, English,
and the other languages that CLDR knows, by way of babel. Digits of any alphabet are read.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names

# Nothing was on the web before; an earlier year is a mistake or another calendar (1445 AH).
EARLIEST = datetime(1991, 1, 1, tzinfo=UTC)

# Number → names. Arabic countries use three sets side by side; spellings vary within each.
_ARABIC = {
    1: "يناير كانون_الثاني جانفي",
    2: "فبراير شباط فيفري",
    3: "مارس آذار مارس",
    4: "أبريل إبريل نيسان أفريل",
    5: "مايو أيار ماي",
    6: "يونيو يونية حزيران جوان",
    7: "يوليو يولية تموز جويلية يوليوز",
    8: "أغسطس آب أوت غشت",
    9: "سبتمبر أيلول شتنبر",
    10: "أكتوبر تشرين_الأول",
    11: "نوفمبر تشرين_الثاني نونبر",
    12: "ديسمبر كانون_الأول دجنبر",
}
_FRENCH = {
    1: "janvier janv",
    2: "février fév févr",
    3: "mars",
    4: "avril avr",
    5: "mai",
    6: "juin",
    7: "juillet juil",
    8: "août",
    9: "septembre sept",
    10: "octobre oct",
    11: "novembre nov",
    12: "décembre déc",
}
_ENGLISH = {
    1: "january jan",
    2: "february feb",
    3: "march mar",
    4: "april apr",
    5: "may",
    6: "june jun",
    7: "july jul",
    8: "august aug",
    9: "september sep sept",
    10: "october oct",
    11: "november nov",
    12: "december dec",
}
_ISO = re.compile(
    r"^(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2})[:h](\d{2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|ص|م)?(?!\w)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})(?!\d)")
_CJK = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")


def parse(text: str | None, language: str | None = None) -> datetime | None:
    """The instant that ``text`` names, in UTC, or None where it names none.

    A date without a zone is taken for UTC, a date without a time for its first instant.
    ``language`` is the page's (``fr``, ``ar-LB``); it adds that language's month names and decides
    whether 02/03 is in February (American English) or March.
    """
    if not text:
        return None
    folded = _folded(text)
    if not folded or len(folded) > 200:
        return None
    return _iso(folded) or _rfc822(folded) or _words(folded, language) or _numeric(folded, language)


def from_epoch(value: float | str | None) -> datetime | None:
    """A Unix time in seconds, or in milliseconds where seconds would be beyond the year 5000."""
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    if number is None or number != number:
        return None
    seconds = number / 1000 if abs(number) > 1e11 else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def settled(date: datetime | None, now: datetime) -> datetime | None:
    """``date`` fit for ordering: never after ``now``, None where it cannot be meant (year 0)."""
    if date is None:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    try:
        date = date.astimezone(UTC)
    except OverflowError:
        return None
    return min(date, now) if date >= EARLIEST else None


def _folded(text: str) -> str:
    """Lower case, ASCII digits, no marks that only steer direction, no accents beside letters."""
    if text.isascii():
        return " ".join(text.lower().split())
    out = []
    for char in text.strip():
        if char.isdigit() and not char.isascii():
            out.append(str(unicodedata.digit(char, "")) or char)
        elif unicodedata.category(char) == "Cf":
            continue
        else:
            out.append(char)
    return re.sub(r"\s+", " ", _without_accents("".join(out).lower())).strip()


def _without_accents(text: str) -> str:
    """Also folds the hamza: أبريل and ابريل are one name."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    clock = (int(hour or 0), int(minute or 0), int(second or 0), micro)
    return _instant(int(year), int(month), int(day), clock, _zone(zone))


def _zone(name: str | None) -> timezone:
    if not name or name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if name[0] == "-" else 1
    digits = name[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(sign * timedelta(minutes=minutes)) if minutes < 24 * 60 else UTC


def _instant(
    year: int,
    month: int,
    day: int,
    clock: tuple[int, int, int, int] = (0, 0, 0, 0),
    zone: timezone = UTC,
) -> datetime | None:
    hour, minute, second, micro = clock
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59), micro, tzinfo=zone)
        return (local + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rfc822(text: str) -> datetime | None:
    if not re.search(r"\d{1,2} [a-z]{3,9}\.? \d{2,4} \d{1,2}:\d{2}", text):
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


@functools.lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Folded month name → number; ``language`` ``""`` gives Arabic, French and English only."""
    names: dict[str, int] = {}
    if language:
        try:
            locale = Locale.parse(language)
        except (UnknownLocaleError, ValueError):
            return _months("")
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    # In some languages the short form is a bare number ("2月").
                    if re.search(r"[^\W\d]{2}", name):
                        names.setdefault(_folded(name).rstrip("."), int(number))
    for table in (_ENGLISH, _FRENCH, _ARABIC):
        for number, spellings in table.items():
            for spelling in spellings.split():
                names.setdefault(_folded(spelling.replace("_", " ")), number)
    return names


@functools.lru_cache(maxsize=64)
def _month_pattern(language: str) -> re.Pattern[str]:
    longest_first = sorted(_months(language), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _words(text: str, language: str | None) -> datetime | None:
    """A day, a month in words and a year in any order, perhaps a time of day beside them."""
    eastern = _CJK.search(text)
    if eastern is not None:
        year, month, day = map(int, eastern.groups())
        return _instant(year, month, day, _clock(text))
    known = (language or "").replace("-", "_").partition("@")[0]
    found = _month_pattern(known).search(text)
    if found is None:
        return None
    rest = _CLOCK.sub(" ", text[: found.start()] + " " + text[found.end() :])
    numbers = [int(n) for n in _NUMBER.findall(rest)]
    years = [n for n in numbers if n >= 1000]
    days = [n for n in numbers if 1 <= n <= 31]
    if len(years) != 1 or len(days) != 1:
        return None
    return _instant(years[0], _months(known)[found.group()], days[0], _clock(text))


def _clock(text: str) -> tuple[int, int, int, int]:
    match = _CLOCK.search(text)
    if match is None:
        return (0, 0, 0, 0)
    hour, half = int(match.group(1)), match.group(4)
    if half is not None and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half[0] in "pم" else 0)
    minute, second = int(match.group(2)), int(match.group(3) or 0)
    return (hour, minute, second, 0) if hour < 24 and minute < 60 else (0, 0, 0, 0)


def _numeric(text: str, language: str | None) -> datetime | None:
    match = _NUMERIC.search(text)
    if match is None:
        return None
    first, second, third = map(int, match.groups())
    rest = text[: match.start()] + " " + text[match.end() :]
    if first >= 1000:
        return _instant(first, second, third, _clock(rest))
    if third < 1000:
        return None
    american = (language or "").lower().replace("_", "-") in ("en", "en-us")
    if (american and first <= 12) or second > 12:
        first, second = second, first
    return _instant(third, second, first, _clock(rest))

"""Codes of countries and states in hashtags of crises: ``#floodPH``, ``#temblorcr``, ``#COflood``.

Such tags are a convention (OCHA, "Hashtag Standards for Emergencies", 2014): a word for what
happens, or a name for it, and two letters for where. A code that two places share is the American
state in front (``COflood``) and the country behind (``temblorCO``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from babel import Locale

from monitor.text.fold import fold

_HAPPENINGS: Final = (
    "floods? flooding inondations? crues? inundacion(?:es)? fires? wildfires? bushfires? feux "  # noqa: SIM905
    "incendies? quakes? earthquakes? seismes? sismos? temblor terremoto tsunami storms? tempete "
    "tornado(?:es)? hurricane typhoon cyclone ouragan haze smog landslides? drought wx "
    "relief rescue crash explosion blast attacks? shooting protests? manifs? manifestations? greve "
    "elections? covid covid19 corona ebola cholera refugees".split()
)
_TAG: Final = re.compile(r"(?<![\w&])[#＃](\w{4,40})")
_BEFORE: Final = re.compile(rf"([a-z]{{2}})_?(?:{'|'.join(_HAPPENINGS)})(?:20)?\d{{0,2}}")
_BEHIND: Final = re.compile(rf"(?:{'|'.join(_HAPPENINGS)})_?([a-z]{{2}})(?:20)?\d{{0,2}}")
# A storm by its name, or whatever else, and two capitals: #MaringPH, #AlertaMX.
_NAMED: Final = re.compile(r"[A-Z][a-z]{3,}([A-Z]{2})(?:20)?\d{0,2}")
_OTHERWISE: Final = frozenset(
    "AI AR BB CC CM CV DJ FC FM GG MC MD ML MP MR MS PC PM PR SC TF TV VC VI".split()  # noqa: SIM905
)
# Two letters that are a word too count in capitals only: #noflood, #onfire, #rainin.
_WORDS: Final = frozenset(
    "ad am an as at be by de do go he hi id in is it la lo ma me my no of oh ok on or pa so to "  # noqa: SIM905
    "us we".split()
)
_NO_COUNTRIES: Final = frozenset("EU EZ QO UN XA XB ZZ".split())  # noqa: SIM905
_STATES: Final = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "FL": "Florida",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine State",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia State",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
}


class Code(NamedTuple):
    """``text[start:end]`` stands for the place called ``name`` in a ``country`` (ISO 3166-1)."""

    start: int
    end: int
    name: str
    country: str


def codes_of(text: str) -> Iterator[Code]:
    """The codes in the hashtags of a text."""
    for tag in _TAG.finditer(text):
        named = _NAMED.fullmatch(tag[1])
        place = _place_of(named[1], states_first=False) if named else None
        if named and place and named[1].lower() not in _WORDS and named[1] not in _OTHERWISE:
            yield Code(tag.start(1) + named.start(1), tag.start(1) + named.end(1), *place)
            continue
        folded = fold(tag[1])
        if len(folded) != len(tag[1]):
            continue
        for pattern, states_first in ((_BEFORE, True), (_BEHIND, False)):
            match = pattern.fullmatch(folded)
            if match is None:
                continue
            start, end = tag.start(1) + match.start(1), tag.start(1) + match.end(1)
            written, code = text[start:end], match[1].upper()
            place = _place_of(code, states_first)
            if place and (match[1] not in _WORDS or (written.isupper() and not tag[1].isupper())):
                yield Code(start, end, *place)
                break


def _place_of(written: str, states_first: bool) -> tuple[str, str] | None:
    code = "GB" if written == "UK" else written
    state, country = _STATES.get(code), _countries().get(code)
    if state and (states_first or not country):
        return state, "US"
    return (country, code) if country else None


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    territories = Locale("en").territories.items()
    found = ((str(code), str(name)) for code, name in territories)
    return {code: name for code, name in found if len(code) == 2 and code not in _NO_COUNTRIES}

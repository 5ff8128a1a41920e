"""Right-to-left text for terminals that draw characters in the order they are sent.

Terminals disagree (VTE, Konsole and mlterm reorder; most others do not), so logical order is what
is sent by default. :func:`visual` does what such a terminal leaves out: Arabic letters joined into
their forms, and each line put into the order in which it is seen (UAX #9).
"""

from __future__ import annotations

import re
from functools import lru_cache

import arabic_reshaper
from bidi import get_display

from monitor.show.text import LTR, RTL

_MIRRORED = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))
_BRACKET = re.compile(r"[()\[\]{}<>«»‹›]")
# A nonspacing mark takes the level of what it follows (UAX #9, W1 and N0): where it comes out in
# front of its bracket, the bracket was drawn from right to left and must be mirrored (L4).
_PROBE = "\u034f"
_PROBED = re.compile(rf"({_BRACKET.pattern}){_PROBE}|{_PROBE}({_BRACKET.pattern})")
# An emoji of several code points is one picture and must not be reversed: it travels as one
# character that, like it, has no direction of its own.
_EMOJI = re.compile(
    r"[\U0001f1e6-\U0001f1ff]{2}|[^\w\s](?:[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]"
    r"|\u200d[^\w\s])+|[0-9#*]\ufe0f?\u20e3"
)
_STAND_INS = [chr(code) for code in (*range(0x4DC0, 0x4E00), *range(0x2500, 0x2580))]
_RTL_MARKS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08d3-\u08ff"
_MARKS_THEN_LETTER = re.compile(rf"([{_RTL_MARKS}]+)([^{_RTL_MARKS}])")
_RESHAPER = arabic_reshaper.ArabicReshaper(
    {"delete_harakat": False, "support_ligatures": True, "support_zwj": True}
)


@lru_cache(maxsize=4096)
def shaped(text: str) -> str:
    """``text``, still in logical order, with Arabic letters in their joined forms.

    Shape first, then break into lines: joining lam and alef makes a line narrower.
    """
    shaped_text: str = _RESHAPER.reshape(text)
    return shaped_text


@lru_cache(maxsize=4096)
def visual(line: str, towards: str = LTR) -> str:
    """One line (at most one row) in the order its characters are seen from left to right.

    ``towards`` is the direction of the paragraph the line belongs to.
    """
    pictures: dict[str, str] = {}
    free = iter([char for char in _STAND_INS if char not in line])

    def stand_in(found: re.Match[str]) -> str:
        char = next(free, "")
        pictures[char] = found[0]
        return char or found[0]

    line = _EMOJI.sub(stand_in, line)
    probed = _BRACKET.sub(lambda found: found[0] + _PROBE, line)
    seen: str = get_display(probed, base_dir="R" if towards == RTL else "L")
    seen = _PROBED.sub(lambda found: found[1] or _MIRRORED.get(found[2], found[2]), seen)
    # Reversal put the marks of a right-to-left letter before it; they must follow it (L3).
    seen = _MARKS_THEN_LETTER.sub(r"\2\1", seen)
    return "".join(pictures.get(char, char) for char in seen)

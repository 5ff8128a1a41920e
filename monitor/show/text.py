"""Strangers' text on a terminal: harmless, measured in cells, and in the right direction.

Post text is data. :func:`safe` is what every field goes through before it is shown anywhere; markup
is never interpreted because none of this room's renderers reads any.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len, chop_cells, set_cell_size

from monitor.text.clean import clean, clean_line

LTR, RTL = "ltr", "rtl"

_FSI, _LRI, _RLI, _PDI = "\u2068", "\u2066", "\u2067", "\u2069"
# Soft hyphens and tag characters are drawn by some terminals and not by others; a line measured
# with them is a line that may break.
_INVISIBLE = re.compile("[\xad\u034f\u115f\u1160\u180e\u2060-\u2064\u3164\U000e0000-\U000e007f]")
_MARKS_PER_LETTER = 4  # Arabic and Vietnamese need three; stacks of more climb over other lines
_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff"
    f"\u20d0-\u20ff\ufe20-\ufe2f]{{{_MARKS_PER_LETTER}}})[\u0300-\u036f\u0483-\u0489\u0610-\u061a"
    "\u064b-\u065f\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def safe(text: str) -> str:
    """``text`` without anything a terminal obeys; line breaks stay, tabs become blanks.

    On top of :func:`monitor.text.clean.clean`: what has no agreed width is dropped and stacks of
    combining marks are cut, because a screen that is drawn in rows needs every row measured.
    """
    if text.isascii() and text.isprintable():
        return text
    return _MARKS.sub(r"\1", _INVISIBLE.sub("", clean(text).replace("\t", " ")))


def safe_line(text: str) -> str:
    """``safe(text)`` on one line: white space runs become one blank, none at the ends."""
    return clean_line(safe(text))


def direction(text: str) -> str:
    """``RTL`` or ``LTR`` by the first strong character (UAX #9, rules P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return RTL
        if kind == "L":
            return LTR
    return LTR


def isolated(text: str, towards: str | None = None) -> str:
    """``text`` in an isolate of its own, so that it can't reorder what stands around it.

    ``towards`` is the direction of the paragraph where ``text`` is one line of it; without, the
    terminal goes by the first strong character.
    """
    opening = {None: _FSI, LTR: _LRI, RTL: _RLI}[towards]
    return f"{opening}{text}{_PDI}"


def width(text: str) -> int:
    """Terminal cells: combining marks take none, ideographs and emoji sequences two."""
    return cell_len(text)


def cut(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` cells, with ``…`` where something was left out."""
    if width(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""


def wrap(text: str, cells: int, rows: int | None = None) -> list[str]:
    """The lines of ``text`` broken at blanks to fit ``cells``; longer words are broken anywhere.

    At most ``rows`` lines; the last ends in ``…`` where more would follow. Lines stay in logical
    order. Never raises, whatever the width: ``cells`` below 2 counts as 2, the widest character.
    """
    cells = max(cells, 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for word in paragraph.split():
            size = width(word)
            if line and used + 1 + size <= cells:
                line, used = f"{line} {word}", used + 1 + size
                continue
            if line:
                lines.append(line)
            if size > cells:
                *full, word = chop_cells(word, cells)
                lines += full
                size = width(word)
            line, used = word, size
            if rows is not None and len(lines) > rows:
                break
        if line:
            lines.append(line)
        if rows is not None and len(lines) > rows:
            return [*lines[: rows - 1], cut(f"{lines[rows - 1]} …", cells)]
    return lines

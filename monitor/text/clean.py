"""Making strangers' text harmless to show.

What is stored keeps every character that arrived; what is shown goes through :func:`clean` first.
A terminal acts on ESC and on the C1 controls (ECMA-48: ``\\x9b`` alone starts a command), and a
bidirectional override makes text read as something it does not say (UAX #9, CVE-2021-42574).
"""

from __future__ import annotations

import re
from typing import Final

_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_HARMFUL: Final = re.compile(
    "["
    "\x00-\x08\x0e-\x1f"  # C0, among them NUL, BEL and ESC
    "\x7f-\x84\x86-\x9f"  # DEL and C1
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\u206a-\u206f"  # deprecated format characters that switch shaping and digits
    "\ufff9-\ufffb"  # interlinear annotation: hides what stands between
    "\ufeff"  # byte order mark
    "]+"
)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` without anything that could act on a terminal or reorder what stands around it.

    Every line end becomes ``\\n``; tabs stay; control characters, bidirectional embeddings,
    overrides and isolates are dropped; lone surrogates become U+FFFD, so that the result can
    always be encoded. Marks that only help Arabic and emoji to show right (U+200C–U+200F, U+061C,
    variation selectors) stay. ``clean(clean(text)) == clean(text)``, in linear time.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text)
    return _SURROGATES.sub("\ufffd", _HARMFUL.sub("", text))


def clean_line(text: str) -> str:
    """``clean(text)`` on one line: every run of white space is one blank, none at the ends."""
    return " ".join(clean(text).split())

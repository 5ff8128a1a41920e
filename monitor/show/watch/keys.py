"""Bytes from a terminal → names of keys."""

from __future__ import annotations

import re

_NAMES = {
    "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down",
    "\x1b[5~": "pageup", "\x1b[6~": "pagedown", "\x1b[H": "home", "\x1b[1~": "home",
    "\x1bOH": "home", "\x1b[F": "end", "\x1b[4~": "end", "\x1bOF": "end",
    "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\x1b": "escape",
    "\x03": "quit", "\x04": "quit",
}  # fmt: skip
_UNFINISHED = re.compile(r"\x1b(\[[0-9;?]*|O)?$")


def keys(text: str) -> list[str]:
    """The keys in ``text``: a character stands for itself, the others have names (``up``, …).

    Sequences that no key of ours sends are dropped whole, so that none of their letters is taken
    for a command.
    """
    found = []
    at = 0
    while at < len(text):
        end = at + 1
        if text[at] == "\x1b" and text[at + 1 : at + 2] in ("[", "O") and len(text) > at + 2:
            end = at + 3
            while text[at + 1] == "[" and end < len(text) and not "@" <= text[end - 1] <= "~":
                end += 1
        one = text[at:end]
        if one in _NAMES:
            found.append(_NAMES[one])
        elif len(one) == 1 and one.isprintable():
            found.append(one)
        at = end
    return found


def unfinished(text: str) -> bool:
    """Whether ``text`` ends in the middle of a key: over a slow line an arrow comes in parts, and
    its first byte alone would be taken for the escape key."""
    return _UNFINISHED.search(text) is not None

"""robots.txt as RFC 9309 has it: groups, the longest match wins, ``*`` and ``$`` in paths.

``urllib.robotparser`` takes the first match, knows no wildcards, and fetches on its own; so these
rules are read here, from bytes the client fetched under its own limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

MAX_BYTES = 512 * 1024  # RFC 9309, 2.5 asks to read at least 500 KiB
MAX_RULES = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robot may open on one site. ``crawl_delay_s`` is what the site asks for, if any."""

    rules: tuple[tuple[str, bool], ...] = ()  # path pattern, allowed
    crawl_delay_s: float | None = None

    def allows(self, path: str) -> bool:
        """``path`` begins with ``/`` and includes the query."""
        path = _normal(path)
        if path == "/robots.txt":
            return True
        matching = [(len(rule), allowed) for rule, allowed in self.rules if _matches(rule, path)]
        return max(matching)[1] if matching else True  # on a tie, allow (RFC 9309, 2.2.2)


ALLOW_ALL = Rules()


def parse(text: bytes, robot: str) -> Rules:
    """The rules for ``robot`` (its product token): its own groups, else those for ``*``.

    Never raises: a line that makes no sense is skipped, as the RFC asks.
    """
    own: list[tuple[str, str]] = []
    everyone: list[tuple[str, str]] = []
    named = False
    agents: list[str] = []
    in_rules = True
    for key, value in _lines(text[:MAX_BYTES]):
        if key == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            agents.append(_token(value))
            named = named or _token(value) == robot
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            if robot in agents:
                own.append((key, value))
            elif "*" in agents:
                everyone.append((key, value))
    return _rules(own if named else everyone)


def _lines(text: bytes) -> Iterable[tuple[str, str]]:
    for line in text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _token(value: str) -> str:
    """``monitor`` of ``Monitor/1.0``; ``*`` stays."""
    if value.startswith("*"):
        return "*"
    found = re.match(r"[A-Za-z_-]+", value)
    return found[0].lower() if found else ""


def _rules(lines: Iterable[tuple[str, str]]) -> Rules:
    rules: list[tuple[str, bool]] = []
    delay: float | None = None
    for key, value in lines:
        if key == "crawl-delay":
            if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII):
                delay = float(value)
        elif value and len(rules) < MAX_RULES:  # an empty Disallow forbids nothing
            rules.append((_normal(value), key == "allow"))
    return Rules(tuple(rules), delay)


def _normal(path: str) -> str:
    """One spelling of a path: percent-encoding decoded and written again the same way."""
    return quote(unquote_to_bytes(path.encode("utf-8", "replace")), safe="/?=&*$;:@!+,'()~-._")


def _matches(rule: str, path: str) -> bool:
    """Whether the pattern matches from the start of the path.

    The pieces between the stars are looked for from left to right, which takes linear time where a
    regular expression made from ``*a*a*a*b`` would not.
    """
    anchored = rule.endswith("$")
    first, *pieces = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if anchored:
        if not pieces:
            return at == len(path)
        last = pieces.pop()
    for piece in pieces:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return not anchored or (len(path) - len(last) >= at and path.endswith(last))

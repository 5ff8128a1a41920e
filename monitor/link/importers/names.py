"""Names of people and organisations in an article, where its script has capitals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

_WORD = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
_JOINED = r"(?:\s+(?:(?:of|de|du|des|la|le|al|el|bin|ibn)\s+){0,2}" + _WORD + ")"
_NAME = re.compile(rf"\b(?:{_WORD}{_JOINED}+|[A-Z]{{2,8}})\b")
_MOST = 6
_ARTICLES = re.compile(r"^(?:The|Le|La|Les|In|On|At|But|And|After|Dans|Mais|Selon)\s+")


def names(text: str, places: Collection[str]) -> tuple[str, ...]:
    """Names of several words, and acronyms, that stand in ``text`` at least twice, the most often
    named first; ``places`` are left out."""
    where = {place.casefold() for place in places}
    counts: Counter[str] = Counter()
    for match in _NAME.finditer(text[:50_000]):
        name = _ARTICLES.sub("", " ".join(match[0].split()))
        if (" " in name or name.isupper()) and name.casefold() not in where:
            counts[name] += 1
    return tuple(name for name, count in counts.most_common() if count > 1)[:_MOST]

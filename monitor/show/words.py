"""Words as people look for them: letter case, accents and Arabic spelling make no difference."""

from __future__ import annotations

import re
import unicodedata

from monitor.text.arabic import light_stem, normalize

_MARKS = re.compile("[\u0300-\u036f]")


def folded(text: str) -> str:
    """``text`` for comparing: ``FRAPPÉ`` is ``frappe``, ``القائم`` is ``القايم``."""
    text = normalize(text).casefold()
    return text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text))


def stems(text: str) -> list[str]:
    """The words of ``text``, folded, Arabic ones without article, clitics and endings.

    Ends of sentences are words too, so that no phrase is found across one.
    """
    return [light_stem(form) for form in re.findall(r"\w+|[.!?\n]", folded(text))]

"""Language codes as people say them."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale


@lru_cache(maxsize=512)
def language_name(code: str) -> str:
    """``ar`` → ``Arabic``; the code itself where it has no English name."""
    return str(Locale("en").languages.get(code, code))

"""Which language a post is written in, how sure that is, and where it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import py3langid.langid

from monitor.model import Language, Span
from monitor.text import social

_ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_READ: Final = 4000  # characters of a text that are read


class LanguageDetector:
    """Tells the language of short texts. ``followed`` are the codes the config follows."""

    def __init__(self, followed: Sequence[str] = ("ar", "fr", "en")) -> None:
        self.followed = tuple(followed)
        self._voter = py3langid.langid._load_identifier(norm_probs=True)

    def detect(self, text: str, hint: str | None = None) -> Language:
        """The language of ``text``; ``hint`` is the platform's own tag: evidence, not truth."""
        words = [word for word in social.words(text[:_READ]) if not word.text.isdigit()]
        if not words:
            return Language("und", 1.0, (Span(0, len(text), "und"),) if text else ())
        joined = " ".join(word.text for word in words).encode("utf-8", "replace").decode()
        code, probability = self._voter.classify(joined)
        if hint in self.followed and probability < 0.5:
            code = hint
        return Language(str(code), float(probability), (Span(0, len(text), str(code)),))

    def detect_many(
        self, texts: Sequence[str], hints: Sequence[str | None] | None = None
    ) -> list[Language]:
        """``detect`` for each of ``texts``, in order."""
        hints = hints or [None] * len(texts)
        return [self.detect(text, hint) for text, hint in zip(texts, hints, strict=True)]

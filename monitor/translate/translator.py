"""Posts into English: which engine, what is cached, what could not be done and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import MonitorError
from monitor.model import Language, Place, Translation
from monitor.translate.cache import MemoryCache, TranslationCache, cache_key
from monitor.translate.engine import Engine, Offer, Pair, Settings, load_best, offers
from monitor.translate.names import language_name

RECIPE = "1"


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """A text to translate, with what is known about it already."""

    text: str
    language: Language
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Untranslated:
    """Why a text has no translation: one sentence, or "" where it needs none.

    ``retry`` is true where it may work later: an engine that failed or is not installed yet.
    """

    reason: str = ""
    retry: bool = False


class Translator:
    """Translates posts with the best engine installed for each pair of languages."""

    def __init__(
        self,
        models: Path,
        engine: str = "auto",
        to: str = "en",
        *,
        url: str | None = None,
        key: str | None = None,
        glossary: Path | None = None,
        cache: TranslationCache | None = None,
        gazetteer: Any = None,
        encoder: Any = None,
    ) -> None:
        self.to = to
        self._settings = Settings(models, url, key)
        self._engine = engine
        self._cache = cache if cache is not None else MemoryCache()
        self._offers: list[Offer] | None = None
        self._loaded: dict[Pair, tuple[Engine | None, list[str]]] = {}

    def engine_for(self, source: str) -> tuple[Engine | None, list[str]]:
        """The engine for this source language, and what was wrong with better ones."""
        if self._offers is None:
            self._offers = offers(self._settings, self._engine)
        pair = (source, self.to)
        if pair not in self._loaded:
            self._loaded[pair] = load_best(self._offers, pair)
        return self._loaded[pair]

    def translate_many(
        self, items: Sequence[TranslationRequest]
    ) -> list[Translation | Untranslated]:
        """One answer a request, in order. A text that cannot be translated never raises."""
        return [self._one(item) for item in items]

    def _one(self, item: TranslationRequest) -> Translation | Untranslated:
        source = item.language.base
        name = language_name(source)
        if item.language.code == "und" or not item.text.strip() or source == self.to:
            return Untranslated()
        if item.language.code == "ar-Latn":
            return Untranslated("not translated: Arabic in Latin letters (Arabizi)")
        engine, troubles = self.engine_for(source)
        if engine is None:
            return Untranslated(self._no_engine(source, troubles), retry=True)
        key = cache_key(item.text, source, self.to, engine.name, engine.model, RECIPE)
        if known := self._cache.get_many([key]).get(key):
            return known
        try:
            (output,) = engine.translate([item.text], source, self.to)
        except MonitorError as error:
            return Untranslated(f"not translated from {name}: {error}", retry=True)
        made = Translation(
            text=output.text,
            source=source,
            language=self.to,
            engine=engine.name,
            model=engine.model,
            draft=engine.draft,
        )
        self._cache.put_many({key: made})
        return made

    def _no_engine(self, source: str, troubles: Sequence[str]) -> str:
        pair = f"{language_name(source)} → {language_name(self.to)}"
        if troubles:
            return f"no model for {pair} works: {'; '.join(troubles)}"
        name = f"opus-mt-{source}-{self.to}"
        return f"no model for {pair} is installed: run `monitor models pull {name}`"

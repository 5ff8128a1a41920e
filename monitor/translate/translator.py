"""Posts into English: which engine, what is cached, what could not be done and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from monitor.errors import ModelError, MonitorError, TranslationError
from monitor.model import Language, Place, Translation
from monitor.translate.cache import MemoryCache, TranslationCache, cache_key
from monitor.translate.engine import Engine, Offer, Output, Pair, Settings, load_best, offers
from monitor.translate.glossary import load_glossary
from monitor.translate.manifest import read_manifest
from monitor.translate.names import language_name
from monitor.translate.queue import token_batches
from monitor.translate.safety import FindsPlaces, Warned, check, trust
from monitor.translate.social import Segment, restore, segments

RECIPE = "2"  # changes whenever the same model would give another result or other warnings
LONGEST_POST = 20_000  # characters; what is beyond is not translated, and said so
_BATCH_TOKENS = 2_000


class EncodesMeaning(Protocol):
    """The sentence encoder, as far as it is needed here."""

    def encode(self, texts: Sequence[str]) -> Any: ...


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
        gazetteer: FindsPlaces | None = None,
        encoder: EncodesMeaning | None = None,
    ) -> None:
        """``url`` and ``key`` are a LibreTranslate-compatible server's. Models are loaded when the
        first post needs them. Raises ConfigError for a glossary that cannot be read."""
        self.to = to
        self._settings = Settings(models, url, key)
        self._engine = engine
        self._glossary = load_glossary(glossary)
        self._cache = cache if cache is not None else MemoryCache()
        self._gazetteer = gazetteer
        self._encoder = encoder
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
        answers: dict[int, Translation | Untranslated] = {}
        wanted: dict[str, list[int]] = {}
        for index, item in enumerate(items):
            if (reason := self._needs_none(item)) is not None:
                answers[index] = reason
            else:
                wanted.setdefault(item.language.base, []).append(index)
        for source, indices in wanted.items():
            made = self._language(source, [items[i] for i in indices])
            answers.update(zip(indices, made, strict=True))
        return [answers[index] for index in range(len(items))]

    def _needs_none(self, item: TranslationRequest) -> Untranslated | None:
        language = item.language
        if language.code == "und" or not item.text.strip():
            return Untranslated()
        if language.code.endswith("-Latn"):
            name = language_name(language.base)
            return Untranslated(f"not translated: {name} in Latin letters (Arabizi)")
        return Untranslated() if language.base == self.to else None

    def _language(
        self, source: str, items: Sequence[TranslationRequest]
    ) -> list[Translation | Untranslated]:
        name = language_name(source)
        try:
            engine, troubles = self.engine_for(source)
        except MonitorError as error:
            return [Untranslated(str(error), retry=True)] * len(items)
        if engine is None:
            return [Untranslated(self._no_engine(source, troubles), retry=True)] * len(items)
        recipe = f"{RECIPE};{self._glossary.recipe}"
        keys = [
            cache_key(i.text, source, self.to, engine.name, engine.model, recipe) for i in items
        ]
        known = dict(self._cache.get_many(keys))
        todo = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
        failed: dict[str, str] = {}
        if todo:
            made, failed = self._fresh(engine, source, todo)
            known.update(self._checked(engine, source, todo, made))
            self._cache.put_many({key: known[key] for key in made})
        return [
            known[key]
            if key in known
            else Untranslated(f"not translated from {name}: {failed[key]}", retry=True)
            for key in keys
        ]

    def _fresh(
        self, engine: Engine, source: str, todo: Mapping[str, TranslationRequest]
    ) -> tuple[dict[str, tuple[str, list[Warned]]], dict[str, str]]:
        """Text and early warnings by key, and what failed. Where a batch fails, its sentences are
        tried alone, so that one bad post never takes others with it."""
        parts: dict[str, list[Segment]] = {}
        used: dict[str, tuple[str, ...]] = {}
        for key, item in todo.items():
            spans = [s for s in item.language.spans if s.end <= LONGEST_POST]
            parts[key] = segments(item.text[:LONGEST_POST], english=spans, masks=engine.masks)
        texts: dict[str, str] = {}  # the segment's text → what the engine is given
        for key, segs in parts.items():
            terms: list[str] = []
            for text in {s.text for s in segs if s.text}:
                texts[text], found = self._glossary.apply(text)
                terms += found
            used[key] = tuple(dict.fromkeys(terms))
        outputs, errors = self._run(engine, source, texts)
        made: dict[str, tuple[str, list[Warned]]] = {}
        failed: dict[str, str] = {}
        for key, segs in parts.items():
            wrong = next((errors[s.text] for s in segs if s.text in errors), None)
            if wrong is not None:
                failed[key] = wrong
                continue
            text = restore(segs, lambda s: outputs[s.text].text)
            early = [
                Warned("glossary", f"the glossary's “{term}” is not in the English", 0.9)
                for term in used[key]
                if term.lower() not in text.lower()
            ]
            if len(todo[key].text) > LONGEST_POST:
                early.append(Warned("cut", f"only the first {LONGEST_POST:,} characters", 0.9))
            if any(outputs[s.text].cut for s in segs if s.text):
                early.append(Warned("cut", "a sentence was too long and is cut short", 0.7))
            made[key] = (text, early)
        return made, failed

    def _run(
        self, engine: Engine, source: str, texts: Mapping[str, str]
    ) -> tuple[dict[str, Output], dict[str, str]]:
        names = list(texts)
        sizes = [engine.count(texts[name], source) + 2 for name in names]
        outputs: dict[str, Output] = {}
        errors: dict[str, str] = {}
        for batch in token_batches(sizes, _BATCH_TOKENS):
            given = [names[i] for i in batch]
            try:
                answers = engine.translate([texts[name] for name in given], source, self.to)
                outputs.update(zip(given, answers, strict=True))
            except TranslationError:
                for name in given:
                    try:
                        (outputs[name],) = engine.translate([texts[name]], source, self.to)
                    except TranslationError as error:
                        errors[name] = str(error)
                        if engine.remote:  # a server that does not answer will not a moment later
                            errors.update({n: str(error) for n in names if n not in outputs})
                            return outputs, errors
        return outputs, errors

    def _checked(
        self,
        engine: Engine,
        source: str,
        todo: Mapping[str, TranslationRequest],
        made: Mapping[str, tuple[str, list[Warned]]],
    ) -> dict[str, Translation]:
        near = self._similarities([(todo[key].text, text) for key, (text, _) in made.items()])
        checked = {}
        for (key, (text, early)), similarity in zip(made.items(), near, strict=True):
            item = todo[key]
            found = early + check(
                item.text[:LONGEST_POST],
                text,
                source,
                places=[p for p in item.places if p.end <= LONGEST_POST],
                gazetteer=self._gazetteer,
                similarity=similarity,
            )
            checked[key] = Translation(
                text=text,
                source=source,
                language=self.to,
                engine=engine.name,
                model=engine.model,
                warnings=tuple(warned.message for warned in found),
                trust=trust(found),
                draft=engine.draft,
            )
        return checked

    def _similarities(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        if self._encoder is None or not pairs:
            return [None] * len(pairs)
        a = self._encoder.encode([source for source, _ in pairs])
        b = self._encoder.encode([english for _, english in pairs])
        return [float(x) for x in (a * b).sum(axis=1)]

    def _no_engine(self, source: str, troubles: Sequence[str]) -> str:
        pair = f"{language_name(source)} → {language_name(self.to)}"
        if troubles:
            return f"no model for {pair} works: {'; '.join(troubles)}"
        known = f"{source}-{self.to}"
        try:
            listed = read_manifest(self._settings.models)
        except ModelError as error:
            return f"no model for {pair} is installed; {error}"
        name = next((name for name, entry in listed.items() if known in entry.pairs), None)
        if name is None:
            return f"no model for {pair} is known: copy one into {self._settings.models}"
        return f"no model for {pair} is installed: run `monitor models pull {name}`"

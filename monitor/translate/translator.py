"""Posts into English: which engine, what is cached, what could not be done and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from monitor.errors import MonitorError
from monitor.model import Translation
from monitor.translate.budget import Budget, Notes, within
from monitor.translate.cache import MemoryCache, TranslationCache, cache_key
from monitor.translate.engine import Engine, Settings
from monitor.translate.glossary import load_glossary
from monitor.translate.installed import Installed
from monitor.translate.names import language_name
from monitor.translate.posts import LONGEST_POST, Rendered, TranslationRequest, render
from monitor.translate.safety import FindsPlaces, check, trust

RECIPE = "8"  # changes whenever the same model would give another result or other warnings


_ARABIC_SCRIPT = ("ar", "fa", "ur")
_ARABIC_WORD = re.compile(r"[\u0620-\u064a\u0671-\u06d3]{2,}")
_SAY_SOMETHING = 3  # words


class EncodesMeaning(Protocol):
    """The sentence encoder, as far as it is needed here."""

    def encode(self, texts: Sequence[str]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Untranslated:
    """Why a text has no translation: one sentence, or "" where it needs none.

    ``retry``: it may work later, when a model is installed, a server is back or the hour's budget
    is new. ``failed``: the engine failed on this very text, so later means not at once.
    """

    reason: str = ""
    retry: bool = False
    failed: bool = False


LATER = Untranslated("not translated yet: it waits for its turn", retry=True)


@dataclass(frozen=True, slots=True)
class _Job:
    """What would have to be translated, by which engine, and its key in the cache."""

    item: TranslationRequest
    source: str
    engine: Engine
    key: str


def _arabic_inside(item: TranslationRequest) -> str | None:
    """The language of the Arabic-script words in an English post, where there are enough of them
    to say something."""
    for span in item.language.spans:
        words = _ARABIC_WORD.findall(item.text[span.start : span.end])
        if span.code in _ARABIC_SCRIPT and len(words) >= _SAY_SOMETHING:
            return span.code
    return None


def _utc_now() -> datetime:
    return datetime.now(UTC)


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
        per_hour: int | None = None,
        notes: Notes | None = None,
        gazetteer: FindsPlaces | None = None,
        encoder: EncodesMeaning | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """``url`` and ``key`` are a LibreTranslate-compatible server's; ``per_hour`` is in
        characters, and what was spent is kept in ``notes``. Models are loaded when the first
        post needs them. Raises ConfigError for a glossary that cannot be read."""
        self.to = to
        self._installed = Installed(Settings(models, url, key), engine, to, clock)
        self._glossary = load_glossary(glossary)
        self._cache = cache if cache is not None else MemoryCache()
        self._budget = Budget(per_hour, clock, notes)
        self._gazetteer = gazetteer
        self._encoder = encoder

    def languages(self) -> frozenset[str]:
        """Languages (base codes) whose posts can be translated now, as far as is known: English
        among them, since a post may be English and Arabic."""
        able = self._installed.languages() if self._budget.left() != 0 else frozenset()
        return able | {self.to} if able else able

    def translate_many(
        self, items: Sequence[TranslationRequest]
    ) -> list[Translation | Untranslated]:
        """One answer a request, in order. A text that cannot be translated never raises. Where the
        hour's budget does not do for all, it goes to the first ones."""
        plans = self._plans(items)
        jobs = {p.key: p for p in plans if isinstance(p, _Job)}
        allowed = within([len(j.item.text) for j in jobs.values()], self._budget.left())
        late = Untranslated("not translated yet: the budget of this hour is spent", retry=True)
        answers: dict[str, Translation | Untranslated] = dict.fromkeys(list(jobs)[allowed:], late)
        batches: dict[tuple[str, str, str], list[_Job]] = {}
        for job in list(jobs.values())[:allowed]:
            batches.setdefault((job.source, job.engine.name, job.engine.model), []).append(job)
        for (source, _, _), batch in batches.items():
            answers |= self._afresh(batch[0].engine, source, {j.key: j.item for j in batch})
        return [answers[p.key] if isinstance(p, _Job) else p for p in plans]

    def drafts(self) -> dict[str, bool]:
        """For each language that can be translated, whether only a draft does it."""
        return self._installed.drafts()

    def slow(self) -> bool:
        """Whether translating may have to wait for a server."""
        return self._installed.has_remote()

    def at_hand(self, items: Sequence[TranslationRequest]) -> list[Translation | Untranslated]:
        """As ``translate_many``, but nothing is translated afresh: ``LATER`` where it could be."""
        return [LATER if isinstance(p, _Job) else p for p in self._plans(items)]

    def _plans(
        self, items: Sequence[TranslationRequest]
    ) -> list[Translation | Untranslated | _Job]:
        """The answer, where it costs nothing, or what is to be done for it."""
        plans = [self._plan(item) for item in items]
        known = self._cache.get_many([p.key for p in plans if isinstance(p, _Job)])
        return [known.get(p.key, p) if isinstance(p, _Job) else p for p in plans]

    def _plan(self, item: TranslationRequest) -> Untranslated | _Job:
        language = item.language
        source = _arabic_inside(item) if language.base == self.to else language.base
        if language.code == "und" or source is None or not item.text.strip():
            return Untranslated()
        if language.code.endswith("-Latn"):
            name = language_name(source)
            return Untranslated(f"not translated: {name} in Latin letters (Arabizi)")
        try:
            engine = self._installed.engine_for(source)
        except MonitorError as error:
            return Untranslated(str(error), retry=True)
        if isinstance(engine, str):
            return Untranslated(engine, retry=True)
        recipe = f"{RECIPE};{self._glossary.recipe}"
        key = cache_key(item.text, source, self.to, engine.name, engine.model, recipe)
        return _Job(item, source, engine, key)

    def _afresh(
        self, engine: Engine, source: str, todo: Mapping[str, TranslationRequest]
    ) -> dict[str, Translation | Untranslated]:
        done = render(engine, source, self.to, todo, self._glossary)
        if done.down is None:
            self._installed.is_up(engine)
        else:
            self._installed.is_down(engine, done.down)
        made = self._checked(engine, source, todo, done)
        self._cache.put_many(made)
        self._budget.spend(sum(len(todo[key].text) for key in made))
        name = language_name(source)
        failed = {
            key: Untranslated(
                f"not translated from {name}: {why}", retry=True, failed=done.down is None
            )
            for key, why in done.failed.items()
        }
        return {**made, **failed}

    def _checked(
        self,
        engine: Engine,
        source: str,
        todo: Mapping[str, TranslationRequest],
        done: Rendered,
    ) -> dict[str, Translation]:
        near = self._similarities([(todo[k].text, text) for k, (text, _) in done.made.items()])
        checked = {}
        for (key, (text, early)), similarity in zip(done.made.items(), near, strict=True):
            item = todo[key]
            found = early + check(
                item.text[:LONGEST_POST],
                text,
                source,
                places=[p for p in item.places if p.end <= LONGEST_POST],
                gazetteer=self._gazetteer,
                similarity=similarity,
                draft=engine.draft,
            )
            checked[key] = Translation(
                text=text,
                source=source,
                language=self.to,
                engine=engine.name,
                model=engine.model,
                warnings=tuple(warned.message for warned in found),
                trust=trust(found, draft=engine.draft),
                draft=engine.draft,
            )
        return checked

    def _similarities(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        if self._encoder is None or not pairs:
            return [None] * len(pairs)
        a = self._encoder.encode([source for source, _ in pairs])
        b = self._encoder.encode([english for _, english in pairs])
        return [float(x) for x in (a * b).sum(axis=1)]

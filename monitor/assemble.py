"""From settings to working parts: loads the models, the gazetteer and the events once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.config import Config
from monitor.link import Linker, load_events
from monitor.model import Event
from monitor.pipeline import Analyser
from monitor.store import Store
from monitor.text.embed import Encoder, load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.near import NearDuplicates
from monitor.text.places import Gazetteer
from monitor.translate import Translator


@dataclass(frozen=True, slots=True)
class TextParts:
    """The parts that know about text and nothing about events; loading them takes a second."""

    detector: LanguageDetector
    gazetteer: Gazetteer
    encoder: Encoder


def text_parts(followed: Sequence[str]) -> TextParts:
    return TextParts(LanguageDetector(tuple(followed)), Gazetteer.load(), load_encoder())


def events_of(config: Config) -> list[Event]:
    """The known events of ``config``. Raises :class:`~monitor.errors.ConfigError`.

    The default ``events.yaml`` may be missing: then no event is known yet.
    """
    given = "events" in config.model_fields_set
    paths = [config.path(path) for path in config.events]
    return load_events([path for path in paths if given or path.exists()])


def translator_of(config: Config, parts: TextParts, cache: Store | None) -> Translator:
    settings = config.translate
    return Translator(
        config.path(settings.models),
        engine=settings.engine,
        to=settings.to,
        url=settings.url,
        key=os.environ.get(settings.key_env) if settings.key_env else None,
        glossary=config.path(settings.glossary) if settings.glossary else None,
        cache=cache,
        per_hour=settings.per_hour,
        notes=cache,
        gazetteer=parts.gazetteer,
        encoder=parts.encoder,
    )


def near_duplicates_of(store: Store | None) -> NearDuplicates:
    """The texts of the last days as the store has them: a restart forgets no repeat."""
    near = NearDuplicates()
    if store is not None:
        for post in store.recent(near.window):
            near.add(post.id, post.full_text, post.at)
    return near


def analyser_of(config: Config, events: Sequence[Event], store: Store | None) -> Analyser:
    """Everything that works on posts. ``store`` caches translations where there is one."""
    parts = text_parts(config.languages)
    linker = Linker(
        events,
        encoder=parts.encoder,
        gazetteer=parts.gazetteer,
        suggest=config.link.suggest,
        confirm=config.link.confirm,
    )
    return Analyser(
        parts.detector,
        parts.gazetteer,
        translator_of(config, parts, store),
        linker,
        near_duplicates_of(store),
        frozenset(config.languages),
        config.keep_others,
    )

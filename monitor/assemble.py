"""From settings to working parts: loads the models, the gazetteer and the events once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.analyser import Analyser, parent_titles
from monitor.config import Config
from monitor.events import events_of
from monitor.link import Linker, LinkInput
from monitor.link.learn import Learned, Thresholds, labels_of, learn
from monitor.link.score import Weights, load_weights
from monitor.model import Event, Filter
from monitor.store import Store
from monitor.text.embed import Encoder, RememberingEncoder, load_encoder
from monitor.text.gazetteer import default_cache
from monitor.text.language import LanguageDetector
from monitor.text.near import NearDuplicates
from monitor.text.places import Gazetteer
from monitor.translate import Translator
from monitor.upkeep import Upkeep, accepted_of, linker_settings

__all__ = [
    "TextParts",
    "analyser_of",
    "events_of",
    "learned_from",
    "text_parts",
    "translator_of",
]


@dataclass(frozen=True, slots=True)
class TextParts:
    """The parts that know about text and nothing about events; loading them takes a second."""

    detector: LanguageDetector
    gazetteer: Gazetteer
    encoder: Encoder


def text_parts(followed: Sequence[str]) -> TextParts:
    encoder = RememberingEncoder(load_encoder())
    return TextParts(LanguageDetector(tuple(followed)), Gazetteer.load(), encoder)


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


class Recall:
    """What was analysed of late, as the store has it: a restart forgets no evidence and no repeat.

    After new settings the old analysing process goes on until the new one is ready, so what it did
    meanwhile is recalled too (:meth:`complete`), before the first batch.
    """

    def __init__(self, store: Store, linker: Linker, near: NearDuplicates) -> None:
        self._store, self._linker, self._near = store, linker, near
        self._seq: int | None = store.last_seq()
        linker.recall(store.remembered())
        for post in store.recent(near.window, near.capacity):
            near.add(post.id, post.full_text, post.at)

    def complete(self) -> None:
        """To be called when nobody else analyses any more; does something the first time only."""
        if self._seq is None:
            return
        self._linker.recall(self._store.remembered(self._seq))
        for item in self._store.linked(Filter(others=True), after_seq=self._seq):
            self._near.add(item.post.id, item.post.full_text, item.post.at)
        self._seq = None


def analyser_of(config: Config, events: Sequence[Event], store: Store | None) -> Analyser:
    """Everything that works on posts. With a ``store``, translations are cached, events grow with
    accepted posts, and what people change is taken in while it runs."""
    parts = text_parts(config.languages)
    weights, suggest, confirm = linker_settings(config)
    linker = Linker(
        events,
        encoder=parts.encoder,
        gazetteer=parts.gazetteer,
        weights=weights.weights if weights else None,
        suggest=suggest,
        confirm=confirm,
        accepted=accepted_of(store) if store else None,
        folder=default_cache(),
    )
    near = NearDuplicates()
    translator = translator_of(config, parts, store)
    analyser = Analyser(
        parts.detector,
        parts.gazetteer,
        translator,
        linker,
        near,
        frozenset(config.languages),
        config.keep_others,
    )
    if store is None:
        return analyser
    recall, upkeep = Recall(store, linker, near), Upkeep(config, store, linker, translator)

    def renew(now: datetime) -> None:
        recall.complete()
        upkeep.look(now)

    return replace(analyser, renew=renew)


def learned_from(config: Config, store: Store) -> tuple[Learned, Weights]:
    """What the linker could learn from people's decisions, and the weights in use.

    Raises :class:`~monitor.errors.InputError` where there is too little to learn from.
    """
    weights, suggest, confirm = linker_settings(config)
    decisions = list(store.decisions())
    found = (store.get(post_id) for post_id in labels_of(decisions))
    posts = {
        item.post.id: LinkInput(
            item.post, item.analysis.language, item.analysis.translation, item.analysis.places,
            parent_titles(item.post),
        )
        for item in found if item
    }  # fmt: skip
    parts = text_parts(config.languages)
    # Not grown with accepted posts: the linker would recognise what it is to learn from.
    linker = Linker(
        events_of(config),
        encoder=parts.encoder,
        gazetteer=parts.gazetteer,
        folder=default_cache(),
    )
    shipped = load_weights()
    now = weights.weights if weights else shipped
    thresholds = Thresholds(suggest, confirm)
    learned = learn(linker, posts, decisions, shipped=shipped, now=now, thresholds=thresholds)
    return learned, now

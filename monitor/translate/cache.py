"""Translations are made once, however often a post is repeated."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from monitor.model import Translation


class TranslationCache(Protocol):
    """What the store offers. Keys are from :func:`cache_key`."""

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]: ...

    def put_many(self, items: Mapping[str, Translation]) -> None: ...


def cache_key(text: str, source: str, target: str, engine: str, model: str, recipe: str) -> str:
    """64 hexadecimal digits: the same text, languages, engine, model and ``recipe`` (what else
    shapes the result: version of the preparation, glossary) give the same key."""
    parts = "\0".join((source, target, engine, model, recipe, text))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


class MemoryCache:
    """Keeps the latest ``capacity`` translations in memory."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Translation] = OrderedDict()

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Translation]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    def put_many(self, items: Mapping[str, Translation]) -> None:
        for key, translation in items.items():
            self._kept[key] = translation
            self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

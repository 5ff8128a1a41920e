"""Post text → English: engines behind one small protocol, safety checks, cache.

::

    Translator.translate_many
        social      links, mentions and emoji are set aside, sentences split
        engine      the best installed for the pair: ctranslate2, transformers, libretranslate
        safety      what looks wrong becomes warnings and lowers ``trust``; never blocks
        cache       by text, engine and model
"""

from __future__ import annotations

from monitor.translate.cache import MemoryCache, TranslationCache
from monitor.translate.engine import Engine, Output
from monitor.translate.translator import TranslationRequest, Translator, Untranslated

__all__ = [
    "Translator",
    "TranslationRequest",
    "Untranslated",
    "Engine",
    "Output",
    "TranslationCache",
    "MemoryCache",
]

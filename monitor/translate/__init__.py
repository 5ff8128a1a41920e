"""Post text → English: engines behind one small protocol, safety checks, cache.

::

    Translator.translate_many
        installed   the best engine for the pair: ctranslate2, transformers, libretranslate
        cache       by text, engine and model
        budget      what may be translated afresh this hour
        posts       links, mentions and emoji are set aside, sentences split (social, sentences)
        safety      what looks wrong becomes warnings and lowers ``trust``; never blocks
"""

from __future__ import annotations

from monitor.translate.cache import MemoryCache, TranslationCache
from monitor.translate.engine import Engine, Output
from monitor.translate.posts import TranslationRequest
from monitor.translate.translator import LATER, Translator, Untranslated

__all__ = [
    "Translator",
    "TranslationRequest",
    "Untranslated",
    "LATER",
    "Engine",
    "Output",
    "TranslationCache",
    "MemoryCache",
]

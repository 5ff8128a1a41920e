"""``monitor evaluate translation``: BLEU and chrF on sentences with a reference."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.errors import InputError, ModelError
from monitor.model import Language, Translation
from monitor.translate.posts import TranslationRequest
from monitor.translate.translator import Translator

_BATCH = 64


def evaluate_translation(
    sources: Sequence[str],
    references: Sequence[str],
    language: str,
    models: Path,
    *,
    engine: str = "auto",
    url: str | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Translate and compare. Sentences that could not be translated count as empty.

    → ``bleu, chrf`` (0…100, sacrebleu; their ``signature``), ``sentences, untranslated, warned``
    (shares in 0…1 of sentences), ``sentences_per_second`` (without loading), ``engine, model``.

    Raises ModelError where nothing can translate at all or sacrebleu is not installed.
    """
    try:
        import sacrebleu
    except ModuleNotFoundError:
        raise ModelError(
            "sacrebleu is not installed: run `pip install 'monitor[evaluate]'`"
        ) from None
    if not sources or len(sources) != len(references):
        raise InputError(f"{len(sources)} source and {len(references)} reference sentences")
    translator = Translator(models, engine, url=url, key=key)
    tag = Language(language, 1.0)
    requests = [TranslationRequest(text, tag) for text in sources]
    translator.translate_many([TranslationRequest(sources[0] + " ", tag)])  # loads the model
    start = time.perf_counter()
    answers = [
        answer
        for at in range(0, len(requests), _BATCH)
        for answer in translator.translate_many(requests[at : at + _BATCH])
    ]
    seconds = time.perf_counter() - start
    made = [answer for answer in answers if isinstance(answer, Translation)]
    if not made:
        reason = getattr(answers[0], "reason", "") or f"nothing to translate from {language!r}"
        raise ModelError(reason)
    lines = [answer.text if isinstance(answer, Translation) else "" for answer in answers]
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
    return {
        "bleu": bleu.corpus_score(lines, [list(references)]).score,
        "chrf": chrf.corpus_score(lines, [list(references)]).score,
        "signature": {"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())},
        "sentences": len(sources),
        "untranslated": 1 - len(made) / len(sources),
        "warned": sum(bool(answer.warnings) for answer in made) / len(sources),
        "sentences_per_second": len(sources) / seconds,
        "engine": made[0].engine,
        "model": made[0].model,
    }

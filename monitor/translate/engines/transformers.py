"""transformers with torch: any sequence-to-sequence model saved in Hugging Face form."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.errors import ModelError, TranslationError
from monitor.translate.engine import EngineKind, Offer, Output, Pair, Settings
from monitor.translate.folder import Description, described
from monitor.translate.masks import Masks

NAME = "transformers"
_MISSING = "needs torch: run `pip install 'monitor[transformers]'`"


class TransformersEngine:
    """One model folder, loaded."""

    name = NAME
    remote = False
    masks = Masks()

    def __init__(self, folder: Path, description: Description) -> None:
        """Raises ModelError where a file is missing or damaged or the parts do not match."""
        import torch
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()

        self.description = description
        self.model = description.name
        self.draft = description.draft
        self.pairs: frozenset[Pair] = frozenset(description.pairs)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        where, here = description.hub or str(folder), description.hub is None
        try:
            with warnings.catch_warnings():
                # Sacremoses, which it recommends, changes nothing for SentencePiece models.
                warnings.filterwarnings("ignore", message=".*sacremoses")
                self._tokens: Any = AutoTokenizer.from_pretrained(where, local_files_only=here)
            model: Any = AutoModelForSeq2SeqLM.from_pretrained(where, local_files_only=here)
        except Exception as error:  # noqa: BLE001 — whatever a damaged file makes it raise
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(f"{folder}: transformers cannot load {where}: {reason}") from None
        known = model.get_input_embeddings().num_embeddings
        if len(self._tokens) > known:
            raise ModelError(
                f"{folder}: the vocabulary does not match: the tokenizer has {len(self._tokens)}"
                f" tokens, the model knows {known}"
            )
        self._model = model.to(self._device).eval()

    def count(self, text: str, source: str) -> int:  # noqa: ARG002 — one tokenizer for all
        return len(self._tokens(text)["input_ids"])

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        import torch

        if not texts:
            return []
        d = self.description
        options: dict[str, Any] = {}
        if d.source_prefix.get(source):
            self._tokens.src_lang = d.source_prefix[source][0].strip("_")
            first = d.target_prefix[target][0]
            options["forced_bos_token_id"] = self._tokens.convert_tokens_to_ids(first)
        given = self._tokens(
            list(texts), return_tensors="pt", padding=True, truncation=True, max_length=d.max_tokens
        ).to(self._device)
        limit = 2 * given["input_ids"].shape[1] + 20
        try:
            with torch.inference_mode():
                made = self._model.generate(
                    **given, **options, num_beams=d.beam, max_new_tokens=limit, max_length=None
                )
        except (RuntimeError, ValueError, IndexError) as error:
            reason = str(error).splitlines()[0]
            raise TranslationError(f"{self.model}: transformers failed: {reason}") from None
        said = self._tokens.batch_decode(made, skip_special_tokens=True)
        lengths = (made != self._tokens.pad_token_id).sum(dim=1).tolist()
        return [
            Output(text, cut=self.count(before, source) > d.max_tokens or length >= limit)
            for text, before, length in zip(said, texts, lengths, strict=True)
        ]


def _offers(settings: Settings) -> list[Offer]:
    problem = None if importlib.util.find_spec("torch") else _MISSING
    found = []
    for folder, description in described(settings.models, NAME):

        def load(
            folder: Path = folder, description: Description = description
        ) -> TransformersEngine:
            return TransformersEngine(folder, description)

        found.append(
            Offer(
                engine=NAME,
                model=description.name,
                pairs=frozenset(description.pairs),
                load=load,
                draft=description.draft,
                rank=description.rank,
                problem=problem,
                path=folder,
            )
        )
    return found


KIND = EngineKind(
    name=NAME,
    summary="any sequence-to-sequence model in Hugging Face form or of the hub, with torch",
    requires="pip install 'monitor[transformers]' and a model folder",
    offers=_offers,
)

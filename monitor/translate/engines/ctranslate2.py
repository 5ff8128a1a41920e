"""CTranslate2: OPUS-MT, Marian, NLLB and M2M-100 models as folders, int8 on the CPU."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.errors import ModelError, TranslationError
from monitor.translate.ct2_file import check_match
from monitor.translate.engine import EngineKind, Offer, Output, Pair, Settings
from monitor.translate.folder import Description, described, model_config
from monitor.translate.masks import Masks
from monitor.translate.tokens import load_tokenizer

log = logging.getLogger(__name__)

NAME = "ctranslate2"
# Larger batches are no quicker on a CPU (benchmarks/README.md), and take 48 MB more at 2,048.
_BATCH_TOKENS = 256
_EOS = "</s>"


def placement(gpus: int) -> tuple[str, str]:
    """Device and compute type: float16 on a GPU where there is one, else int8 on the CPU."""
    return ("cuda", "float16") if gpus else ("cpu", "int8")


def _opened(folder: Path, gpus: int, threads: int) -> Any:
    """The model on its device. A GPU without its libraries shows only when it has to work: then
    the CPU does it."""
    import ctranslate2

    device, compute_type = placement(gpus)
    try:
        model = ctranslate2.Translator(
            str(folder),
            device=device,
            compute_type=compute_type,
            inter_threads=1,
            intra_threads=threads,
        )
        if device == "cuda":
            model.translate_batch([[_EOS]], max_decoding_length=1)
    except (RuntimeError, ValueError) as error:
        if device == "cpu":
            raise
        log.warning("%s: not on the GPU: %s", folder, str(error).splitlines()[0])
        return _opened(folder, 0, threads)
    return model


class CTranslate2Engine:
    """One model folder, loaded."""

    name = NAME
    remote = False

    def __init__(self, folder: Path, description: Description, threads: int = 0) -> None:
        """Raises ModelError where a file is missing or damaged or the parts do not match."""
        import ctranslate2

        self.description = description
        if description.source_tokenizer is None or description.target_tokenizer is None:
            raise ModelError(f"{folder}: has no tokenizer files (source.spm, target.spm)")
        self._source = load_tokenizer(folder / description.source_tokenizer)
        self._target = load_tokenizer(folder / description.target_tokenizer)
        check_match(folder, self._source.pieces())
        try:
            self._model = _opened(folder, ctranslate2.get_cuda_device_count(), threads)
        except (RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{folder}: CTranslate2 cannot load the model: {reason}") from None
        suffix = description.source_suffix
        if suffix is None:
            suffix = () if model_config(folder).get("add_source_eos") else (_EOS,)
        self._suffix = list(suffix)

    @property
    def model(self) -> str:
        return self.description.name

    @property
    def draft(self) -> bool:
        return self.description.draft

    @property
    def pairs(self) -> frozenset[Pair]:
        return frozenset(self.description.pairs)

    @property
    def masks(self) -> Masks:
        return self.description.masks

    def count(self, text: str, source: str) -> int:  # noqa: ARG002 — one tokenizer for all
        return len(self._source.encode(text))

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        if not texts:
            return []
        d = self.description
        longest = d.max_tokens
        before = list(d.source_prefix.get(source, ()))
        pieces = [self._source.encode(text) for text in texts]
        cut = [len(p) > longest for p in pieces]
        prefix = list(d.target_prefix.get(target, ()))
        # A healthy translation is hardly ever twice as long; what runs on is repeating itself.
        limit = 2 * min(longest, max(map(len, pieces))) + 20
        try:
            results = self._model.translate_batch(
                [[*before, *p[:longest], *self._suffix] for p in pieces],
                target_prefix=[prefix] * len(texts) if prefix else None,
                max_batch_size=_BATCH_TOKENS,
                batch_type="tokens",
                beam_size=d.beam,
                length_penalty=d.length_penalty,
                repetition_penalty=d.repetition_penalty,
                no_repeat_ngram_size=d.no_repeat_ngram,
                max_input_length=0,
                max_decoding_length=limit,
                return_scores=True,
            )
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise TranslationError(f"{self.model}: CTranslate2 failed: {reason}") from None
        outputs = []
        for result, was_cut in zip(results, cut, strict=True):
            tokens = result.hypotheses[0]
            said = tokens[len(prefix) :] if tokens[: len(prefix)] == prefix else tokens
            ran_out = len(tokens) >= limit
            score = result.scores[0]
            unsure = d.unsure_below is not None and score < d.unsure_below
            outputs.append(Output(self._target.decode(said), score, was_cut or ran_out, unsure))
        return outputs


def _offers(settings: Settings) -> list[Offer]:
    found = []
    for folder, description in described(settings.models, NAME):

        def load(
            folder: Path = folder, description: Description = description
        ) -> CTranslate2Engine:
            return CTranslate2Engine(folder, description, settings.threads)

        found.append(
            Offer(
                engine=NAME,
                model=description.name,
                pairs=frozenset(description.pairs),
                load=load,
                draft=description.draft,
                rank=description.rank,
                path=folder,
            )
        )
    return found


KIND = EngineKind(
    name=NAME,
    summary="model folders in models/: OPUS-MT, Marian, NLLB, M2M-100; int8 on the CPU",
    requires="a model folder",
    offers=_offers,
)

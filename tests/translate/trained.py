"""A real Marian model in Hugging Face form, trained in seconds to translate word for word."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.translate.tiny import pieces_of, sentencepiece_model

_STEPS = 350
_WORDS = 6  # of the longest sentence learnt


def hugging_face_folder(folder: Path, dictionary: Mapping[str, str]) -> Path:
    """Write ``config.json``, ``model.safetensors``, ``vocab.json`` and ``*.spm``. Needs torch."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder.mkdir(parents=True)
    sources, targets = list(dictionary), list(dictionary.values())
    sentencepiece_model(folder / "source.spm", sources)
    sentencepiece_model(folder / "target.spm", targets)
    pieces = ["</s>", "<unk>", *dict.fromkeys(pieces_of(sources) + pieces_of(targets)), "<pad>"]
    numbers = {piece: n for n, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
    described = {"tokenizer_class": "MarianTokenizer", "source_lang": "ar", "target_lang": "en"}
    (folder / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")
    pad = len(pieces) - 1
    torch.manual_seed(1)
    model: Any = MarianMTModel(
        MarianConfig(
            vocab_size=len(pieces),
            d_model=64,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=128,
            decoder_ffn_dim=128,
            dropout=0.0,
            scale_embedding=True,
            static_position_embeddings=True,
            max_position_embeddings=128,
            eos_token_id=0,
            pad_token_id=pad,
            decoder_start_token_id=pad,
            forced_eos_token_id=None,
        )
    )
    chance = random.Random(1)
    pairs = [(numbers[f"▁{a}"], numbers[f"▁{b}"]) for a, b in dictionary.items()]
    learner = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(_STEPS):
        rows = [chance.choices(pairs, k=chance.randint(1, _WORDS)) for _ in range(64)]
        given = torch.full((64, _WORDS + 1), pad)
        wanted = torch.full((64, _WORDS + 1), -100)
        for at, row in enumerate(rows):
            given[at, : len(row) + 1] = torch.tensor([*(a for a, _ in row), 0])
            wanted[at, : len(row) + 1] = torch.tensor([*(b for _, b in row), 0])
        loss = model(input_ids=given, attention_mask=given.ne(pad), labels=wanted).loss
        learner.zero_grad()
        loss.backward()
        learner.step()
    model.eval().save_pretrained(folder)
    return folder

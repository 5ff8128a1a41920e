"""Marian models small enough to make in a test: real files, weights set by hand.

The network is an ordinary post-norm Marian transformer (one layer, one head) whose weights are
chosen so that target position *i* attends to source position *i* and emits that piece's entry in a
dictionary: a word-for-word translator. Tokens, positions and what cross-attention finds each have
their own part of the model's width.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import sentencepiece
import yaml
from sentencepiece import sentencepiece_model_pb2 as pb

POSITIONS = 600
_POSITION_WIDTH = 96
CHARACTERS = list("0123456789.,:;!?%$#@/-()|،؛؟\"'▁" + "abcdefghijklmnopqrstuvwxyz")


def sentencepiece_model(path: Path, words: Sequence[str]) -> None:
    """A unigram SentencePiece model of whole words, and single characters for everything else."""
    kinds = pb.ModelProto.SentencePiece
    model = pb.ModelProto()
    model.pieces.add(piece="</s>", score=0.0, type=kinds.CONTROL)
    model.pieces.add(piece="<unk>", score=0.0, type=kinds.UNKNOWN)
    for piece in pieces_of(words):
        model.pieces.add(piece=piece, score=-1.0 if len(piece) > 1 else -9.0, type=kinds.NORMAL)
    model.trainer_spec.model_type = pb.TrainerSpec.UNIGRAM
    model.trainer_spec.vocab_size = len(model.pieces)
    model.trainer_spec.bos_id = model.trainer_spec.pad_id = -1
    model.trainer_spec.eos_id, model.trainer_spec.unk_id = 0, 1
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    made = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    path.write_bytes(made.serialized_model_proto())


def pieces_of(words: Sequence[str]) -> list[str]:
    return [*CHARACTERS, *dict.fromkeys(f"▁{word}" for word in words)]


def marian_archive(
    folder: Path,
    dictionary: Mapping[str, str],
    *,
    scale: float = 40.0,
    languages: Sequence[str] = (),
) -> Path:
    """Write an OPUS-MT archive folder: ``model.npz``, ``vocab.yml``, ``decoder.yml``, ``*.spm``.

    Words not in ``dictionary`` are translated by themselves where they are a target word of it,
    characters by themselves, and anything else by ``<unk>``. ``languages`` are tokens of the
    vocabulary that no text gives, as many-language models have them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources, targets = list(dictionary), list(dictionary.values())
    sentencepiece_model(folder / "source.spm", sources)
    sentencepiece_model(folder / "target.spm", targets)
    vocabulary = ["</s>", "<unk>", *dict.fromkeys(pieces_of(sources) + pieces_of(targets))]
    vocabulary += [*languages, "<pad>"]
    said = {f"▁{word}": f"▁{answer}" for word, answer in dictionary.items()}
    answers = [vocabulary.index(said.get(piece, piece)) for piece in vocabulary]
    np.savez(folder / "model.npz", **_weights(len(vocabulary), answers, scale))  # type: ignore[arg-type]
    lines = [f'"{_escaped(piece)}": {row}' for row, piece in enumerate(vocabulary)]
    (folder / "vocab.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    decoder = {"models": ["model.npz"], "vocabs": ["vocab.yml", "vocab.yml"], "beam-size": 6}
    (folder / "decoder.yml").write_text(yaml.safe_dump(decoder), encoding="utf-8")
    (folder / "README.md").write_text("A tiny model made by hand.\n", encoding="utf-8")
    return folder


def zipped(folder: Path, path: Path) -> Path:
    """The archive folder as the zip file in which OPUS-MT publishes it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def described(models: Path, folder: Path, **keys: str) -> Path:
    """A copy of ``models/opus-mt-ar-en`` that describes itself by ``keys`` (YAML values)."""
    shutil.copytree(models / "opus-mt-ar-en", folder)
    known = {
        "name": folder.name,
        "pairs": "[ar-en]",
        "source_tokenizer": "source.spm",
        "target_tokenizer": "target.spm",
    }
    text = "".join(f"{key}: {value}\n" for key, value in {**known, **keys}.items())
    (folder / "monitor-model.yaml").write_text(text, encoding="utf-8")
    return folder


def _escaped(piece: str) -> str:
    return piece.replace("\\", "\\\\").replace('"', '\\"')


def _weights(size: int, answers: Sequence[int], scale: float) -> dict[str, np.ndarray]:
    width = size + _POSITION_WIDTH + size  # token | position | answer
    token, position, answer = slice(0, size), slice(size, width - size), slice(-size, None)
    embedding = np.zeros((size, width), np.float32)
    # Marian multiplies embeddings by sqrt(width) before it adds positions.
    embedding[:, token] = np.eye(size) * 4 / np.sqrt(width)
    positions = np.zeros((POSITIONS, width), np.float32)
    # Signs and their opposites: every position has the same mean and length, as layer
    # normalisation wants, and is nearest to itself.
    signs = np.sign(np.random.default_rng(1).normal(size=(POSITIONS, _POSITION_WIDTH // 2)))
    positions[:, position] = np.concatenate([signs, -signs], axis=1)
    answer_of = np.zeros((size, size), np.float32)
    answer_of[np.arange(size), answers] = 1
    zero = np.zeros((width, width), np.float32)

    weights: dict[str, np.ndarray] = {"Wemb": embedding, "Wpos": positions}
    for side, attentions in (("encoder", ["self"]), ("decoder", ["self", "context"])):
        for attention in attentions:
            scope = f"{side}_l1_{attention}"
            for part in "qkvo":
                weights[f"{scope}_W{part}"] = zero.copy()
                weights[f"{scope}_b{part}"] = np.zeros((1, width), np.float32)
            _norm(weights, f"{scope}_Wo", width)
        scope = f"{side}_l1_ffn"
        for part in "12":
            weights[f"{scope}_W{part}"] = np.zeros((width, width), np.float32)
            weights[f"{scope}_b{part}"] = np.zeros((1, width), np.float32)
        _norm(weights, f"{scope}_ffn", width)
    context = "decoder_l1_context"
    weights[f"{context}_Wq"][position, position] = np.eye(_POSITION_WIDTH) * scale
    weights[f"{context}_Wk"][position, position] = np.eye(_POSITION_WIDTH)
    weights[f"{context}_Wv"][token, token] = np.eye(size)
    weights[f"{context}_Wo"][token, answer] = answer_of * scale
    output = np.zeros((width, size), np.float32)
    output[answer, :] = np.eye(size)
    weights["decoder_ff_logit_out_W"] = output
    weights["decoder_ff_logit_out_b"] = np.zeros((1, size), np.float32)
    config = {
        "type": "transformer",
        "enc-depth": 1,
        "dec-depth": 1,
        "transformer-heads": 1,
        "transformer-decoder-autoreg": "self-attention",
        "transformer-no-projection": False,
        "transformer-ffn-activation": "relu",
        "transformer-preprocess": "",
        "transformer-postprocess": "dan",
        "transformer-postprocess-emb": "d",
        "transformer-guided-alignment-layer": "last",
    }
    text = yaml.safe_dump(config).encode() + b"\0"
    weights["special:model.yml"] = np.frombuffer(text, np.int8)
    return weights


def _norm(weights: dict[str, np.ndarray], scope: str, width: int) -> None:
    weights[f"{scope}_ln_scale"] = np.ones((1, width), np.float32)
    weights[f"{scope}_ln_bias"] = np.zeros((1, width), np.float32)

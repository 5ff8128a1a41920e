"""Turn a trained checkpoint into a CTranslate2 folder, and check that it says the same.

    python convert.py --data DIR --checkpoint averaged.pt --out models/ar-fr-en

With ``--check`` the folder is first written in float32 and must give, token for token, what the
PyTorch network gives for held-out posts, greedily; then it is written again in int8.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import ctranslate2
import numpy as np
import sentencepiece as spm
import torch
from ctranslate2.specs import TransformerSpec, common_spec
from ctranslate2.specs.transformer_spec import TransformerDecoderSpec, TransformerEncoderSpec
from encoder import EOS, LINKS, NAMES, NUMBERS
from model import Decoder, Encoder, greedy
from torch import Tensor, nn


def load(data: Path, checkpoint: Path) -> tuple[Encoder, Decoder]:
    """The whole network with the trained weights in place."""
    state = torch.load(checkpoint, map_location="cpu")
    encoder = Encoder(data / "encoder.npz", state["layers"])
    pieces = state["net"]["decoder.emb.weight"].shape[0]
    decoder = Decoder(pieces)
    upper = encoder.layers[state["frozen"] :]
    nn.ModuleDict({"upper": upper, "decoder": decoder}).load_state_dict(state["net"])
    return encoder.eval().requires_grad_(False), decoder.eval().requires_grad_(False)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().contiguous().numpy()


def _norm(spec: common_spec.LayerNormSpec, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _linear(spec: common_spec.LinearSpec, *parts: nn.Linear) -> None:
    spec.weight = _array(torch.cat([part.weight for part in parts]))
    spec.bias = _array(torch.cat([part.bias for part in parts]))


def specification(encoder: Encoder, decoder: Decoder) -> TransformerSpec:
    """The network in CTranslate2's terms."""
    gelu = common_spec.Activation.GELU
    enc = TransformerEncoderSpec(
        len(encoder.layers),
        encoder.layers[0].heads,
        pre_norm=False,
        activation=gelu,
        layernorm_embedding=True,
    )
    enc.scale_embeddings = False
    enc.embeddings[0].weight = _array(encoder.word.weight)
    enc.position_encodings.encodings = _array(encoder.pos)
    _norm(enc.layernorm_embedding, encoder.ln)
    for spec, layer in zip(enc.layer, encoder.layers, strict=False):
        _linear(spec.self_attention.linear[0], layer.q, layer.k, layer.v)
        _linear(spec.self_attention.linear[1], layer.ao)
        _norm(spec.self_attention.layer_norm, layer.aln)
        _linear(spec.ffn.linear_0, layer.fi)
        _linear(spec.ffn.linear_1, layer.fo)
        _norm(spec.ffn.layer_norm, layer.oln)
    dec = TransformerDecoderSpec(
        len(decoder.layers),
        decoder.layers[0].heads,
        pre_norm=False,
        activation=gelu,
        layernorm_embedding=True,
        alignment_layer=1,
        alignment_heads=1,
    )
    dec.scale_embeddings = False
    dec.embeddings.weight = _array(decoder.emb.weight)
    dec.position_encodings.encodings = _array(decoder.pos)
    _norm(dec.layernorm_embedding, decoder.ln0)
    dec.projection.weight = dec.embeddings.weight
    dec.projection.bias = _array(decoder.bias)
    for spec, layer in zip(dec.layer, decoder.layers, strict=False):
        _linear(spec.self_attention.linear[0], layer.qkv)
        _linear(spec.self_attention.linear[1], layer.o)
        _norm(spec.self_attention.layer_norm, layer.ln1)
        _linear(spec.attention.linear[0], layer.cq)
        _linear(spec.attention.linear[1], layer.ckv)
        _linear(spec.attention.linear[2], layer.co)
        _norm(spec.attention.layer_norm, layer.ln2)
        _linear(spec.ffn.linear_0, layer.fi)
        _linear(spec.ffn.linear_1, layer.fo)
        _norm(spec.ffn.layer_norm, layer.ln3)
    return TransformerSpec(enc, dec)


def write(encoder: Encoder, decoder: Decoder, data: Path, out: Path, kind: str | None) -> None:
    """Write the CTranslate2 folder in one number format, with both SentencePiece models."""
    out.mkdir(parents=True, exist_ok=True)
    spec = specification(encoder, decoder)
    for side, register in (
        ("src", spec.register_source_vocabulary),
        ("tgt", spec.register_target_vocabulary),
    ):
        pieces = spm.SentencePieceProcessor(model_file=str(data / f"{side}.model"))
        register([pieces.id_to_piece(i) for i in range(len(pieces))])
        shutil.copyfile(data / f"{side}.model", out / f"{side}.model")
    spec.config.bos_token, spec.config.eos_token = "<s>", "</s>"
    spec.config.unk_token, spec.config.decoder_start_token = "<unk>", "<s>"
    spec.config.add_source_bos = spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.optimize(quantization=kind)
    spec.save(str(out))


def agreement(encoder: Encoder, decoder: Decoder, data: Path, folder: Path, count: int) -> int:
    """How many of ``count`` held-out posts both give the same pieces for, greedily."""
    src = spm.SentencePieceProcessor(model_file=str(folder / "src.model"))
    tgt = spm.SentencePieceProcessor(model_file=str(folder / "tgt.model"))
    rows = [json.loads(line) for line in (data / "heldout.jsonl").open(encoding="utf8")][:count]
    translator = ctranslate2.Translator(str(folder), intra_threads=1)
    results = translator.translate_batch(
        [src.encode(row["text"], out_type=str) for row in rows],
        beam_size=1,
        max_decoding_length=60,
    )
    same = 0
    for row, result in zip(rows, results, strict=False):
        x = torch.tensor([[0, *src.encode(row["text"]), EOS]])
        mask = torch.ones(x.shape, dtype=torch.bool)
        memory = encoder.lower(x, mask, len(encoder.layers))
        made = greedy(decoder, memory, mask, 60, EOS)[0].tolist()
        made = made[: made.index(EOS)] if EOS in made else made
        same += tgt.id_to_piece(made) == result.hypotheses[0]
    return same


def describe(out: Path) -> None:
    """``monitor-model.yaml``: how to use the folder, and the checksums of its files."""
    lines = [
        "name: ar-fr-en",
        "pairs: [ar-en, fr-en]",
        "engine: ctranslate2",
        "family: own",
        "draft: true",
        'licence: "CC BY-SA 4.0 (encoder MIT): see README.md"',
        "origin: packaging/translator",
        "source_tokenizer: src.model",
        "target_tokenizer: tgt.model",
        "beam: 4",
        "length_penalty: 1.0",
        "no_repeat_ngram: 4",
        "unsure_below: -0.5",
        "masks:",
    ]
    for kind, symbols in (("links", LINKS), ("numbers", NUMBERS), ("names", NAMES)):
        codes = ", ".join(f'"\\u{ord(symbol):04X}"' for symbol in symbols)
        lines.append(f"  {kind}: [{codes}]")
    lines.append("checksums:")
    for file in sorted(out.iterdir()):
        if file.suffix in (".bin", ".json", ".model"):
            lines.append(f"  {file.name}: {hashlib.sha256(file.read_bytes()).hexdigest()}")
    (out / "monitor-model.yaml").write_text("\n".join(lines) + "\n", encoding="utf8")


def main() -> None:
    """Convert, checking first where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", type=int, default=0, help="held-out posts to compare")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    encoder, decoder = load(args.data, args.checkpoint)
    if args.check:
        whole = args.data / "float32"
        write(encoder, decoder, args.data, whole, None)
        same = agreement(encoder, decoder, args.data, whole, args.check)
        print(f"float32: {same} of {args.check} posts the same, piece for piece")
    write(encoder, decoder, args.data, args.out, "int8")
    describe(args.out)
    print(f"written: {args.out}")


if __name__ == "__main__":
    main()

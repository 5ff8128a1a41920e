"""What CTranslate2 does not check: that vocabulary, tokenizer and weights belong together."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from monitor.errors import ModelError

_LFS = b"version https://git-lfs"  # what a clone without LFS has in place of a large file
_MOST_PIECES_KNOWN = 0.9  # of the tokenizer's pieces; OPUS-MT's source.spm has a few strays


def read_vocabularies(folder: Path) -> tuple[list[str], list[str]]:
    """Source and target vocabulary of a model folder. Raises ModelError."""
    names = {path.name for path in folder.iterdir() if "vocabulary" in path.name}

    def read(kind: str) -> list[str]:
        for name in (f"{kind}_vocabulary.json", f"{kind}_vocabulary.txt"):
            if name not in names:
                continue
            try:
                text = (folder / name).read_text(encoding="utf-8")
                value = json.loads(text) if name.endswith(".json") else text.splitlines()
            except (OSError, ValueError) as error:
                raise ModelError(f"{folder / name}: cannot be read: {error}") from None
            if isinstance(value, list):
                return [str(token) for token in value]
            raise ModelError(f"{folder / name}: is no list of tokens")
        return []

    shared = read("shared")
    source, target = shared or read("source"), shared or read("target")
    if not source or not target:
        raise ModelError(f"{folder}: has no vocabulary (shared_vocabulary.json)")
    return source, target


def embedding_rows(folder: Path) -> dict[str, int]:
    """How many tokens the encoder's and the decoder's embeddings have, from ``model.bin``'s
    headers: ``{"encoder": 62802, "decoder": 62802}``. Raises ModelError for a truncated file.

    Layout (ctranslate2/specs/model_spec.py, binary version 6): version u32, name, revision u32,
    number of variables u32; each: name, rank u8, dimensions u32, type u8, bytes u32, data. Names
    are a length u16 and bytes with a closing NUL.
    """
    path = folder / "model.bin"
    rows: dict[str, int] = {}
    try:
        size = path.stat().st_size
        with path.open("rb") as file:

            def number(layout: str) -> int:
                (value,) = struct.unpack(layout, file.read(struct.calcsize(layout)))
                return int(value)

            def name() -> str:
                return file.read(number("<H")).rstrip(b"\0").decode("utf-8")

            if file.read(len(_LFS)) == _LFS:
                raise ModelError(f"{path}: is a Git LFS pointer, not the model: run `git lfs pull`")
            file.seek(0)
            version = number("<I")
            if version != 6:  # another layout: nothing is known, nothing is claimed
                return {}
            name()
            number("<I")
            for _ in range(number("<I")):
                variable = name()
                dimensions = [number("<I") for _ in range(number("<B"))]
                number("<B")
                length = number("<I")
                if file.tell() + length > size:
                    raise ModelError(f"{path}: is cut short: {variable} is not all there")
                file.seek(length, 1)
                side, _, rest = variable.partition("/")
                if rest in ("embeddings/weight", "embeddings_0/weight"):
                    rows[side] = dimensions[0]
    except FileNotFoundError:
        raise ModelError(f"{path}: is missing") from None
    except (OSError, struct.error, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: is cut short or damaged ({error})") from None
    return rows


def check_match(folder: Path, tokenizer_pieces: set[str] | None) -> None:
    """Raises ModelError where weights, vocabulary and source tokenizer do not fit together.

    With a vocabulary that does not match, CTranslate2 loads the model without a word and
    translates into nonsense.
    """
    source, target = read_vocabularies(folder)
    rows = embedding_rows(folder)
    for side, tokens in (("encoder", source), ("decoder", target)):
        if side in rows and rows[side] != len(tokens):
            raise ModelError(
                f"{folder}: the vocabulary does not match: the {side} knows {rows[side]} tokens, "
                f"the vocabulary file {len(tokens)}"
            )
    if tokenizer_pieces:
        known = len(tokenizer_pieces & set(source)) / len(tokenizer_pieces)
        if known < _MOST_PIECES_KNOWN:
            raise ModelError(
                f"{folder}: the tokenizer does not match: the model's vocabulary holds only "
                f"{known:.0%} of its pieces"
            )

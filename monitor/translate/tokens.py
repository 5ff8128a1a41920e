"""Text ↔ tokens, for the kinds of tokenizer files that translation models come with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from monitor.errors import ModelError


class Tokenizer(Protocol):
    """Splits text into the model's tokens and joins them again."""

    def encode(self, text: str) -> list[str]: ...

    def decode(self, tokens: Sequence[str]) -> str: ...

    def pieces(self) -> set[str]:
        """Everything ``encode`` can give, but for control and byte pieces."""
        ...


class SentencePieces:
    """A SentencePiece model file (``*.spm``, ``*.model``)."""

    def __init__(self, path: Path) -> None:
        import sentencepiece

        try:
            self._model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{path}: is no SentencePiece model: {reason}") from None

    def encode(self, text: str) -> list[str]:
        pieces: list[str] = self._model.encode(text, out_type=str)
        return pieces

    def decode(self, tokens: Sequence[str]) -> str:
        text: str = self._model.decode_pieces(list(tokens))
        return text

    def pieces(self) -> set[str]:
        m = self._model
        rows = range(m.get_piece_size())
        return {
            m.id_to_piece(row)
            for row in rows
            if not (m.is_control(row) or m.is_unknown(row) or m.is_byte(row))
        }


class TokenizersFile:
    """A ``tokenizer.json`` of the tokenizers library. Its own special tokens are left out: what
    goes around the text is the model description's business."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer as Fast

        try:
            self._model: Any = Fast.from_file(str(path))
        except Exception as error:  # noqa: BLE001 — the library raises bare Exception
            reason = str(error).splitlines()[0]
            raise ModelError(f"{path}: is no tokenizers file: {reason}") from None

    def encode(self, text: str) -> list[str]:
        tokens: list[str] = self._model.encode(text, add_special_tokens=False).tokens
        return tokens

    def decode(self, tokens: Sequence[str]) -> str:
        ids = [self._model.token_to_id(token) for token in tokens]
        text: str = self._model.decode([i for i in ids if i is not None])
        return text

    def pieces(self) -> set[str]:
        return set(self._model.get_vocab(with_added_tokens=False))


def load_tokenizer(path: Path) -> Tokenizer:
    """Raises ModelError where the file is missing or is not what its name says."""
    if not path.is_file():
        raise ModelError(f"{path}: the tokenizer file is missing")
    return TokenizersFile(path) if path.suffix == ".json" else SentencePieces(path)

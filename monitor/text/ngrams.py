"""A small language classifier of our own: hashed character n-grams under a linear model.

It is the fast voter of :mod:`monitor.text.language`. The features of a text are the character
n-grams (1 to 5) of its words, word edges included, and its whole words, all hashed into a table of
``2**k`` rows of one int8 weight per language (feature hashing, Weinberger et al. 2009). The scores
are the sum of the rows over the square root of their number, which keeps a word and a paragraph on
one scale. ``packaging/language`` fits the table and says from what.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from monitor.errors import ModelError

_LONGEST: Final = 5
_PRIME: Final = np.uint32(0x01000193)  # the FNV prime
_MIX: Final = np.uint32(0x9E3779B1)  # Fibonacci hashing: spreads the sums over the high bits
_SPACE: Final = 0x20
_REPEATS: Final = re.compile(r"(.)\1{2,}")
_APOSTROPHES: Final = str.maketrans("’ʼ`´-·", "''''  ")


def normal(words: Sequence[str]) -> str:
    """Lower-cased, composed words between single blanks; letters repeated for effect
    ("sooooo") twice at most; elided articles ("l'été") words of their own."""
    text = unicodedata.normalize("NFC", " ".join(words).lower()).translate(_APOSTROPHES)
    text = _REPEATS.sub(r"\1\1", text.replace("'", " ' "))
    return " ".join(text.split())


def features(text: str, bits: int) -> npt.NDArray[np.uint32]:
    """The rows, shape (n,), of ``2**bits`` that a :func:`normal` text touches, with repeats."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le", "replace"), dtype=np.uint32)
    blank = codes == _SPACE
    edges = np.flatnonzero(blank)
    shift = np.uint32(32 - bits)
    # left[i] is the number of blanks before position i: equal counts mean no blank between.
    left = np.cumsum(blank)
    mixed = rolling = codes * _MIX
    found = [rolling[~blank]]
    for order in range(2, _LONGEST + 1):
        if len(codes) < order:
            break
        rolling = rolling[:-1] * _PRIME + mixed[order - 1 :]
        # No blank strictly inside: blanks may stand at the first and last place only.
        whole = left[order - 2 : -1] == left[: 1 - order]
        if order == 2:
            whole = ~(blank[:-1] & blank[1:])
        found.append((rolling + np.uint32(order * 0x51ED27))[whole])
    # Whole words by differences of a running polynomial would wrap; a sum of squares does not care
    # for order, so position within the word is mixed in.
    # The last edge is the last character: one place of its own.
    place = np.arange(len(codes), dtype=np.uint32) - edges.astype(np.uint32)[left - 1]
    mixed = mixed ^ (place * np.uint32(0x85EBCA6B))
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed[edges] = 0
    sums = np.add.reduceat(mixed, edges[:-1], dtype=np.uint32)
    found.append((sums + np.uint32(0x7F4A7C15))[edges[1:] - edges[:-1] > 1])
    hashed = np.concatenate(found)
    hashed ^= hashed >> np.uint32(16)
    return (hashed * np.uint32(0x7FEB352D)) >> shift


@dataclass(frozen=True, slots=True)
class NgramModel:
    """``classes`` are language codes; ``table`` has shape (2**bits, len(classes)), int8, in units
    of ``scale``; ``bias`` has shape (len(classes),), float32."""

    classes: tuple[str, ...]
    table: npt.NDArray[np.int8]
    scale: float
    bias: npt.NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a table. Raises ``ModelError`` where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    tuple(str(code) for code in stored["classes"]),
                    stored["table"],
                    float(stored["scale"]),
                    stored["bias"],
                )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: not a language table: {error}") from error

    def log_probabilities(self, text: str) -> npt.NDArray[np.float32]:
        """Natural logarithms of the probabilities of ``classes`` for a :func:`normal` text:
        shape (len(classes),)."""
        rows = features(text, (len(self.table) - 1).bit_length())
        # A sum of rows as a product is quicker, and exact: float32 holds integers up to 2**24.
        touched = self.table.take(rows, axis=0).astype(np.float32)
        scores = (np.ones(len(rows), np.float32) @ touched) * np.float32(self.scale)
        scores = scores / np.float32(np.sqrt(max(len(rows), 1))) + self.bias
        scores -= scores.max()
        result: npt.NDArray[np.float32] = scores - np.log(np.exp(scores).sum())
        return result

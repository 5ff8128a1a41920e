"""py3langid with its automaton replaced by the byte n-grams it stands for: 30 MB instead of 75.

py3langid finds the n-grams of a text with an automaton (Aho & Corasick 1975, "Efficient string
matching: an aid to bibliographic search"), whose table of next states takes 42 MB. A state of it
is the longest known n-gram that the text ends with so far: a sorted list of the n-grams, 1 MB,
tells as much.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
from py3langid.modelio import load_model

_LONGEST = 6  # bytes of an n-gram
_BLOCK = 2048  # states looked at together: the rows of their next states take 2 MB

Keys = npt.NDArray[np.uint64]


class CompactIdentifier(LanguageIdentifier):  # type: ignore[misc]
    """Answers as py3langid's own identifier does with ``norm_probs``, to the last bit."""

    __slots__ = ("_features", "_keys")

    def __init__(self, path: Path = MODEL_DIR / MODEL_FILE) -> None:
        """Raises ValueError where the model has n-grams of more than six bytes."""
        weights, prior, classes, moves, rows, features = load_model(path)
        super().__init__(weights, prior, classes, (), (), True, tk_row=())
        keys = _keys(np.asarray(moves).reshape(-1, 256), np.asarray(rows))
        order = np.argsort(keys)[1:]  # without the root, which no n-gram leads to
        self._keys, self._features = keys[order], np.asarray(features, np.int32)[order]

    def _raw_score(self, text: bytes) -> Any:
        features, first, counts = np.unique(
            self._found(text), return_index=True, return_counts=True
        )
        if not len(features):
            return np.zeros(len(self.nb_classes), np.float32)
        order = first.argsort()  # they are added up in the order in which they stand in the text
        visits = zip(features[order].tolist(), counts[order].tolist(), strict=True)
        return self._sparse_score(dict(visits), self.nb_ptc)

    def _found(self, text: bytes) -> npt.NDArray[np.int32]:
        """The feature of the longest n-gram that ends at each byte, where it has one."""
        wanted = _endings(text)
        at = self._keys.searchsorted(wanted).clip(max=len(self._keys) - 1)
        known = self._keys[at] == wanted
        longest = _LONGEST - 1 - known[::-1].argmax(axis=0)
        here = np.arange(len(text))
        found: npt.NDArray[np.int32] = self._features[at[longest, here]][known[longest, here]]
        return found[found >= 0]


def _endings(text: bytes) -> Keys:
    """For each length from 1 to 6 and each byte of ``text`` the key of the n-gram that ends there:
    its length in the bits from 48 on, below them its bytes. Shape (6, len(text)); 0: there is none.
    """
    codes = np.frombuffer(text, np.uint8).astype(np.uint64)
    keys = np.zeros((_LONGEST, len(codes)), np.uint64)
    packed = np.zeros(len(codes), np.uint64)
    for before in range(min(_LONGEST, len(codes))):
        packed[before:] |= codes[: len(codes) - before] << np.uint64(8 * before)
        keys[before, before:] = packed[before:] | np.uint64((before + 1) << 48)
    return keys


def _keys(moves: npt.NDArray[np.integer[Any]], rows: npt.NDArray[np.integer[Any]]) -> Keys:
    """The key of the n-gram that each state stands for: the shortest text that leads to it.

    ``moves`` has shape (n, 256), the next states; ``rows`` says which row is each state's.
    """
    keys = np.zeros(len(rows), np.uint64)
    reached = np.zeros(len(rows), bool)
    reached[0] = True
    level = np.zeros(1, np.intp)
    for length in range(1, _LONGEST + 1):
        found = []
        for start in range(0, len(level), _BLOCK):
            states = level[start : start + _BLOCK]
            after = moves[rows[states]]
            at, byte = np.nonzero(~reached[after])
            new = after[at, byte]
            reached[new] = True
            before = keys[states[at]] & np.uint64((1 << 48) - 1)
            keys[new] = before << np.uint64(8) | byte.astype(np.uint64) | np.uint64(length << 48)
            found.append(new)
        level = np.concatenate(found)
    if not reached.all():
        raise ValueError(f"py3langid's model has n-grams of more than {_LONGEST} bytes")
    return keys

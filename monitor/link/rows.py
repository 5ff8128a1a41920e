"""Sparse rows of terms: what the word and character indexes are made of. Plain numpy, no objects.

A row is one text as term ids with weights. Looked at by rows it answers "how much of these texts
does the post share?"; by columns (postings) it answers "which of 100,000 events share a rare term
with the post?" without looking at the others (Zobel & Moffat 2006, "Inverted files").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


def gather(indptr: Ids, rows: Ids) -> tuple[Ids, Ids]:
    """Positions of all entries of ``rows`` in a CSR array, and the row (0…len-1) of each."""
    lengths = indptr[rows + 1] - indptr[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    starts = np.repeat(indptr[rows] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return starts + np.arange(len(owner)), owner


@dataclass(slots=True)
class SparseRows:
    """``len(indptr) - 1`` rows; ids ascend within a row. ``postings`` hold the same by term."""

    indptr: Ids
    ids: NDArray[np.int32]
    weights: Floats
    terms: int
    _starts: Ids | None = None
    _rows: NDArray[np.int32] | None = None
    _posting_weights: Floats | None = None

    @classmethod
    def build(cls, bags: Iterable[Mapping[int, float]], terms: int) -> SparseRows:
        lengths, ids, weights = [0], [], []
        for bag in bags:
            keys = np.fromiter(bag.keys(), np.int32, len(bag))
            order = np.argsort(keys)
            ids.append(keys[order])
            weights.append(np.fromiter(bag.values(), np.float32, len(bag))[order])
            lengths.append(len(bag))
        return cls(
            np.cumsum(np.asarray(lengths, np.int64)),
            np.concatenate(ids) if ids else np.zeros(0, np.int32),
            np.concatenate(weights) if weights else np.zeros(0, np.float32),
            terms,
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def document_frequency(self) -> NDArray[np.int64]:
        """In how many rows each term stands: int64 of shape ``(terms,)``."""
        return np.bincount(self.ids, minlength=self.terms)

    def norms(self, idf: Floats) -> Floats:
        """The length of each row under tf-idf; 1 for an empty row, so that nothing divides by 0."""
        squares = np.bincount(
            np.repeat(np.arange(len(self)), np.diff(self.indptr)),
            (self.weights * idf[self.ids]) ** 2,
            minlength=len(self),
        )
        return np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)

    def search(self, ids: Sequence[int], weights: Floats, longest: int) -> Floats:
        """The sum of ``weight × row weight`` over shared terms for every row.

        Terms standing in more than ``longest`` rows are passed over: they are dear and say little.
        """
        if self._starts is None:
            order = np.argsort(self.ids, kind="stable")
            rows = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))
            self._rows, self._posting_weights = rows[order], self.weights[order]
            counts = np.bincount(self.ids, minlength=self.terms)
            self._starts = np.concatenate(([0], np.cumsum(counts)))
        assert self._rows is not None
        assert self._posting_weights is not None
        found, values = [], []
        for term, weight in zip(ids, weights, strict=True):
            start, end = self._starts[term], self._starts[term + 1]
            if 0 < end - start <= longest:
                found.append(self._rows[start:end])
                values.append(self._posting_weights[start:end] * weight)
        if not found:
            return np.zeros(len(self), np.float32)
        return np.bincount(
            np.concatenate(found), np.concatenate(values), minlength=len(self)
        ).astype(np.float32)

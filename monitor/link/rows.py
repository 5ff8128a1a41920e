"""Sparse rows of terms: what the word and character indexes are made of. Plain numpy, no objects.

A row is one text as term ids with weights. Looked at by rows it answers "how much of these texts
does the post share?"; by columns (:class:`Postings`) it answers "which of 100,000 events share a
rare term with the post?" without looking at the others (Zobel & Moffat 2006, "Inverted files").
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
_MOST_POSTINGS = 50_000  # looked at for one post; the rarest terms first


def gather(indptr: Ids, rows: Ids) -> tuple[Ids, Ids]:
    """Positions of all entries of ``rows`` in a CSR array, and the row (0…len-1) of each."""
    lengths = indptr[rows + 1] - indptr[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    skipped = indptr[rows] - (np.cumsum(lengths) - lengths)
    return np.arange(len(owner)) + skipped[owner], owner


def row_max(values: NDArray[Any], owner: Ids, rows: int) -> NDArray[np.float64]:
    """The largest of each row's ``values`` (not negative), 0 for a row without any; ``owner``
    ascends. ``np.maximum.at`` gives the same in many times the time."""
    found = np.zeros(rows)
    if len(owner):
        starts = starts_of(owner)
        found[owner[starts]] = np.maximum.reduceat(values, starts)
    return found


def starts_of(owner: Ids) -> Ids:
    """Where each run of equal values begins in ``owner``, which is not empty."""
    return np.concatenate(([0], np.flatnonzero(owner[1:] != owner[:-1]) + 1))


@dataclass(slots=True)
class SparseRows:
    """``len(indptr) - 1`` rows; ids ascend within a row."""

    indptr: Ids
    ids: NDArray[np.int32]
    weights: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, row: int) -> tuple[NDArray[np.int32], Floats]:
        """The ids and weights of one row."""
        span = slice(self.indptr[row], self.indptr[row + 1])
        return self.ids[span], self.weights[span]

    def owners(self) -> NDArray[np.int32]:
        """The row of each entry."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))

    def norms(self, idf: Floats) -> Floats:
        """The length of each row under tf-idf; 1 for an empty row, so that nothing divides by 0."""
        weights = (self.weights * idf[self.ids]) ** 2
        squares = np.bincount(self.owners(), weights, minlength=len(self))
        return np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)

    def normalised(self, idf: Floats) -> SparseRows:
        """The rows under tf-idf, of length 1."""
        weights = self.weights * idf[self.ids]
        weights /= self.norms(idf)[self.owners()]
        return SparseRows(self.indptr, self.ids, weights)


class RowsBuilder:
    """Collects rows one by one, in the memory that the finished rows take.

    Without weights given to :meth:`add`, all weigh 1 and no memory is spent on that.
    """

    def __init__(self) -> None:
        self._lengths = array("i")
        self._ids = array("i")
        self._weights = array("f")

    def add(self, ids: NDArray[np.int32], weights: Floats | None = None) -> None:
        self._lengths.append(len(ids))
        self._ids.frombytes(ids.tobytes())
        if weights is not None:
            self._weights.frombytes(weights.tobytes())

    def build(self) -> SparseRows:
        ids = flat(self._ids, np.int32)
        weights = flat(self._weights, np.float32)
        return SparseRows(
            indptr_of(flat(self._lengths, np.int32)),
            ids,
            weights if len(weights) else np.broadcast_to(np.float32(1), ids.shape),
        )


def flat(buffer: array[Any], dtype: Any) -> NDArray[Any]:
    """What a buffer holds, not copied."""
    return np.frombuffer(buffer, dtype) if buffer else np.zeros(0, dtype)


def indptr_of(counts: NDArray[np.integer[Any]]) -> Ids:
    """Where each row begins and ends, from how long each is."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


class Postings:
    """For each term of ``rows`` the rows it stands in, but for terms in more than ``longest``:
    they are dear to follow and say little."""

    def __init__(self, rows: SparseRows, terms: int, longest: int) -> None:
        frequency = np.bincount(rows.ids, minlength=terms)
        kept = frequency[rows.ids] <= longest
        order = np.flatnonzero(kept)[np.argsort(rows.ids[kept], kind="stable")]
        self._rows = rows.owners()[order]
        # None where all weigh 1: that is worth no memory.
        self._weights = rows.weights[order] if any(rows.weights.strides) else None
        self._starts = indptr_of(np.where(frequency <= longest, frequency, 0))
        self._n = len(rows)

    def search(self, ids: Ids, weights: Floats) -> Floats:
        """The sum of ``weight × row weight`` over shared terms for every row.

        At most 50,000 postings are looked at, those of rare terms first.
        """
        lengths = self._starts[ids + 1] - self._starts[ids]
        order = np.argsort(lengths, kind="stable")
        order = order[np.cumsum(lengths[order]) <= _MOST_POSTINGS]
        at, owner = gather(self._starts, ids[order])
        values = weights[order][owner]
        if self._weights is not None:
            values = values * self._weights[at]
        # bincount is ten times slower where it has to turn 32 bits into 64 itself.
        found = self._rows[at].astype(np.int64)
        return np.bincount(found, values, minlength=self._n).astype(np.float32)


def sorted_row(bag: Mapping[int, float]) -> tuple[NDArray[np.int32], Floats]:
    """A bag by term id as a row: ids ascending, and their weights."""
    keys = np.fromiter(bag.keys(), np.int32, len(bag))
    order = np.argsort(keys)
    return keys[order], np.fromiter(bag.values(), np.float32, len(bag))[order]

"""Sentence vectors of tens of thousands of events: each distinct text once, in a byte a dimension.

A unit vector is kept as int8 codes and one scale. On unit vectors of 512 dimensions that moves a
cosine by less than 0.002 and takes a quarter of the memory. Vectors once made are kept in a file
by what was embedded, because embedding 10,000 events takes a minute and reading them a moment.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.link.rows import Floats, Ids
from monitor.text.embed import Encoder

log = logging.getLogger(__name__)

_BATCH = 256
_SAY_EVERY = 5_000  # texts
_LARGEST_FILE = 2**30  # bytes; a larger one is begun again


class Vectors:
    """The vectors of texts, by row. ``folder`` is where they are kept between starts, if anywhere.

    A folder that cannot be read or written costs time only: it is logged, and texts are embedded.
    """

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._record = np.dtype([("key", "<u8"), ("scale", "<f4"), ("code", "i1", self.dimension)])
        name = re.sub(r"[^\w.-]+", "_", encoder.name)[-60:]
        self._path = folder / f"vectors-{name}-{self.dimension}.bin" if folder else None
        # Apart, not as records: what is read for every post then lies together.
        self._keys = np.zeros(0, np.uint64)
        self._scales: Floats = np.zeros(0, np.float32)
        self._codes = np.zeros((0, self.dimension), np.int8)
        self._order: Ids = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def rows(self, texts: Sequence[str]) -> Ids:
        """The row of each text, embedding those that are new: int64 of shape ``(len(texts),)``."""
        keys = np.asarray([_key(text) for text in texts], np.uint64)
        found = self._find(self._keys, self._order, keys)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            once = missing[np.unique(keys[missing], return_index=True)[1]]
            self._add(self._kept(keys[once]))
            found = self._find(self._keys, self._order, keys)
            new = once[found[once] < 0]
            if len(new):
                made = self._embedded(keys[new], [texts[i] for i in new])
                self._add(made)
                self._keep(made)
                found = self._find(self._keys, self._order, keys)
        return found

    def take(self, rows: Ids) -> Floats:
        """The vectors of ``rows``: float32 of shape ``(len(rows), dimension)``."""
        vectors: Floats = self._codes[rows].astype(np.float32)
        vectors *= self._scales[rows, None]
        return vectors

    def cosines(self, rows: Ids, query: Floats) -> Floats:
        """The cosine of the unit vector ``query`` with the vector of each of ``rows``."""
        similar: Floats = self._codes[rows].astype(np.float32) @ query
        similar *= self._scales[rows]
        return similar

    @staticmethod
    def _find(keys: NDArray[np.uint64], order: Ids, wanted: NDArray[np.uint64]) -> Ids:
        """Where each wanted key stands among ``keys``, -1 where it does not."""
        if not len(keys):
            return np.full(len(wanted), -1, np.int64)
        at = np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)
        rows = order[at]
        return np.where(keys[rows] == wanted, rows, -1)

    def _add(self, records: NDArray[Any]) -> None:
        if len(records):
            self._keys = np.concatenate([self._keys, records["key"]])
            self._scales = np.concatenate([self._scales, records["scale"]])
            self._codes = np.concatenate([self._codes, records["code"]])
            self._order = np.argsort(self._keys, kind="stable")

    def _embedded(self, keys: NDArray[np.uint64], texts: Sequence[str]) -> NDArray[Any]:
        records = np.zeros(len(texts), self._record)
        records["key"] = keys
        for start in range(0, len(texts), _BATCH):
            if start % _SAY_EVERY < _BATCH and len(texts) > _SAY_EVERY:
                log.info("embedding what events say: %d of %d texts", start, len(texts))
            vectors = self._encoder.encode(texts[start : start + _BATCH])
            scale = np.abs(vectors).max(axis=1) / 127
            part = records[start : start + _BATCH]
            part["scale"] = scale
            part["code"] = np.rint(vectors / np.where(scale > 0, scale, 1)[:, None])
        return records

    # the file: records one after another, no header

    def _kept(self, keys: NDArray[np.uint64]) -> NDArray[Any]:
        """Those of the wanted records that the file holds."""
        nothing = np.zeros(0, self._record)
        if self._path is None:
            return nothing
        try:
            whole = self._path.stat().st_size // self._record.itemsize
            if not whole:
                return nothing
            file = np.memmap(self._path, self._record, mode="r", shape=(whole,))
        except FileNotFoundError:
            return nothing
        except OSError as error:
            log.warning("%s cannot be read (%s): events are embedded again", self._path, error)
            return nothing
        known = np.array(file["key"])
        at = self._find(known, np.argsort(known, kind="stable"), keys)
        found = np.array(file[np.sort(at[at >= 0])])
        whole_ones: NDArray[Any] = found[np.isfinite(found["scale"])]
        return whole_ones

    def _keep(self, records: NDArray[Any]) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = file.seek(0, 2)
                # A process killed while it wrote has left part of a record.
                size -= size % self._record.itemsize
                file.truncate(size if size < _LARGEST_FILE else 0)
                file.write(records.tobytes())
        except OSError as error:
            log.warning("%s cannot be written (%s): every start embeds again", self._path, error)


def _key(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")

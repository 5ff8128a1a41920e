"""The bridge of words between languages: which English stems an Arabic or French stem stands for.

``data/lexicon.tsv.gz`` holds translation probabilities and document counts, made from parallel text
by ``benchmarks/lexicon.py``. It lets an untranslated Arabic post share words with an English title.

82,000 stems with their translations are 40 MB as Python objects and three as text: the lines stay
as they are, in the order of their stems, and are searched by bisection.
"""

from __future__ import annotations

import gzip
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Self

Glosses = tuple[tuple[str, float], ...]


class Table:
    """The lines ``stem <tab> English:probability …`` of one language, ascending by stem."""

    def __init__(self, lines: bytes, starts: array[int]) -> None:
        """``starts`` says where in ``lines`` each line begins, and where the last one ends."""
        self._lines, self._starts = lines, starts

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Self:
        """Raises ValueError where the stems do not ascend."""
        stems = [line.partition(b"\t")[0] for line in lines]
        if any(a >= b for a, b in pairwise(stems)):
            raise ValueError("the stems of the lexicon do not ascend")
        starts = array("I", [0])
        for line in lines:
            starts.append(starts[-1] + len(line))
        return cls(b"".join(lines), starts)

    def get(self, stem: str) -> Glosses:
        """The glosses of ``stem``, the most probable first; nothing where it is not known."""
        wanted = stem.encode("utf-8", "surrogatepass")
        row = bisect_left(range(len(self._starts) - 1), wanted, key=self._stem)
        if row == len(self._starts) - 1 or self._stem(row) != wanted:
            return ()
        line = self._lines[self._starts[row] : self._starts[row + 1]].decode()
        pairs = (item.rpartition(":") for item in line.partition("\t")[2].split())
        return tuple((target, float(share)) for target, _, share in pairs)

    def _stem(self, row: int) -> bytes:
        start = self._starts[row]
        return self._lines[start : self._lines.index(b"\t", start)]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``tables`` by language. ``share`` is the share of documents a stem stands in."""

    tables: Mapping[str, Table]
    share: Mapping[str, float]

    def gloss(self, stem: str, language: str) -> Glosses:
        """(English stem, probability), the most probable first."""
        return _gloss(self.tables[language], stem) if language in self.tables else ()


@lru_cache(maxsize=8_192)
def _gloss(table: Table, stem: str) -> Glosses:
    return table.get(stem)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon shipped with the package; read once."""
    lines: dict[bytes, list[bytes]] = {}
    path = resources.files("monitor.link") / "data" / "lexicon.tsv.gz"
    for line in gzip.decompress(path.read_bytes()).splitlines():
        first, _, rest = line.partition(b"\t")
        if rest:
            lines.setdefault(first, []).append(rest)
    (total,) = map(int, lines.pop(b"#total"))
    counts = (line.decode().partition("\t") for line in lines.pop(b"#"))
    # A few hundred counts make most of the 48,000: one object for each.
    shares: dict[str, float] = {}
    share = {stem: shares.setdefault(n, float(n) / total) for stem, _, n in counts}
    return Lexicon({code.decode(): Table.of(of) for code, of in lines.items()}, share)

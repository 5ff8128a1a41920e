"""The bridge of words between languages: which English stems an Arabic or French stem stands for.

``data/lexicon.tsv.gz`` holds translation probabilities and document counts, made from parallel text
by ``benchmarks/lexicon.py``. It lets an untranslated Arabic post share words with an English title.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

Glosses = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``glosses[language][stem]`` are (English stem, probability).

    ``share`` is the share of documents a stem stands in.
    """

    glosses: Mapping[str, Mapping[str, Glosses]]
    share: Mapping[str, float]

    def gloss(self, stem: str, language: str) -> Glosses:
        table = self.glosses.get(language)
        return table.get(stem, ()) if table else ()


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon shipped with the package; read once."""
    glosses: dict[str, dict[str, Glosses]] = {}
    share: dict[str, float] = {}
    total = 1.0
    path = resources.files("monitor.link") / "data" / "lexicon.tsv.gz"
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        first, _, rest = line.partition("\t")
        if first == "#total":
            total = float(rest)
        elif first == "#":
            stem, _, count = rest.partition("\t")
            share[stem] = float(count) / total
        elif rest:
            stem, _, found = rest.partition("\t")
            pairs = (item.rpartition(":") for item in found.split())
            glosses.setdefault(first, {})[stem] = tuple((t, float(p)) for t, _, p in pairs)
    return Lexicon(glosses, share)

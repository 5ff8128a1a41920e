"""Words that are names and nothing else: a text of nothing but these is in no language.

The list is a sorted array of hashes, made by ``packaging/language/names.py`` from towns,
countries, people and dictionaries; days, months, languages and peoples are not in it, since their
spelling tells the language (``Monday``, ``français``).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from monitor.errors import ModelError
from monitor.text.fold import fold

_SHIPPED: Final = Path(__file__).parent / "data" / "language-names.npz"
_LONGEST: Final = 4  # words: longer texts of names are lists, and lists say "and"
#: Words inside names, in lower case or with a capital; a name needs another word beside them.
_PARTICLES: Final = frozenset(
    "al el ez es ed ash ben bin bel ibn abu abou bou umm oum sidi de del della der den di da "  # noqa: SIM905
    "do dos du au sur la las le les los van von y san sao saint sainte st ste new port fort tel "
    "بن ابن بنت ابو ام ال دي فان سان عبد".split()
)


def name_hash(folded: str) -> int:
    """Where a folded word stands in the list: 32 bits, the same on every machine."""
    return zlib.crc32(folded.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class NameList:
    """``hashes`` has shape (n,), uint32, ascending."""

    hashes: npt.NDArray[np.uint32]

    @classmethod
    def load(cls, path: Path = _SHIPPED) -> Self:
        """Read a list. Raises ``ModelError`` where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(stored["hashes"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: not a list of names: {error}") from error

    def __contains__(self, word: str) -> bool:
        wanted = np.uint32(name_hash(fold(word)))
        at = int(self.hashes.searchsorted(wanted))
        return at < len(self.hashes) and self.hashes[at] == wanted

    def lone(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are one to four words of a name: ``Emmanuel Macron``, ``Khan Younès``.

        Words in Latin letters need a capital. A particle (``al``, ``de``, ``bin``) may stand with
        other words of the name, never alone.
        """
        parts = [part for word in words for part in word.split("-") if part]
        if not 0 < len(parts) <= _LONGEST:
            return False
        named = False
        for part in parts:
            particle = fold(part) in _PARTICLES
            if not particle and (part[0].islower() or part not in self):
                return False
            named = named or not particle
        return named

"""Words that were written together: ``#boulderflood``, ``#portauprince``, ``#حفرالباطن``.

The words of Arabic, French and English and how frequent each is are a sorted array of hashes, made
by ``packaging/language/words.py``. A word is split where that makes it likelier than it is as one
(Norvig, "Natural Language Corpus Data", 2009): into known words and names only, or not at all.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from monitor.errors import ModelError
from monitor.text.arabic import is_arabic
from monitor.text.fold import fold
from monitor.text.names import NameList, name_hash

_SHIPPED: Final = Path(__file__).parent / "data" / "words.npz"
_LEAST, _MOST = 5, 40  # letters of what is looked at
_LONGEST: Final = 16  # letters of a word in it
# Of shares in the language, log10:
_KNOWN: Final = -5.5  # from here on a word stands as it is
_A_NAME: Final = -6.7
_USUAL: Final = -5.0  # from here on three letters are an Arabic word
_A_LETTER: Final = -1.1  # what a split must be likelier than, for each letter of the whole
# Of short Latin words only these are parts: what is left of a cut often looks like some word.
_SHORT: Final = frozenset(
    "of in on to at by is we us we my no go de du la le les et en au un une des sur pour avec the "  # noqa: SIM905
    "and for are not all our you new red big one two day war aid gas oil men art fin feu vie "
    "non oui eau mer san".split()
)
# Arabic letters that join the next one: behind these two words cannot be written together.
_JOINING: Final = frozenset("بتثجحخسشصضطظعغفقكلمنهيئـ")


class WordList:
    """``hashes`` (uint32, ascending) and ``shares`` (log10, float32), both of shape (n,)."""

    def __init__(self, path: Path = _SHIPPED) -> None:
        """Read a list. Raises :class:`ModelError` where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                self.hashes = stored["hashes"]
                self.shares = stored["tenths"].astype(np.float32) / -10
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: not a list of words: {error}") from error
        self._names = NameList.load()

    def share(self, folded: str) -> float:
        """How frequent a word is, as log10 of its share; minus infinity for none that is known."""
        hashed = np.uint32(name_hash(folded))  # a plain int would make the search copy the list
        at = int(self.hashes.searchsorted(hashed))
        if at < len(self.hashes) and self.hashes[at] == hashed:
            return float(self.shares[at])
        return _A_NAME if len(folded) > 3 and folded in self._names else -math.inf


@lru_cache(maxsize=1)
def load_words() -> WordList:
    """The list shipped with the package; read once. Raises :class:`ModelError`."""
    return WordList()


@lru_cache(maxsize=16_384)
def split_glued(word: str) -> tuple[str, ...]:
    """The words written together in ``word``, a run of letters; itself alone if it is one word."""
    if not _LEAST <= len(word) <= _MOST:
        return (word,)
    known = load_words()
    if known.share(fold(word)) > _KNOWN:
        return (word,)
    # Up to each letter: how likely the best split is, and where its last word begins.
    best = [(0.0, 0)] + [(-math.inf, 0)] * len(word)
    for start in range(len(word) - 1):
        likely = best[start][0]
        if likely == -math.inf or (start and word[start - 1] in _JOINING):
            continue
        for end in range(start + 2, min(start + _LONGEST, len(word)) + 1):
            share = _share_of_part(fold(word[start:end]), known)
            best[end] = max(best[end], (likely + share, start))
    if best[-1][0] < _A_LETTER * len(word):
        return (word,)
    cuts = [len(word)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return tuple(word[start:end] for start, end in pairwise(reversed(cuts)))


def _share_of_part(piece: str, known: WordList) -> float:
    if len(piece) > 3 or piece in _SHORT:
        return known.share(piece)
    share = known.share(piece) if len(piece) == 3 and is_arabic(piece) else -math.inf
    return share if share >= _USUAL else -math.inf

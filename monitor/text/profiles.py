"""langdetect's profiles in flat arrays: 2 MB where its dictionary of lists takes 21.

It knows an n-gram of up to three characters by a list of its probability in each language. Most of
those are 0, and most n-grams are of languages that are never asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

_BITS = 21  # of a character


class Profiles:
    """What langdetect asks of its ``word_lang_prob_map``: is an n-gram known, and its list."""

    def __init__(
        self, weights: Iterable[Mapping[str, float]], others: Iterable[Iterable[str]]
    ) -> None:
        """``weights`` are each language's probabilities by n-gram; ``others`` the n-grams of more
        languages, which are known too and have no weight. Both are taken one language at a time:
        all together as Python objects, they would leave 20 MB of holes behind them."""
        weighted, columns, shares = array("Q"), array("B"), array("d")
        self._languages = 0
        for language in weights:
            weighted.extend(map(_packed, language))
            columns.extend([self._languages] * len(language))
            shares.extend(language.values())
            self._languages += 1
        order = np.argsort(weighted, kind="stable")
        self._columns = array("B", np.asarray(columns)[order].tobytes())
        self._shares = array("d", np.asarray(shares)[order].tobytes())
        light = array("Q")
        for grams in others:
            light.extend(map(_packed, grams))
        keys = np.unique(np.concatenate([np.asarray(weighted), np.asarray(light)]))
        starts = np.asarray(weighted)[order].searchsorted(keys)
        self._keys = array("Q", keys.tobytes())
        self._starts = array("I", [*starts.tolist(), len(order)])
        self._row = lru_cache(maxsize=8_192)(self._search)  # a few thousand make most of all text

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, gram: str) -> bool:
        return self._row(gram) >= 0

    def __getitem__(self, gram: str) -> list[float]:
        """The probabilities of a known n-gram, one a language."""
        row = self._row(gram)
        shares = [0.0] * self._languages
        for at in range(self._starts[row], self._starts[row + 1]):
            shares[self._columns[at]] = self._shares[at]
        return shares

    def _search(self, gram: str) -> int:
        """The row of an n-gram, -1 where it is not known."""
        key = _packed(gram)
        row = bisect_left(self._keys, key)
        return row if row < len(self._keys) and self._keys[row] == key else -1


def _packed(gram: str) -> int:
    key = 0
    for character in gram:
        key = key << _BITS | ord(character)
    return key

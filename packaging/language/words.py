"""Build monitor/text/data/words.npz: words of three languages, and how frequent they are.

    python packaging/language/words.py monitor/text/data/words.npz

The frequencies are those of the package wordfreq 3.1 (Speer 2022; its data CC BY-SA 4.0), which
counts books, news, subtitles and posts. Kept are the hashes of folded words and tenths of -log10 of
their share in the language where they are most frequent.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from wordfreq import get_frequency_dict

from monitor.text.fold import fold
from monitor.text.names import name_hash

RARE = {"en": 10**-6.3, "fr": 10**-6.0, "ar": 10**-6.3}  # shares below are as often mistakes


def main() -> None:
    shares: dict[int, float] = {}
    for language, least in RARE.items():
        for word, share in get_frequency_dict(language, wordlist="best").items():
            form = fold(word)
            if share >= least and form.isalpha():
                hashed = name_hash(form)
                shares[hashed] = max(share, shares.get(hashed, 0.0))
    hashes = np.asarray(sorted(shares), np.uint32)
    tenths = [round(-10 * math.log10(shares[int(hashed)])) for hashed in hashes]
    np.savez_compressed(Path(sys.argv[1]), hashes=hashes, tenths=np.asarray(tenths, np.uint8))
    print(f"{len(hashes)} words")


if __name__ == "__main__":
    main()

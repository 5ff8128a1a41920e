"""Training posts for the language tables: (class, normal text, source, group) rows.

Where there is no running text of a language, posts are drawn from its word frequencies: the tables
read n-grams within words only, so a bag of words is to them what a sentence is.
"""

from __future__ import annotations

import json
import lzma
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import wordfreq
from arabizi_words import WORDS as ARABIZI_WORDS
from arabizi_words import romanise

from monitor.text import social
from monitor.text.ngrams import normal

LATIN_WORDFREQ = {
    "en": 30_000,
    "fr": 30_000,
    "es": 20_000,
    "pt": 14_000,
    "it": 14_000,
    "de": 14_000,
    "nl": 12_000,
    "id": 12_000,
    "ms": 5_000,
    "tr": 12_000,
    "fil": 12_000,
    "ca": 8_000,
    "ro": 8_000,
    "sv": 8_000,
    "da": 6_000,
    "nb": 6_000,
    "fi": 6_000,
    "hu": 6_000,
    "cs": 6_000,
    "sk": 5_000,
    "pl": 9_000,
    "sl": 5_000,
    "sh": 7_000,
    "lt": 5_000,
    "lv": 5_000,
    "vi": 4_000,
    "is": 4_000,
}
#: Classes of languages named differently elsewhere; near twins share one class.
SAME = {"tl": "fil", "hr": "sh", "bs": "sh", "sr": "sh", "nn": "nb", "xh": "zu"}
UDHR_LATIN = {
    "afr": "af",
    "als": "sq",
    "eus": "eu",
    "est": "et",
    "cym": "cy",
    "gle": "ga",
    "epo": "eo",
    "som": "so",
    "swh": "sw",
    "hat_popular": "ht",
    "hau_NG": "ha",
    "azj_latn": "az",
    "mlt": "mt",
    "kmr": "ku",
    "uzn_latn": "uz",
    "glg": "gl",
    "yor": "yo",
    "zul": "zu",
    "ibo": "ig",
    "plt": "mg",
    "jav": "jv",
    "sun": "jv",
    "ceb": "ceb",
    "hil": "ceb",
    "ilo": "ceb",
    "bcl": "ceb",
    "oci_1": "oc",
    "ast": "gl",
    "lat": "la",
    "wol": "wo",
    "bam": "bm",
    "lin": "ln",
    "kin": "rw",
    "run": "rw",
    "nya_chinyanja": "sn",
    "sna": "sn",
    "sot": "st",
    "tsn": "st",
    "nso": "st",
    "tso_ZW": "zu",
    "lug": "lg",
    "tuk_latn": "uz",
    "ltz": "de",
    "bre": "cy",
    "gla": "ga",
    "fao": "is",
    "nds": "nl",
    "fri": "nl",
    "srp_latn": "sh",
    "src": "it",
    "vec": "it",
    "cos": "it",
    "mri": "mi",
}
UDHR_ARABIC = {
    "ckb": "ckb",
    "uig_arab": "ug",
    "pbu": "ps",
    "urd": "ur",
    "urd_2": "ur",
    "pes_1": "fa",
    "pes_2": "fa",
    "skr": "sd",
    "pnb": "ur",
}
LINGUA_LATIN = {
    "af",
    "az",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "en",
    "eo",
    "es",
    "et",
    "eu",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "id",
    "is",
    "it",
    "la",
    "lg",
    "lt",
    "lv",
    "mi",
    "ms",
    "nb",
    "nl",
    "nn",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sn",
    "so",
    "sq",
    "st",
    "sv",
    "sw",
    "tl",
    "tn",
    "tr",
    "ts",
    "vi",
    "xh",
    "yo",
    "zu",
}
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    text: str
    source: str
    group: str
    weight: float = 1.0


def tidy(text: str) -> str:
    return normal([word.text for word in social.words(text) if not word.text.isdigit()])


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._inside = tag == "p"

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.found.append(data)


def udhr(folder: Path, names: dict[str, str], rng: random.Random, each: int) -> Iterator[Row]:
    for name, code in names.items():
        parser = _Paragraphs()
        parser.feed((folder / f"{name}.html").read_text(encoding="utf-8"))
        words = [tidy(paragraph).split() for paragraph in parser.found]
        words = [paragraph for paragraph in words if paragraph]
        for _ in range(each):
            paragraph = rng.choice(words)
            length = min(len(paragraph), _length(rng))
            start = rng.randrange(len(paragraph) - length + 1)
            yield Row(code, " ".join(paragraph[start : start + length]), "udhr", name)


def _length(rng: random.Random) -> int:
    return rng.choice((1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, 20))


def drawn(
    code: str, count: int, rng: random.Random, names: list[str], script: Callable[[str], bool]
) -> Iterator[Row]:
    """Posts drawn word by word from the frequencies of ``code``."""
    table = wordfreq.get_frequency_dict(code, "best")
    words, weights = [], []
    for word, frequency in table.items():
        word = normal([word])
        if word and len(word) < 25 and all(script(letter) for letter in word if letter.isalpha()):
            words.append(word)
            weights.append(frequency)
    rare = [weight**0.55 for weight in weights]
    lengths = [_length(rng) for _ in range(count)]
    plain = rng.choices(words, weights, k=sum(lengths))
    unusual = rng.choices(words, rare, k=sum(lengths))
    at = 0
    for length in lengths:
        share = rng.choice((0.15, 0.4, 1.0)) if length < 5 else rng.choice((0.0, 0.1, 0.3))
        post = [unusual[i] if rng.random() < share else plain[i] for i in range(at, at + length)]
        at += length
        if length > 3 and rng.random() < 0.35:
            post.insert(rng.randrange(length), rng.choice(names))
        text = " ".join(post)
        if rng.random() < 0.08:
            text = "".join(
                letter
                for letter in unicodedata.normalize("NFD", text)
                if not unicodedata.combining(letter)
            )
        yield Row(code, text, "wordfreq", code)


def _latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _arabic(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("ARABIC")


def _jsonl(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def name_list(mt: Path, rng: random.Random) -> list[str]:
    found = []
    with lzma.open(mt / "ar-en.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            _, english, corpus = line.rstrip("\n").split("\t")
            if corpus in ("wiki-names", "google-names", "geo-names", "country-names"):
                name = tidy(english)
                if name and len(name.split()) <= 3:
                    found.append(name)
    rng.shuffle(found)
    return found


def _pieces(text: str, rng: random.Random) -> Iterator[str]:
    """A tidy text whole, and now and then a few of its words."""
    yield text
    words = text.split()
    if len(words) > 3:
        length = min(len(words), rng.choice((1, 2, 3, 5)))
        start = rng.randrange(len(words) - length + 1)
        yield " ".join(words[start : start + length])


def parallel(mt: Path, rng: random.Random, each: int) -> Iterator[Row]:
    for name, code in (("fr-en", "fr"), ("ar-en", "ar")):
        with lzma.open(mt / f"{name}.tsv.xz", "rt", encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        rows = [row for row in rows if "names" not in row[2] and "terms" not in row[2]]
        for source, english, corpus in rng.sample(rows, each):
            for piece in _pieces(tidy(source), rng):
                yield Row(code, piece, "mt", corpus)
            for piece in _pieces(tidy(english), rng):
                yield Row("en", piece, "mt", corpus)


def corpus(path: Path, rng: random.Random) -> Iterator[Row]:
    for post in _jsonl(path / "posts.jsonl"):
        text = tidy(post["text"])
        if post.get("dialect") == "arabizi":
            for piece in _pieces(text, rng):
                yield Row("ar-Latn", piece, "corpus", post["event_id"], 6.0)
            continue
        for piece in _pieces(text, rng):
            yield Row(post["lang"], piece, "corpus", post["event_id"])


def tweets(bench: Path, rng: random.Random) -> Iterator[Row]:
    for name, code in (
        ("discovery/event2018-fr", "fr"),
        ("linking/event2012-en", "en"),
        ("linking/kawarith-ar", "ar"),
    ):
        for post in _jsonl(bench / name / "posts.jsonl"):
            text = tidy(post["text"])
            if text:
                for piece in _pieces(text, rng):
                    yield Row(code, piece, f"tweets-{code}", str(post["event_id"]))


def lengths(bench: Path) -> Iterator[Row]:
    for number, row in enumerate(_jsonl(bench / "language/lingua-lengths.jsonl")):
        code = row["true_lang"]
        # Each language has only 75 rows where the classes drawn from frequencies have thousands.
        weight = 1.0 if code in ("en", "fr", "ar") else 8.0
        yield Row(SAME.get(code, code), tidy(row["text"]), "lingua", str(number), weight)


def romanised(bench: Path, shared: Path, rng: random.Random, count: int) -> Iterator[Row]:
    posts = [post["text"] for post in _jsonl(bench / "linking/kawarith-ar/posts.jsonl")]
    posts += [
        p["text"]
        for p in _jsonl(shared / "posts.jsonl")
        if p.get("dialect") not in (None, "arabizi")
    ] * 3
    lexicon = list(ARABIZI_WORDS)
    for _ in range(count):
        words = tidy(rng.choice(posts)).split()
        length = min(len(words), _length(rng))
        if not length:
            continue
        start = rng.randrange(len(words) - length + 1)
        post = romanise(words[start : start + length], rng)
        share = rng.choice((0.0, 0.4, 0.8))
        post = [rng.choice(lexicon) if rng.random() < share else word for word in post]
        if length > 4 and rng.random() < 0.3:
            post.insert(
                rng.randrange(length),
                rng.choice(
                    (
                        "live",
                        "week",
                        "match",
                        "like",
                        "la",
                        "les",
                        "avec",
                        "video",
                        "please",
                        "bac",
                        "train",
                    )
                ),
            )
        yield Row("ar-Latn", normal(post), "arabizi-made", "made")


def latin_rows(bench: Path, shared: Path, mt: Path, folder: Path, rng: random.Random) -> list[Row]:
    names = name_list(mt, rng)
    rows = [Row("und", name, "names", "names", 0.5) for name in names[:20_000]]
    for code, count in LATIN_WORDFREQ.items():
        rows += drawn(code, count, rng, names, _latin)
    rows += udhr(folder, UDHR_LATIN, rng, 1500)
    rows += (row for row in parallel(mt, rng, 12_000) if row.code != "ar")
    rows += (row for row in corpus(shared, rng) if row.code != "ar")
    rows += (row for row in tweets(bench, rng) if row.code != "ar")
    rows += (
        row
        for row in lengths(bench)
        if row.code in LINGUA_LATIN | {"sh", "fil"}
        and _latin(next(filter(str.isalpha, row.text), "#"))
    )
    rows += romanised(bench, shared, rng, 9_000)
    return [row for row in rows if _LETTERS.search(row.text)]


def arabic_rows(bench: Path, shared: Path, mt: Path, folder: Path, rng: random.Random) -> list[Row]:
    rows: list[Row] = []
    for code, count in {"ar": 12_000, "fa": 12_000, "ur": 9_000}.items():
        rows += drawn(code, count, rng, ["الله"], _arabic)
    rows += udhr(folder, UDHR_ARABIC, rng, 3000)
    rows += (row for row in parallel(mt, rng, 8_000) if row.code == "ar")
    rows += (row for row in corpus(shared, rng) if row.code == "ar")
    rows += (row for row in tweets(bench, rng) if row.code == "ar")
    rows += (row for row in lengths(bench) if row.code in ("ar", "fa", "ur"))
    return [row for row in rows if _LETTERS.search(row.text)]

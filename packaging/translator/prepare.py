"""Make everything that training reads: pieces, encoder weights, chosen pairs, word links.

    python prepare.py --parallel DIR --posts DIR --out DIR

``--parallel`` holds ``ar-en.tsv.xz`` and ``fr-en.tsv.xz`` (source, English, corpus name);
``--posts`` holds ``posts.jsonl`` (posts about known events with their English) and
``events.jsonl`` (the events with their titles in three languages).  Every twelfth
event is held out whole, with every twelfth NIL post, and written to ``heldout.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import sentencepiece as spm
from encoder import EOS, LINKS, MASKS, NAMES, NUMBERS, prune, unpack, wheel_file

from monitor.translate.masks import NUMBER, english_number, numbers_in_words
from monitor.translate.numbers import find_numbers

#: How many pairs of a corpus are used at most (all, where it is not named): lists of names and
#: everyday sentences would otherwise drown the prose.
CAPS = {
    "ar": {"wiki-names": 40_000, "google-names": 8_000, "fignews-mt": 1_000},
    "fr": {"tatoeba": 70_000, "pawsx": 4_000, "fignews-mt": 700},
}
#: Which group a corpus belongs to; all others are prose.
GROUPS = {
    "tatoeba": "everyday",
    "tatoeba-opus": "everyday",
    "wiki-names": "names",
    "google-names": "names",
    "geo-names": "names",
    "country-names": "names",
    "cldr-names": "names",
    "tico19-terms": "names",
}
#: How many masked copies a pair of each group gets, and as many with other names in it.
COPIES = {"posts": 2.0, "prose": 0.5, "everyday": 0.1, "names": 0.0}
LANGUAGES = ["ar", "fr", "en"]
GROUP_NAMES = ["prose", "everyday", "names", "posts"]
WORD = re.compile(r"[^\W\d_]{3,}", re.U)


@dataclass(frozen=True)
class Pair:
    """A text, its English, the language of the text and the group of its corpus."""

    lang: str
    source: str
    english: str
    group: str


def read_parallel(path: Path, lang: str, rng: random.Random) -> tuple[list[Pair], list[Pair]]:
    """The pairs of one file, at most ``CAPS`` of each corpus; and its lists of names, whole."""
    by_corpus: dict[str, list[Pair]] = defaultdict(list)
    with lzma.open(path, "rt", encoding="utf8") as lines:
        for line in lines:
            source, english, corpus = line.rstrip("\n").split("\t")[:3]
            group = GROUPS.get(corpus, "prose")
            if group == "names" and english.islower():
                english = english.title()
            by_corpus[corpus].append(Pair(lang, source, english, group))
    chosen: list[Pair] = []
    for corpus, pairs in sorted(by_corpus.items()):
        rng.shuffle(pairs)
        chosen += pairs[: CAPS[lang].get(corpus)]
    return chosen, [p for pairs in by_corpus.values() for p in pairs if p.group == "names"]


def read_phrases(path: Path) -> list[Pair]:
    """Pairs written for this recipe: Arabic, French (either may be empty), English."""
    pairs: list[Pair] = []
    for line in path.read_text(encoding="utf8").splitlines():
        arabic, french, english = line.split("\t")
        pairs += [Pair("ar", arabic, english, "posts")] * bool(arabic)
        pairs += [Pair("fr", french, english, "posts")] * bool(french)
    return pairs


def read_posts(path: Path) -> tuple[list[Pair], list[dict[str, str]]]:
    """Posts to train on, and the rows held out (events by twelfths, NIL posts too)."""
    rows = [json.loads(line) for line in path.open(encoding="utf8")]
    events = sorted({row["event_id"] for row in rows if row["event_id"] != "NIL"})
    held_events = set(events[::12])
    nil_ids = sorted(row["id"] for row in rows if row["event_id"] == "NIL")
    held_nil = set(nil_ids[::12])
    train: list[Pair] = []
    held: list[dict[str, str]] = []
    for row in rows:
        if row["event_id"] in held_events or row["id"] in held_nil:
            if row["lang"] != "en":
                held.append(row)
        elif row["lang"] == "en":
            train.append(Pair("en", row["text"], row["text"], "posts"))
        else:
            train.append(Pair(row["lang"], row["text"], row["english"], "posts"))
    for line in (path.parent / "events.jsonl").open(encoding="utf8"):
        event = json.loads(line)
        if event["id"] not in held_events:
            titles = event.get("titles", {}).items()
            train += [Pair(lang, title, event["title"], "posts") for lang, title in titles]
    return train, held


class Names:
    """Names in both languages: what may be replaced by a symbol or by another name."""

    def __init__(self, lists: list[Pair], prose: list[Pair]) -> None:
        lower = {w for p in prose for w in re.findall(r"\b[a-z]+\b", p.english)}
        self.table: dict[str, dict[str, str]] = {"ar": {}, "fr": {}, "en": {}}
        for pair in lists:
            named = pair.english[:1].isupper() and len(pair.source) > 3
            if named and len(pair.source.split()) <= 2 and len(pair.english.split()) <= 3:
                self.table[pair.lang].setdefault(pair.source, pair.english)
        latin = {n: n for n in self.table["ar"].values()}
        self.table["fr"] = latin | self.table["fr"]
        self.table["en"] = latin
        self.pool = {
            lang: [
                (there, here)
                for there, here in table.items()
                if not re.search(r"\d|[()]", here) and not set(here.lower().split()) & lower
            ]
            for lang, table in self.table.items()
        }

    def found(self, pair: Pair) -> Iterator[tuple[str, str, str]]:
        """Names that stand once on either side: with its Arabic prefix, the prefix, in English."""
        words = WORD.findall(pair.source)
        spans = [f"{a} {b}" for a, b in pairwise(words)] + words
        for span in dict.fromkeys(spans):
            for prefix in ("", "و", "ب", "ل", "ف") if pair.lang == "ar" else ("",):
                here = self.table[pair.lang].get(span[len(prefix) :])
                if here is None or not span.startswith(prefix):
                    continue
                if pair.source.count(span) == 1 == len(whole(here).findall(pair.english)):
                    yield span, prefix, here
                    break


def whole(text: str) -> re.Pattern[str]:
    """``text`` as a whole word."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def masked(pair: Pair, names: Names, rng: random.Random) -> Pair | None:
    """A copy with numbers, known names and a link replaced by symbols, or None."""
    source, english = pair.source, pair.english
    symbols = iter(rng.sample(NUMBERS, len(NUMBERS)))
    for number in dict.fromkeys(NUMBER.findall(source)) if rng.random() < 0.9 else ():
        there = re.compile(rf"(?<![\w.,]){re.escape(number)}(?![\w])")
        here = re.compile(rf"(?<![\w.,]){re.escape(english_number(number))}(?![\w])")
        if len(there.findall(source)) == 1 == len(here.findall(english)):
            symbol = next(symbols, None)
            if symbol is None:
                break
            source, english = there.sub(symbol, source), here.sub(symbol, english)
    for number in reversed(numbers_in_words(source)) if rng.random() < 0.9 else ():
        same = [n for n in find_numbers(english) if n.value == number.value and not n.ordinal]
        symbol = next(symbols, None) if len(same) == 1 else None
        if symbol is not None:
            source = f"{source[: number.start]}{symbol}{source[number.end :]}"
            english = f"{english[: same[0].start]}{symbol}{english[same[0].end :]}"
    symbols = iter(rng.sample(NAMES, len(NAMES)))
    for span, prefix, here in names.found(pair) if rng.random() < 0.8 else ():
        if source.count(span) != 1 or not whole(here).search(english):
            continue  # part of a longer name, replaced already
        symbol = next(symbols, None)
        if symbol is not None and rng.random() < 0.8:
            source = source.replace(span, prefix + symbol)
            english = whole(here).sub(symbol, english)
    if rng.random() < 0.1 and pair.group != "names":
        link = rng.choice(LINKS)
        where = rng.random() < 0.8
        source = f"{source} {link}" if where else f"{link} {source}"
        english = f"{english} {link}" if where else f"{link} {english}"
    made = replace(pair, source=source, english=english)
    return made if made != pair else None


def swapped(pair: Pair, names: Names, rng: random.Random) -> Pair | None:
    """A copy with known names replaced by other names, so that it is the source that says them."""
    source, english = pair.source, pair.english
    for span, prefix, here in names.found(pair):
        if source.count(span) != 1 or not whole(here).search(english):
            continue
        new, new_here = rng.choice(names.pool[pair.lang])
        if prefix == "ل" and new.startswith("ال"):
            prefix, new = "لل", new[2:]
        source = source.replace(span, prefix + new)
        english = whole(here).sub(new_here.replace("\\", ""), english)
    made = replace(pair, source=source, english=english)
    return made if made != pair else None


def clean(pair: Pair) -> Pair:
    """Arabic-Indic digits become European ones, so that numbers can be found on both sides."""
    digits = {0x660 + i: str(i) for i in range(10)} | {0x6F0 + i: str(i) for i in range(10)}
    return replace(pair, source=pair.source.translate(digits))


def train_target(pairs: list[Pair], size: int, folder: Path) -> spm.SentencePieceProcessor:
    """SentencePiece for the English side, with the masks among its pieces."""
    text = folder / "english.txt"
    lines = [p.english for p in pairs] + [p.english for p in pairs if p.group == "posts"] * 3
    text.write_text("\n".join(lines), encoding="utf8")
    spm.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tgt"),
        vocab_size=size,
        model_type="unigram",
        pad_id=1,
        bos_id=0,
        eos_id=EOS,
        unk_id=3,
        character_coverage=0.9998,
        byte_fallback=True,
        normalization_rule_name="nfkc",
        user_defined_symbols=",".join(MASKS),
        minloglevel=2,
        num_threads=2,
        max_sentencepiece_length=16,
    )
    text.unlink()
    return spm.SentencePieceProcessor(model_file=str(folder / "tgt.model"))


def words_of(pieces: list[str]) -> tuple[list[str], list[int]]:
    """The words that pieces spell, bare of punctuation, and the word each piece belongs to."""
    words: list[str] = []
    owner: list[int] = []
    for piece in pieces:
        if piece.startswith("▁") or piece in MASKS or not words:
            words.append("")
        words[-1] += piece.removeprefix("▁")
        owner.append(len(words) - 1)
    return [re.sub(r"[^\w\ue000-\ue0ff]+", "", w).lower() or w or "-" for w in words], owner


def word_links(
    sources: list[list[str]], targets: list[list[str]], folder: Path
) -> Iterator[dict[int, int]]:
    """For each pair, target word → source word, by eflomal (both directions, joined)."""
    from eflomal import Aligner

    files = {side: folder / f"align.{side}" for side in ("s", "t", "fwd", "rev")}
    for side, texts in (("s", sources), ("t", targets)):
        text = "\n".join(" ".join(words) for words in texts)
        files[side].write_text(text + "\n", encoding="utf8")
    with files["s"].open(encoding="utf8") as s, files["t"].open(encoding="utf8") as t:
        Aligner().align(
            s,
            t,
            links_filename_fwd=str(files["fwd"]),
            links_filename_rev=str(files["rev"]),
            quiet=True,
        )
    found = [files[side].read_text().splitlines() for side in ("fwd", "rev")]
    for file in files.values():
        file.unlink()
    for one, other in zip(*found, strict=False):
        a = {tuple(map(int, link.split("-"))) for link in one.split()}
        b = {tuple(map(int, link.split("-"))) for link in other.split()}
        links: dict[int, int] = {}
        for i, j in sorted(a | b):
            if (i, j) in a & b or j not in links:
                links[j] = i
        yield links


def save(
    path: Path,
    pairs: list[Pair],
    src: spm.SentencePieceProcessor,
    tgt: spm.SentencePieceProcessor,
    longest: int,
) -> None:
    """Piece numbers, word links and groups of all pairs, as flat arrays with offsets."""
    kept: list[tuple[Pair, list[int], list[int]]] = []
    for pair, s, t in zip(
        pairs,
        src.encode([p.source for p in pairs]),
        tgt.encode([p.english for p in pairs]),
        strict=True,
    ):
        if 0 < len(s) <= longest and 0 < len(t) <= longest and len(t) <= 3 * len(s) + 8:
            kept.append((pair, s, t))
    s_words = [words_of(src.id_to_piece(s)) for _, s, _ in kept]
    t_words = [words_of(tgt.id_to_piece(t)) for _, _, t in kept]
    guides: list[list[int]] = []
    links = word_links([w for w, _ in s_words], [w for w, _ in t_words], path.parent)
    for (_, s_owner), (_, t_owner), link in zip(s_words, t_words, links, strict=False):
        first: dict[int, int] = {}
        for place, word in enumerate(s_owner):
            first.setdefault(word, place + 1)  # <s> comes before
        guides.append([first.get(link.get(word, -1), -1) for word in t_owner] + [len(s_owner) + 1])
    flat = {
        "src": [[0, *s, EOS] for _, s, _ in kept],
        "tgt": [[*t, EOS] for _, _, t in kept],
        "guide": guides,
    }
    arrays = {name: np.concatenate(rows).astype(np.int32) for name, rows in flat.items()}
    for name in ("src", "tgt"):
        arrays[f"{name}_at"] = np.cumsum([0] + [len(row) for row in flat[name]])
    arrays["group"] = np.array([GROUP_NAMES.index(p.group) for p, _, _ in kept], np.int8)
    arrays["lang"] = np.array([LANGUAGES.index(p.lang) for p, _, _ in kept], np.int8)
    np.savez(path, **arrays)
    linked = float((arrays["guide"] >= 0).mean())
    print(
        f"{len(kept)} pairs of {len(pairs)}, {len(arrays['src'])} source pieces, "
        f"{len(arrays['tgt'])} target pieces, {linked:.2f} linked"
    )


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parallel", type=Path, required=True)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--phrases", type=Path, default=Path(__file__).with_name("phrases.tsv"))
    parser.add_argument("--source-pieces", type=int, default=48_000)
    parser.add_argument("--target-pieces", type=int, default=8_000)
    parser.add_argument("--longest", type=int, default=64, help="pieces on either side")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)

    posts, held = read_posts(args.posts / "posts.jsonl")
    with (args.out / "heldout.jsonl").open("w", encoding="utf8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in held)

    def everything() -> Iterator[str]:
        for lang in ("ar", "fr"):
            with lzma.open(args.parallel / f"{lang}-en.tsv.xz", "rt", encoding="utf8") as lines:
                for line in lines:
                    yield from line.split("\t")[:2]
        for pair in posts:
            yield from (pair.source, pair.source, pair.english)

    if not (args.out / "src.model").exists():
        prune(unpack(wheel_file()), everything(), args.out, args.source_pieces)

    pairs, lists = [clean(p) for p in posts + read_phrases(args.phrases)], []
    for lang in ("ar", "fr"):
        chosen, named = read_parallel(args.parallel / f"{lang}-en.tsv.xz", lang, rng)
        pairs += map(clean, chosen)
        lists += map(clean, named)
    names = Names(lists, [p for p in pairs if p.group != "names"])
    copies: list[Pair] = []
    for change in (masked, swapped):
        for pair in pairs:
            times = COPIES[pair.group]
            for _ in range(int(times) + (rng.random() < times % 1)):
                if (copy := change(pair, names, rng)) is not None:
                    copies.append(copy)
        print(f"{len(pairs)} pairs, {len(copies)} changed copies")
    pairs += copies
    if (args.out / "tgt.model").exists():
        tgt = spm.SentencePieceProcessor(model_file=str(args.out / "tgt.model"))
    else:
        tgt = train_target(pairs, args.target_pieces, args.out)
    src = spm.SentencePieceProcessor(model_file=str(args.out / "src.model"))
    save(args.out / "train.npz", pairs, src, tgt, args.longest)


if __name__ == "__main__":
    main()

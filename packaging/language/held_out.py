"""The rows that tables of ``fit.py --fold N --leave-out tweets-en tweets-fr tweets-ar`` never saw.

    python held_out.py --bench DIR --posts DIR --fold N --out DIR

Nor did weights fitted with ``votes.py --only`` the other fold. Writes ``word``, ``pair``,
``sentence``, ``tweet``, ``post`` and ``arabizi`` ``.jsonl``, rows of ``{"text", "lang"}``, for
``benchmarks/language.py``: those of the fold, of the tweets a sample.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from fit import fold_of

KINDS = {"single-words": "word", "word-pairs": "pair", "sentences": "sentence"}
TWEETS = {
    "discovery/event2018-fr": ("fr",),
    "linking/event2012-en": ("en",),
    "linking/kawarith-ar": ("ar",),
    "linking/crisislex": ("es", "it"),  # its "pt" is often English
}
EACH = 1500  # tweets of one set

Labelled = tuple[str, str, str]  # kind, text, language


def _rows(path: Path) -> Iterator[dict[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def lengths(bench: Path, fold: int) -> Iterator[Labelled]:
    for number, row in enumerate(_rows(bench / "language/lingua-lengths.jsonl")):
        if fold_of(SimpleNamespace(source="lingua", group=str(number))) == fold:
            yield KINDS[row["kind"]], row["text"], row["lang"]


def tweets(bench: Path, fold: int) -> Iterator[Labelled]:
    for name, languages in TWEETS.items():
        found = [
            row
            for row in _rows(bench / name / "posts.jsonl")
            if row["lang"] in languages
            and fold_of(SimpleNamespace(source="tweets", group=row["id"])) == fold
        ]
        for row in random.Random(3).sample(found, min(EACH, len(found))):
            yield "tweet", row["text"], row["lang"]


def corpus(posts: Path, fold: int) -> Iterator[Labelled]:
    for row in _rows(posts / "posts.jsonl"):
        if fold_of(SimpleNamespace(source="corpus", group=row["event_id"])) == fold:
            if row.get("dialect") == "arabizi":
                yield "arabizi", row["text"], "ar-Latn"
            else:
                yield "post", row["text"], row["lang"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bench", "posts", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--fold", type=int, required=True)
    given = parser.parse_args()
    by_kind: dict[str, list[str]] = {}
    for source in (
        lengths(given.bench, given.fold),
        tweets(given.bench, given.fold),
        corpus(given.posts, given.fold),
    ):
        for kind, text, lang in source:
            row = json.dumps({"text": text, "lang": lang}, ensure_ascii=False)
            by_kind.setdefault(kind, []).append(row)
    for kind, rows in by_kind.items():
        (given.out / f"{kind}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
        print(f"{kind}: {len(rows)} rows")


if __name__ == "__main__":
    main()

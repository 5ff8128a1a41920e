"""Near-duplicates on real short posts: ``python benchmarks/near.py POSTS.jsonl``.

False merges: posts of different events held to be one (rows carry ``event_id``). Recall: each post
again after an edit such as reposting makes. Rows need ``id``, ``text`` and ``published_at``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from monitor.text.near import NearDuplicates, same, signature


def _typo(text: str) -> str:
    words = text.split()
    longest = max(range(len(words)), key=lambda i: len(words[i]))
    word = words[longest]
    words[longest] = word[:2] + word[3] + word[2] + word[4:] if len(word) > 5 else word
    return " ".join(words)


def _cut(text: str) -> str:
    words = text.split()
    return " ".join(words[: max(5, len(words) * 2 // 3)]) + "…"


EDITS: dict[str, Callable[[str], str]] = {
    "link added": lambda text: f"{text} https://t.co/abc123",
    "hashtags added": lambda text: f"{text} #news #اخبار",
    "RT @x:": lambda text: f"RT @newsdesk: {text}",
    "via @x": lambda text: f"{text} via @newsdesk",
    "label added": lambda text: f"BREAKING | {text}",
    "capitals": str.upper,
    "cut to two thirds with …": _cut,
    "two letters of the longest word swapped": _typo,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path)
    rows = [json.loads(line) for line in parser.parse_args().posts.read_text("utf-8").splitlines()]
    events = {row["id"]: row["event_id"] for row in rows}
    near = NearDuplicates(window=timedelta(days=3650))
    before = time.process_time()
    pairs = []
    for row in rows:
        first = near.add(row["id"], row["text"], datetime.fromisoformat(row["published_at"]))
        if first is not None:
            pairs.append((first, row["id"]))
    seconds = time.process_time() - before
    wrong = [pair for pair in pairs if events[pair[0]] != events[pair[1]]]
    print(f"{len(rows) / seconds:.0f} posts/s; {len(pairs)} merges, {len(wrong)} across events")
    texts = {row["id"]: row["text"] for row in rows}
    for one, other in pairs[:20]:
        print(f"  {one}: {texts[one]!r}\n  {other}: {texts[other]!r}")
    for name, edit in EDITS.items():
        found = sum(same(signature(row["text"]), signature(edit(row["text"]))) for row in rows)
        print(f"{name}: {found / len(rows):.4f}")


if __name__ == "__main__":
    main()

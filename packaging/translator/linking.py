"""Does a translation help to find a post's event? The linker with none, with the model's, with the
reference.

    python linking.py --translations saved.jsonl --heldout WORK/heldout.jsonl --events events.jsonl

``saved.jsonl`` is what ``evaluate.py --save`` wrote. All events are candidates, times are ignored.
Needs ``pip install monitor``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from monitor.link import Linker, LinkInput, load_events
from monitor.link.evaluate import read_posts
from monitor.model import Language, Translation
from monitor.text.embed import load_encoder
from monitor.text.places import Gazetteer


def right(linker: Linker, items: Sequence[LinkInput], wanted: Sequence[str]) -> str:
    """Share of posts whose event comes first, and the mean reciprocal rank, as text."""
    ranks = []
    for candidates, event in zip(linker.candidates_many(items, 64), wanted, strict=True):
        ids = [candidate.event_id for candidate in candidates]
        ranks.append(ids.index(event) + 1 if event in ids else None)
    first = sum(rank == 1 for rank in ranks) / len(ranks)
    return f"{first:.3f} / {sum(1 / rank for rank in ranks if rank) / len(ranks):.3f}"


def main() -> None:
    """Print one line for each language and kind of translation."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--translations", type=Path, required=True)
    parser.add_argument("--heldout", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True)
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.heldout.open(encoding="utf8")]
    saved = [json.loads(line) for line in args.translations.open(encoding="utf8")]
    made = {row["id"]: row for row in saved}
    gazetteer = Gazetteer.load()
    linker = Linker(
        load_events([args.events]),
        encoder=load_encoder(),
        gazetteer=gazetteer,
        suggest=0.0,
        ignore_time=True,
    )
    for lang in ("ar", "fr"):
        some = [r for r in rows if r["lang"] == lang and r["event_id"] != "NIL" and r["id"] in made]
        wanted = [row["event_id"] for row in some]
        posts = read_posts(some, dated=False)
        for name in ("none", "model", "reference"):
            items = []
            for row, post in zip(some, posts, strict=True):
                draft = made[row["id"]]
                text, trust = (
                    (row["english"], 1.0)
                    if name == "reference"
                    else (draft["english"], draft["trust"])
                )
                english = Translation(
                    text=text, source=lang, language="en", engine=name, model=name, trust=trust
                )
                places = gazetteer.find(row["text"], lang)
                items.append(
                    LinkInput(
                        post, Language(lang, 1.0), None if name == "none" else english, places
                    )
                )
            print(f"{lang} ({len(some)}) {name}: {right(linker, items, wanted)}")


if __name__ == "__main__":
    main()

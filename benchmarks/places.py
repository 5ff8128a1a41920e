"""How well places are found, how fast, at what cost.

    python benchmarks/places.py POSTS.jsonl [--gold PLACES.jsonl [--split test] [--errors]]

Rows of POSTS need ``text`` and may have ``lang``. With ``--show N`` it prints N posts and their
places, for judging by eye. Words met before are remembered, so it is quicker on the second half of
the posts (shuffled) than on the first, and quickest on all of them again.

PLACES are posts with their places marked by hand. A place found is right where it overlaps a marked
one of the same country and both are a country or neither is; marks that are ``optional``
(quarters, lakes, metonyms) count neither way.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from monitor.model import Place
from monitor.text.places import Gazetteer

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--errors", action="store_true", help="print what is wrong or missed")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    gazetteer = _speed(_rows(given.posts), given.seed)
    if given.show:
        _show(gazetteer, random.Random(given.seed).sample(_rows(given.posts), given.show))
    if given.gold:
        rows = [row for row in _rows(given.gold) if row["split"] == given.split]
        _quality(gazetteer, rows, errors=given.errors)


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _speed(rows: list[Row], seed: int) -> Gazetteer:
    Gazetteer.load()  # so that the index is built before anything is measured
    before = time.perf_counter()
    gazetteer = Gazetteer.load()
    loaded = time.perf_counter() - before
    shuffled = random.Random(seed).sample(rows, len(rows))
    half = len(rows) // 2
    first, second = (_seconds(gazetteer, part) for part in (shuffled[:half], shuffled[half:]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = len(rows) / (first + second)
    print(f"load {loaded:.3f} s, peak {memory:.0f} MB, {rate:.0f} posts/s of CPU: ", end="")
    print(f"first half {half / first:.0f}, second half {(len(rows) - half) / second:.0f}, ", end="")
    print(f"all again {len(rows) / _seconds(gazetteer, rows):.0f}")
    found = [gazetteer.find(row["text"], row.get("lang")) for row in rows]
    print(f"{sum(map(bool, found))} of {len(rows)} posts name {sum(map(len, found))} places")
    return gazetteer


def _seconds(gazetteer: Gazetteer, rows: list[Row]) -> float:
    before = time.process_time()
    for row in rows:
        gazetteer.find(row["text"], row.get("lang"))
    return time.process_time() - before


def _show(gazetteer: Gazetteer, rows: list[Row]) -> None:
    for row in rows:
        print("\n" + row["text"])
        for p in gazetteer.find(row["text"], row.get("lang")):
            print(f"  {p.mention} → {p.name}, {p.country} ({p.kind}, {p.confidence:.2f})")


def _overlaps(place: Place, mark: Row) -> bool:
    return place.start < mark["start"] + len(mark["mention"]) and mark["start"] < place.end


def _agrees(place: Place, mark: Row) -> bool:
    same_kind = (place.kind == "country") == (mark["kind"] == "country")
    return _overlaps(place, mark) and place.country == mark["country"] and same_kind


def _quality(gazetteer: Gazetteer, rows: list[Row], *, errors: bool) -> None:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        found = gazetteer.find(row["text"], row["lang"])
        wrong = [p for p in found if not any(_agrees(p, mark) for mark in row["places"])]
        # A mark that counts neither way excuses whatever stands on it.
        marks = [mark for mark in row["places"] if not mark.get("optional")]
        excused = [m for m in row["places"] if m.get("optional")]
        wrong = [p for p in wrong if not any(_overlaps(p, mark) for mark in excused)]
        missed = [mark for mark in marks if not any(_agrees(p, mark) for p in found)]
        for key in (row["lang"], "all"):
            tally = counts.setdefault(key, Counter())
            tally.update(posts=1, marked=len(marks), found=len(marks) - len(missed))
            tally.update(wrong=len(wrong))
        if errors and (wrong or missed):
            print("\n" + row["text"])
            for p in wrong:
                print(f"  wrong: {p.mention} → {p.name}, {p.country} ({p.kind}, {p.confidence})")
            for mark in missed:
                print(f"  missed: {mark['mention']}, {mark['country']} ({mark['kind']})")
    print("| language | posts | places | precision | recall | F1 |\n|---|---|---|---|---|---|")
    for key, tally in sorted(counts.items()):
        right, wrong, marked = tally["found"], tally["wrong"], tally["marked"]
        precision, recall = right / max(right + wrong, 1), right / max(marked, 1)
        f1 = 2 * right / max(right + wrong + marked, 1)
        print(f"| {key} | {tally['posts']} | {marked} ", end="")
        print(f"| {precision:.3f} | {recall:.3f} | {f1:.3f} |")


if __name__ == "__main__":
    main()

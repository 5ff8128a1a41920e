"""How fast places are found, at what cost: ``python benchmarks/places.py POSTS.jsonl``.

Rows of the file need ``text`` and may have ``lang``. With ``--show N`` it prints N posts and their
places, for judging by eye. Words met before are remembered, so it is quicker on the second half of
the posts (shuffled) than on the first, and quickest on all of them again.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path

from monitor.text.places import Gazetteer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.posts.read_text("utf-8").splitlines()]
    Gazetteer.load()  # so that the index is built before anything is measured
    before = time.perf_counter()
    gazetteer = Gazetteer.load()
    loaded = time.perf_counter() - before
    shuffled = random.Random(arguments.seed).sample(rows, len(rows))
    half = len(rows) // 2
    first, second = (_seconds(gazetteer, part) for part in (shuffled[:half], shuffled[half:]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = len(rows) / (first + second)
    print(f"load {loaded:.3f} s, peak {memory:.0f} MB, {rate:.0f} posts/s of CPU: ", end="")
    print(f"first half {half / first:.0f}, second half {(len(rows) - half) / second:.0f}, ", end="")
    print(f"all again {len(rows) / _seconds(gazetteer, rows):.0f}")
    found = [gazetteer.find(row["text"], row.get("lang")) for row in rows]
    print(f"{sum(map(bool, found))} of {len(rows)} posts name {sum(map(len, found))} places")
    sample = random.Random(arguments.seed).sample(range(len(rows)), arguments.show)
    for index in sample:
        print("\n" + rows[index]["text"])
        for p in found[index]:
            print(f"  {p.mention} → {p.name}, {p.country} ({p.kind}, {p.confidence:.2f})")


def _seconds(gazetteer: Gazetteer, rows: list[dict[str, str]]) -> float:
    before = time.process_time()
    for row in rows:
        gazetteer.find(row["text"], row.get("lang"))
    return time.process_time() - before


if __name__ == "__main__":
    main()

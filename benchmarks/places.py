"""How fast places are found, at what cost: ``python benchmarks/places.py POSTS.jsonl``.

Rows of the file need ``text`` and may have ``lang``. With ``--show N`` it prints N posts and their
places, for judging by eye.
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
    before = time.process_time()
    found = [gazetteer.find(row["text"], row.get("lang")) for row in rows]
    seconds = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"load {loaded:.3f} s, {len(rows) / seconds:.0f} posts/s of CPU, peak {memory:.0f} MB")
    print(f"{sum(map(bool, found))} of {len(rows)} posts name {sum(map(len, found))} places")
    sample = random.Random(arguments.seed).sample(range(len(rows)), arguments.show)
    for index in sample:
        print("\n" + rows[index]["text"])
        for p in found[index]:
            print(f"  {p.mention} → {p.name}, {p.country} ({p.kind}, {p.confidence:.2f})")


if __name__ == "__main__":
    main()

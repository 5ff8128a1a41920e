"""What linking one post costs against many events: ``python benchmarks/linking.py [EVENTS...]``.

Events are the corpus's with their titles' words shuffled among one another; vectors are random, so
that only linking is timed (embedding is in benchmarks/README.md). One core.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.link import Linker, LinkInput, load_events
from monitor.link.evaluate import read_posts
from monitor.model import Event, Language

HERE = Path(__file__).parent / "corpus"


class RandomEncoder:
    name = "random"
    dimension = 512

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), 512)).astype("f4")
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def main() -> None:
    counts = [int(value) for value in sys.argv[1:]] or [100, 1000, 10_000, 100_000]
    known = load_events([HERE / "events.jsonl"])
    words = [word for event in known for word in f"{event.title} {event.summary}".split()]
    lines = (HERE / "posts.jsonl").read_text("utf-8").splitlines()[::27]
    rows = [json.loads(line) for line in lines]
    posts = [
        LinkInput(post, Language(row["lang"], 1.0))
        for post, row in zip(read_posts(rows, dated=True), rows, strict=True)
    ]
    print("events  build s  ms a post  peak MB")
    for count in counts:
        draw = random.Random(count)
        events = [
            Event(
                id=str(i),
                title=" ".join(draw.choices(words, k=8)),
                summary=" ".join(draw.choices(words, k=20)),
                started_at=known[i % len(known)].started_at,
            )
            for i in range(count)
        ]
        started = time.perf_counter()
        linker = Linker(events, encoder=RandomEncoder())
        built = time.perf_counter() - started
        linker.link_many(posts[:8])
        started = time.process_time()
        linker.link_many(posts)
        each = (time.process_time() - started) / len(posts) * 1000
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count:6}  {built:7.1f}  {each:9.2f}  {peak:7.0f}", flush=True)


if __name__ == "__main__":
    main()

"""What linking one post costs against many events, and whether the right one is still found.

    python benchmarks/linking.py [EVENTS...]          linking alone, a process for each number
    python benchmarks/linking.py --whole [EVENTS]     language, places, embedding and linking
    python benchmarks/linking.py --translated [EVENTS]    the same, with the English there already

The events are the corpus's 146 and, up to the number asked for, others made of words of its
titles and summaries, with three of its places and a date of its range each. Vectors of made texts
are blends of two posts' vectors with noise, so that they lie where real ones lie; posts and real
events are embedded by the encoder. One core; times are CPU time.
"""

from __future__ import annotations

import gc
import json
import logging
import random
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.link import Linker, LinkInput, load_events
from monitor.link.evaluate import read_posts
from monitor.model import Event, Post, Translation
from monitor.text.embed import load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.places import Gazetteer

HERE = Path(__file__).parent / "corpus"


class Blends:
    """Vectors of texts that are ``known``, and for all others blends of these with noise."""

    name = "blends"

    def __init__(self, known: dict[str, NDArray[np.float32]]) -> None:
        self._known = known
        self._all = np.stack(list(known.values()))
        self.dimension = self._all.shape[1]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> NDArray[np.float32]:
        if text in self._known:
            return self._known[text]
        draw = np.random.default_rng(zlib.crc32(text.encode()))
        blend = self._all[draw.integers(len(self._all), size=2)].sum(axis=0)
        blend = blend / np.linalg.norm(blend) + draw.normal(0, 0.02, self.dimension)
        return (blend / np.linalg.norm(blend)).astype(np.float32)


def made(count: int, known: Sequence[Event]) -> list[Event]:
    """``count`` events that do not exist."""
    draw = random.Random(count)
    words = [word for event in known for word in f"{event.title} {event.summary}".split()]
    places = [place for event in known for place in event.places]
    starts = [event.started_at for event in known if event.started_at]
    return [
        Event(
            id=f"made-{i}",
            title=" ".join(draw.choices(words, k=8)),
            summary=". ".join(" ".join(draw.choices(words, k=10)) for _ in range(2)),
            places=tuple(draw.sample(places, 3)),
            started_at=draw.choice(starts) + timedelta(days=draw.randrange(-300, 300)),
        )
        for i in range(count)
    ]


def corpus() -> tuple[list[Event], list[Post], list[dict[str, str]]]:
    """Real events, every 27th post, and the rows these come from."""
    known = load_events([HERE / "events.jsonl"])
    lines = (HERE / "posts.jsonl").read_text("utf-8").splitlines()[::27]
    rows = [json.loads(line) for line in lines]
    return known, read_posts(rows, dated=True), rows


def alone(count: int) -> None:
    known, posts, rows = corpus()
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    texts = [post.full_text for post in posts]
    vectors = encoder.encode(texts)
    languages = detector.detect_many(texts)
    items = [
        LinkInput(post, language, None, gazetteer.find(post.full_text, language.base), vector=v)
        for post, language, v in zip(posts, languages, vectors, strict=True)
    ]
    said = [t for e in known for t in (e.title, *e.titles.values(), *e.summary.split(". "))]
    blends = Blends(dict(zip([*texts, *said], [*vectors, *encoder.encode(said)], strict=True)))
    events = [*known, *made(max(count - len(known), 0), known)][:count]
    before = now_mb()
    started = time.process_time()
    linker = Linker(events, encoder=blends, gazetteer=gazetteer)
    built = time.process_time() - started
    kb = (now_mb() - before) * 1024 / count
    linker.link_many(items[:8])
    started = time.process_time()
    linker.link_many(items)
    together = (time.process_time() - started) / len(items) * 1000
    started = time.process_time()
    for item in items:
        linker.link_many([item])
    single = (time.process_time() - started) / len(items) * 1000
    started = time.process_time()
    linker.know(events[1:], {events[2].id: ["one accepted post more"]})
    renewed = time.process_time() - started
    found = linker.candidates_many(items, 128)
    truth = [row["event_id"] for row in rows]
    wanted = [(e, [c.event_id for c in f]) for e, f in zip(truth, found, strict=True)]
    wanted = [(e, ids) for e, ids in wanted if e in linker.catalogue.rows_by_id]
    among = sum(e in ids for e, ids in wanted) / len(wanted)
    first = sum(e == ids[0] for e, ids in wanted) / len(wanted)
    print(
        f"{count:7} {built:8.1f} {renewed:8.1f} {together:9.2f} {single:9.2f} {kb:9.1f}"
        f" {peak_mb():8.0f} {among:8.3f} {first:7.3f}",
        flush=True,
    )


def whole(count: int, *, translated: bool) -> None:
    known, posts, rows = corpus()
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    events = [*known, *made(count, known)][:count]
    blends = Blends(dict(zip(["a", "b"], encoder.encode(["a", "b"]), strict=True)))
    linker = Linker(events, encoder=blends, gazetteer=gazetteer)
    linker._encoder = encoder
    gc.freeze()  # as the daemon does
    texts = [post.full_text for post in posts]
    english = [
        Translation(row["english"], row["lang"], "en", "given", "given")
        if translated and row["lang"] != "en"
        else None
        for row in rows
    ]
    spent = {"language": 0.0, "places": 0.0, "embedding and linking": 0.0}
    for start in range(0, len(posts), 64):
        now = time.process_time()
        languages = detector.detect_many(texts[start : start + 64])
        spent["language"] += time.process_time() - now
        now = time.process_time()
        items = [
            LinkInput(post, language, said, gazetteer.find(post.full_text, language.base))
            for post, language, said in zip(posts[start:], languages, english[start:], strict=False)
        ]
        spent["places"] += time.process_time() - now
        now = time.process_time()
        linker.link_many(items)
        spent["embedding and linking"] += time.process_time() - now
    for name, seconds in spent.items():
        print(f"{name}: {seconds / len(posts) * 1000:.2f} ms a post")
    print(f"together: {len(posts) / sum(spent.values()):.0f} posts/s of CPU, {count} events")


def now_mb() -> float:
    """The memory the process has now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    logging.disable()  # thousands of made events have places that nobody knows
    arguments = sys.argv[1:]
    if arguments[:1] in (["--whole"], ["--translated"]):
        count = int(arguments[1]) if arguments[1:] else 1000
        whole(count, translated=arguments[0] == "--translated")
    elif arguments[:1] == ["--one"]:
        alone(int(arguments[1]))
    else:
        print(" events  build s  renew s  ms in 64  ms single  kB/event  peak MB    among   first")
        for count in arguments or ["146", "1000", "10000", "100000"]:
            subprocess.run([sys.executable, __file__, "--one", count], check=True)


if __name__ == "__main__":
    main()

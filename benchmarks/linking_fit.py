"""Fits the shipped weights, and reports on events they were not fitted on.

    python benchmarks/linking_fit.py FOLDER... [--decision-only]
        [--write monitor/link/data/weights.json]

Each folder holds events.jsonl and posts.jsonl. Events are halved by a hash of their id; posts about
one half fit the weights, posts about the other half measure them. Every set and mode (with and
without times) weighs the same. With --decision-only the ranking keeps its shipped weights.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

import numpy as np

from monitor.link.evaluate import read_posts
from monitor.link.events_file import load_events
from monitor.link.inputs import LinkInput
from monitor.link.linker import Linker
from monitor.link.score import Weights, as_json, load_weights
from monitor.link.tune import Sample, fit, fit_decision, predict, report
from monitor.text.embed import load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.places import Gazetteer

MOST = 1600


def half(name: str) -> int:
    return zlib.crc32(name.encode()) >> 7 & 1


def main() -> None:
    arguments = sys.argv[1:]
    decision_only = "--decision-only" in arguments
    if decision_only:
        arguments.remove("--decision-only")
    out = None
    if "--write" in arguments:
        at = arguments.index("--write")
        out = Path(arguments[at + 1])
        del arguments[at : at + 2]
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    parts: dict[tuple[str, bool, int], list[Sample]] = {}
    for folder in map(Path, arguments):
        events = load_events([folder / "events.jsonl"])
        rows = [json.loads(line) for line in (folder / "posts.jsonl").open(encoding="utf-8")]
        rows = [rows[i] for i in np.random.default_rng(7).permutation(len(rows))[:MOST]]
        posts = read_posts(rows, dated=True)
        languages = detector.detect_many(
            [p.full_text for p in posts], [p.language_tag for p in posts]
        )
        vectors = encoder.encode([p.full_text for p in posts])
        inputs = [
            LinkInput(p, la, None, gazetteer.find(p.full_text, la.code), vector=v)
            for p, la, v in zip(posts, languages, vectors, strict=True)
        ]
        linker = Linker(events, encoder=encoder, gazetteer=gazetteer)
        for ignore in (True, False):
            linker.ignore_time = ignore
            found = linker.features_many(inputs)
            for row, (item, candidates, features) in zip(rows, found, strict=True):
                event = str(row["event_id"])
                nil = event not in linker.catalogue.rows_by_id
                place = np.flatnonzero(candidates == linker.catalogue.rows_by_id.get(event, -1))
                right = int(place[0]) if len(place) and not nil else -1
                if not nil and right < 0:
                    right = -2  # its event is not among the candidates
                side = half(item.post.id if nil else event)
                parts.setdefault((folder.name, ignore, side), []).append(
                    Sample(features, right, event)
                )
        print(folder.name, "read", flush=True)
    train = [
        Sample(s.features, s.right, s.group, 1000 / len(part))
        for (_, _, side), part in parts.items()
        if side == 0
        for s in part
        if s.right != -2
    ]
    start = load_weights()
    if decision_only:
        weights = Weights(start.features, start.null, fit_decision(train, start))
    else:
        weights = fit(train, start)
    text = as_json(weights, fitted_on=[Path(a).name for a in arguments], half="0 of 2, by event")
    print(text)
    for (name, ignore, side), part in sorted(parts.items()):
        known = sum(s.right != -1 for s in part)
        figures = report(predict(part, weights))
        lost = sum(s.right == -2 for s in part)
        figures["accuracy_at_1"] *= (known - lost) / known if known else 1
        mode = "text alone" if ignore else "with times"
        print(name, mode, ("fitted", "held out")[side], len(part), lost,
              {key: round(value, 3) for key, value in figures.items()})  # fmt: skip
    if out:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Fits the shipped weights, and reports on events they were not fitted on.

    python benchmarks/linking_fit.py FOLDER... [--write monitor/link/data/weights.json]

Each folder holds events.jsonl and posts.jsonl. Events are halved by a hash of their id (no-event
posts with the event they were collected for, where the set says so): weights fitted on one half
are measured on the other, both ways round and with two different hashes. With --write the weights
are then fitted on everything. The modes of a set (with and without times) weigh the same, and so
do, up to a square root, its events.

Added to what is fitted on: no-event posts of the first set as if posted in the time and the place
of some event, so that time and place alone do not make a link.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from monitor.link.evaluate import read_posts
from monitor.link.events_file import load_events
from monitor.link.evidence import FEATURES, OF_POST_AND_EVENT, OF_STREAM
from monitor.link.inputs import LinkInput
from monitor.link.linker import Evidenced, Linker
from monitor.link.metrics import (
    auc,
    best_f1,
    expected_calibration_error,
    precision_recall_f1,
)
from monitor.link.rows import Floats
from monitor.link.score import DECISION, Weights, as_json
from monitor.link.stream import Stream
from monitor.link.tune import Sample, fit, fit_decision, fit_score, predict, predict_known
from monitor.model import CONFIRM
from monitor.text.embed import load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.places import Gazetteer

HASHES = (0, 1)
MOST = 3000  # posts of a set that are fitted on
CANDIDATES = 40
BATCH = 64  # posts the daemon links at once
MANY = 50  # events beside one so large that a set is reported without it too
SPOKEN = 200  # posts in a language before it is reported by itself
ROUNDS, PULL = 1000, 1.0
ZERO = Weights(
    dict.fromkeys(FEATURES, 0.0), 0.0, dict.fromkeys(DECISION, 0.0),
    dict.fromkeys((*OF_POST_AND_EVENT, "null"), 0.0),
)  # fmt: skip
ReadIn = dict[str, tuple["Part", tuple[list[Evidenced], Floats]]]
AT = {name: i for i, name in enumerate(FEATURES)}


@dataclass(frozen=True)
class Part:
    """One set in one mode: its linker, its posts, their labels."""

    name: str
    timed: bool
    linker: Linker
    items: list[LinkInput]
    wanted: list[str | None]  # event id
    groups: list[str]  # what keeps together in a split

    @property
    def title(self) -> str:
        return f"{self.name}, {'with times' if self.timed else 'text alone'}"


def side(group: str, number: int) -> int:
    return zlib.crc32(f"{group}{number or ''}".encode()) >> 7 & 1


def read(folders: list[str]) -> Iterator[Part]:
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    for folder in map(Path, folders):
        events = load_events([folder / "events.jsonl"])
        rows = [json.loads(line) for line in (folder / "posts.jsonl").open(encoding="utf-8")]
        posts = read_posts(rows, dated=True)
        languages = detector.detect_many(
            [p.full_text for p in posts], [p.language_tag for p in posts]
        )
        vectors = encoder.encode([p.full_text for p in posts])
        items = [
            LinkInput(p, la, None, gazetteer.find(p.full_text, la.code), vector=v)
            for p, la, v in zip(posts, languages, vectors, strict=True)
        ]
        known = {event.id for event in events}
        wanted = [row["event_id"] if row["event_id"] in known else None for row in rows]
        groups = [
            event or str(row.get("collected_for", row["id"]))
            for event, row in zip(wanted, rows, strict=True)
        ]
        for timed in (False, True):
            if timed and not any(event.started_at for event in events):
                continue
            linker = Linker(events, encoder=encoder, gazetteer=gazetteer, weights=ZERO)
            linker.ignore_time = not timed
            yield Part(folder.name, timed, linker, items, wanted, groups)


def compared(part: Part) -> tuple[list[Evidenced], Floats]:
    """What posts and events say, of the likeliest candidates; it is the same for all weights."""
    part.linker.ignore_time = not part.timed
    found, where = part.linker.compare(part.items)
    kept = []
    for item, rows, features in found:
        rough = features[:, [AT[name] for name in ("dense", "words", "cover")]].sum(axis=1)
        rough += 0.3 * (features[:, AT["country"]] + features[:, AT["title"]])
        rough += 0.4 * features[:, AT["near"]]
        best = np.sort(np.argsort(-rough)[:CANDIDATES])
        kept.append((item, rows[best], features[best]))
    return kept, where


def samples(part: Part, found: tuple[list[Evidenced], Floats], weights: Weights) -> list[Sample]:
    """All posts of a set as labelled evidence, the stream's with the first guess of ``weights``."""
    part.linker.weights = weights
    part.linker.stream = Stream(part.linker.stream.dimension)
    evidenced = [(item, rows, features.copy()) for item, rows, features in found[0]]
    order = np.argsort([item.post.at.timestamp() for item in part.items], kind="stable")
    for start in range(0, len(order), BATCH):  # as they come
        chosen = order[start : start + BATCH]
        part.linker.surround([evidenced[i] for i in chosen], found[1][chosen])
    at = part.linker.catalogue.rows_by_id
    answers = []
    sizes = Counter(part.wanted)
    for wanted, group, (_, rows, features) in zip(part.wanted, part.groups, evidenced, strict=True):
        right = -1
        if wanted is not None:
            places = np.flatnonzero(rows == at[wanted])
            right = int(places[0]) if len(places) else -2  # its event is not among the candidates
        many = max(sizes[wanted], 8) if wanted else np.median(list(sizes.values()))
        answers.append(Sample(features, right, group, weight=float(many**-0.5)))
    return answers


def weighed(chosen: list[Sample], rng: np.random.Generator) -> list[Sample]:
    """At most ``MOST`` of a set's samples. Sets weigh by the fourth root of how many events they
    have, so that four floods do not teach as much as 150 events."""
    events = len({s.group for s in chosen if s.right >= 0})
    kept = [chosen[i] for i in rng.permutation(len(chosen))[:MOST]]
    total = sum(s.weight for s in kept)
    return [replace(s, weight=1000 * events**0.25 * s.weight / total) for s in kept]


def out_of_stream(chosen: list[Sample], share: float, rng: np.random.Generator) -> list[Sample]:
    """A share of the samples without what the stream says: a daemon that begins knows nothing."""
    columns = [AT[name] for name in OF_STREAM]
    answers = []
    for sample in chosen:
        if rng.random() < share:
            features = sample.features.copy()
            features[:, columns] = 0.0
            sample = replace(sample, features=features)
        answers.append(sample)
    return answers


def by_chance(chosen: list[Sample], rng: np.random.Generator) -> list[Sample]:
    """No-event posts as if posted while some events went on: anywhere, in the country or town of
    one of them."""
    answers = []
    for sample in chosen:
        for places in ((), ("country",), ("country", "place")):
            features = sample.features.copy()
            rows = rng.permutation(len(features))[: rng.integers(1, 9)]
            row = rows[0]
            for name, value in (("near", 1.0), ("lasting", 1.0), ("before", 0.0), ("after", 0.0)):
                features[rows, AT[name]] = value
            if places:
                features[row, AT["clash"]] = 0.0
                features[row, [AT[name] for name in places]] = 0.3 + 0.7 * rng.random()
            answers.append(replace(sample, features=features, weight=0.15 * sample.weight))
    return answers


def training(
    parts: dict[str, list[Sample]], half: tuple[int, int] | None, *, alone: float = 0.0
) -> list[Sample]:
    """What is fitted on: one half of a hash's two, or everything; a share of it ``alone``."""
    rng = np.random.default_rng(7)
    answers: list[Sample] = []
    for title, found in parts.items():
        usable = [
            s
            for s in found
            if s.right != -2 and (half is None or side(s.group, half[0]) == half[1])
        ]
        if not usable:
            continue
        chosen = weighed(usable, rng)
        answers += out_of_stream(chosen, alone, rng)
        if title == next(title for title in parts if title.endswith("with times")):
            answers += by_chance([s for s in chosen if s.right == -1], rng)
    return answers


def fitted(
    read_in: ReadIn, half: tuple[int, int] | None
) -> tuple[Weights, dict[str, list[Sample]]]:
    """Weights fitted on a half, and the samples of everything with the stream as they see it."""
    before = {title: samples(part, found, ZERO) for title, (part, found) in read_in.items()}
    first, null = fit_score(training(before, half), ZERO, ROUNDS, PULL)
    alone = dict(zip(FEATURES, first.tolist(), strict=True))
    start = replace(ZERO, alone={name: alone[name] for name in OF_POST_AND_EVENT} | {"null": null})
    after = {title: samples(part, found, start) for title, (part, found) in read_in.items()}
    weights = fit(training(after, half, alone=0.5), start, ROUNDS, PULL)
    # Probabilities are to hold for posts as they come: every post of a set counts alike, and most
    # come to a daemon that has seen others.
    even = {title: [replace(s, weight=1.0) for s in found] for title, found in after.items()}
    train = training(even, half, alone=0.15)
    return replace(weights, decision=fit_decision(train, weights, ROUNDS, PULL)), after


@dataclass(frozen=True)
class Judged:
    """A post that was not fitted on: the event it is about, if any; the probability of its best
    candidate, whether that is right, and how probable it seemed that any event is meant."""

    event: str | None
    language: str
    p: float
    right: bool
    meant: float


def measured(judged: list[Judged]) -> dict[str, float]:
    p, right = [j.p for j in judged], [j.right for j in judged]
    known = sum(j.event is not None for j in judged)

    def made_from(least: float) -> tuple[float, float, float]:
        made = [j.right for j in judged if j.p >= least]
        return precision_recall_f1(sum(made), len(made), known)

    precision, _, f1 = made_from(CONFIRM)
    return {
        "accuracy_at_1": sum(right) / known if known else 0.0,
        "nil_auc": auc([j.meant for j in judged], [j.event is not None for j in judged]) or 0.0,
        "ece": expected_calibration_error(p, right),
        "precision": precision,
        "f1": f1,
        "precision_at_0.9": made_from(0.9)[0],
        "f1_at_0.9": made_from(0.9)[2],
        "best_f1": best_f1(p, right, known),
    }


def held_out(read_in: ReadIn, number: int) -> dict[str, list[Judged]]:
    """Every post judged by weights that were fitted on the other half of a hash's two."""
    answers: dict[str, list[Judged]] = {}
    for fold in (0, 1):
        weights, found = fitted(read_in, (number, fold))
        for title, part in found.items():
            of = read_in[title][0]
            rest = [i for i, s in enumerate(part) if side(s.group, number) != fold]
            chosen = [part[i] for i in rest]
            for i, (p, right, _), meant in zip(
                rest, predict(chosen, weights), predict_known(chosen, weights), strict=True
            ):
                # An event that is not among the candidates is not found.
                judged = Judged(of.wanted[i], of.items[i].language.base, p, right, meant)
                answers.setdefault(title, []).append(judged)
    return answers


def report(number: int, title: str, judged: list[Judged]) -> None:
    rounded = {key: round(value, 3) for key, value in measured(judged).items()}
    print(number, title, len(judged), rounded, flush=True)


def main() -> None:
    arguments = sys.argv[1:]
    out = None
    if "--write" in arguments:
        at = arguments.index("--write")
        out = Path(arguments[at + 1])
        del arguments[at : at + 2]
    read_in = {part.title: (part, compared(part)) for part in read(arguments)}
    for number in HASHES:
        for title, judged in held_out(read_in, number).items():
            report(number, title, judged)
            (largest, posts), *others = Counter(j.event for j in judged if j.event).most_common()
            if posts > 0.1 * len(judged) and len(others) > MANY:
                rest = [j for j in judged if j.event != largest]
                report(number, f"{title}, without {largest}", rest)
            for language, n in Counter(j.language for j in judged).most_common():
                if SPOKEN <= n < len(judged):
                    own = [j for j in judged if j.language == language]
                    report(number, f"{title}, {language}", own)
    if out:
        weights, _ = fitted(read_in, None)
        out.write_text(as_json(weights, fitted_on=[Path(a).name for a in arguments]), "utf-8")


if __name__ == "__main__":
    main()

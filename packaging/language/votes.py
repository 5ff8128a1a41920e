"""Fit how the detectors' votes are combined: ``language-weights.json``.

    python votes.py --bench DIR --posts DIR --folds DIR0 DIR1 [--only FOLD] --out FILE

``DIR0`` and ``DIR1`` hold the tables that ``fit.py --fold 0`` and ``--fold 1`` made, both with
``--leave-out tweets-en tweets-fr tweets-ar``: every vote fitted on is about a text that the table
voting had not seen, the tweets of a source that it had seen nothing of. With ``--only 1`` the rows
of fold 0 stay unseen, to measure on (see ``held_out.py``).
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.optimize import minimize

from monitor.text import social
from monitor.text.calibration import FLOOR, OTHER, grouped
from monitor.text.detectors import READ, Voters
from monitor.text.ngrams import NgramModel, normal

CLASSES = ("fr", "en", "ar-Latn", OTHER)
HINT = 1.5  # reasoned: platforms' tags are right about four times in five where text is unclear
SURE = 0.93


def words_of(text: str) -> list[str]:
    found = [word for word in social.words(text) if not word.text.isdigit()]
    plain = [word for word in found if not word.hashtag]
    return [word.text for word in (plain if len(plain) >= 3 else found)]


def rows(bench: Path, posts: Path, rng: random.Random) -> list[SimpleNamespace]:
    from fit import fold_of

    found = []

    def add(kind: str, gold: str, text: str, fold: int, weight: float) -> None:
        tidy = normal(words_of(text))[:READ]
        if tidy and any("a" <= letter <= "z" for letter in tidy):
            found.append(SimpleNamespace(kind=kind, gold=gold, text=tidy, fold=fold, w=weight))

    lines = (bench / "language/lingua-lengths.jsonl").read_text(encoding="utf-8").splitlines()
    numbered = [(n, json.loads(line)) for n, line in enumerate(lines)]
    for number, row in rng.sample(numbered, 5000):
        if row["lang"] != "ar":
            fold = fold_of(SimpleNamespace(source="lingua", group=str(number)))
            add(row["kind"], row["lang"], row["text"], fold, 1.0)
    for name, code in (
        ("discovery/event2018-fr", "fr"),
        ("linking/event2012-en", "en"),
        ("linking/crisislex", OTHER),
    ):
        lines = (bench / name / "posts.jsonl").read_text(encoding="utf-8").splitlines()
        tweets = [json.loads(line) for line in lines]
        if code == OTHER:
            tweets = [tweet for tweet in tweets if tweet["lang"] == "es"]
        for tweet in rng.sample(tweets, min(700, len(tweets))):
            fold = fold_of(SimpleNamespace(source="tweets", group=tweet["id"]))
            add("tweets", code, tweet["text"], fold, 1.0)
    for line in (posts / "posts.jsonl").read_text(encoding="utf-8").splitlines():
        post = json.loads(line)
        if post.get("dialect") == "arabizi":
            fold = fold_of(SimpleNamespace(source="corpus", group=post["event_id"]))
            add("arabizi", "ar-Latn", post["text"], fold, 3.0)
    return found


def fitted(
    x: np.ndarray, gold: np.ndarray, weight: np.ndarray, voters: list[str]
) -> dict[str, float]:
    """``x``: (rows, classes, voters) log-shares → voter weights and biases, in nats."""
    size = len(voters)
    free = [CLASSES.index("ar-Latn"), CLASSES.index(OTHER)]

    def scores(p: np.ndarray) -> np.ndarray:
        s = x @ p[:size]
        s[:, free] += p[size:]
        return s

    def loss(p: np.ndarray) -> float:
        s = scores(p)
        top = s.max(axis=1, keepdims=True)
        log = s - top - np.log(np.exp(s - top).sum(axis=1, keepdims=True))
        return float(
            -(weight * log[np.arange(len(gold)), gold]).sum() / weight.sum() + 1e-4 * (p**2).sum()
        )

    bounds = [(0.05, 4.0)] * size + [(-6.0, 6.0)] * 2
    best = minimize(loss, np.array([0.5] * size + [0.0, 0.0]), bounds=bounds, method="L-BFGS-B").x
    names = [*voters, "bias ar-Latn", f"bias {OTHER}"]
    return {name: round(float(value), 4) for name, value in zip(names, best, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--folds", type=Path, nargs=2, required=True)
    parser.add_argument("--only", type=int, choices=(0, 1))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    tables = [NgramModel.load(folder / "language-latin.npz") for folder in given.folds]
    found, voters = rows(given.bench, given.posts, random.Random(5)), Voters()
    found = [row for row in found if given.only in (None, row.fold)]
    names = ["ngrams", "py3langid", "langdetect", "lingua"]
    own_only, everyone = [], []
    for row in found:
        model = tables[row.fold]
        own = dict(
            zip(model.classes, np.exp(model.log_probabilities(row.text)).tolist(), strict=True)
        )
        own.pop("und")
        own_only.append(_logs(own))
    gold = np.array([CLASSES.index(row.gold) for row in found])
    weight = np.array([row.w for row in found])
    x = np.array(own_only)[:, :, None]
    alone = fitted(x, gold, weight, ["ngrams"])
    s = x[:, :, 0] * alone["ngrams"]
    s[:, 2] += alone["bias ar-Latn"]
    s[:, 3] += alone[f"bias {OTHER}"]
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    unsure = np.flatnonzero(p.max(axis=1) < SURE)
    for i in unsure:
        text = found[i].text
        everyone.append(
            [
                own_only[i],
                _logs(voters.py3langid(text)),
                _logs(voters.langdetect(text)),
                _logs(voters.lingua(text)),
            ]
        )
    together = fitted(np.array(everyone).transpose(0, 2, 1), gold[unsure], weight[unsure], names)
    print(
        f"{len(found)} rows, {len(unsure)} unsure; right alone {np.mean(p.argmax(1) == gold):.4f}"
    )
    weights = {"alone": alone, "together": together, "hint": HINT, "sure": SURE}
    given.out.write_text(json.dumps(weights, indent=2) + "\n", encoding="utf-8")


def _logs(votes: dict[str, float]) -> list[float]:
    shares = grouped(votes, CLASSES)
    return [math.log(max(shares[code], FLOOR)) for code in CLASSES]


if __name__ == "__main__":
    main()

"""Fitting the linker's weights to labelled posts, in plain numpy.

The score is a conditional logit over a post's candidates and "none of them" (McFadden 1974),
the decision a logistic regression on the best candidate. Both keep the sign each kind of evidence
must have and are pulled towards the weights they start from: a handful of labels changes little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.link.evidence import FEATURES
from monitor.link.metrics import auc, expected_calibration_error
from monitor.link.score import DECISION, UNSIGNED, Weights, decision_features, probability

_AGAINST = ("clash", "before", "after")  # evidence that may only speak against a link
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled post: the evidence of its candidates, and the row that is right (-1: none).

    ``excluded`` is a row a person rejected without naming the right one. ``group`` keeps posts of
    one event on one side of every split.
    """

    features: Floats
    right: int
    group: str
    weight: float = 1.0
    excluded: int = -1


def fit(samples: Sequence[Sample], start: Weights, rounds: int = 400, pull: float = 3.0) -> Weights:
    """Weights fitted to ``samples``, held near ``start`` by ``pull`` labels' worth."""
    score, null = _fit_score(samples, start, rounds, pull)
    fitted = Weights(dict(zip(FEATURES, score.tolist(), strict=True)), null, start.decision)
    return Weights(fitted.features, null, fit_decision(samples, fitted, rounds, pull))


def _fit_score(
    samples: Sequence[Sample], start: Weights, rounds: int, pull: float
) -> tuple[Floats, float]:
    widest = max(len(sample.features) for sample in samples)
    n = len(samples)
    x = np.zeros((n, widest + 1, len(FEATURES) + 1), np.float32)
    mask = np.zeros((n, widest + 1), bool)
    target = np.zeros(n, np.int64)
    for i, sample in enumerate(samples):
        k = len(sample.features)
        x[i, 1 : k + 1, 1:] = sample.features
        mask[i, : k + 1] = True
        target[i] = sample.right + 1
        if sample.excluded >= 0:
            # Only "not this one" is known: keep it and "none", leave the rest out.
            mask[i, 1:] = False
            mask[i, sample.excluded + 1] = True
    x[:, 0, 0] = 1.0
    importance = np.asarray([sample.weight for sample in samples])
    importance = importance / importance.mean()
    sign = np.asarray([0.0] + [-1.0 if name in _AGAINST else 1.0 for name in FEATURES])
    origin = np.concatenate(([start.null], start.vector))
    chosen = x[np.arange(n), target]

    def gradient(w: Floats) -> Floats:
        z = np.where(mask, x @ w.astype(np.float32), -np.inf)
        z = np.exp(z - z.max(axis=1, keepdims=True))
        p = z / z.sum(axis=1, keepdims=True)
        expected = np.einsum("nk,nkf->nf", p.astype(np.float32), x)
        slope: Floats = importance @ (expected - chosen) / n
        return slope + pull / n * (w - origin) / 10

    def project(w: Floats) -> Floats:
        kept: Floats = np.where(sign * w < 0, 0.0, w)
        return kept

    w = _descend(origin, gradient, project, rounds, rate=0.15)
    return w[1:], float(w[0])


def fit_decision(
    samples: Sequence[Sample], weights: Weights, rounds: int = 400, pull: float = 3.0
) -> dict[str, float]:
    """The decision for scores by ``weights``, from the posts whose ceiling leaves it open."""
    table, right, importances = [], [], []
    for sample in samples:
        order, found = _best(sample, weights)
        told = sample.excluded in (-1, order)  # a no to another event says nothing of this one
        if found["ceiling"] <= 0.5 or not told:
            continue
        table.append([1.0, *(found[name] for name in DECISION)])
        right.append(sample.right >= 0 and order == sample.right)
        importances.append(sample.weight)
    if not table:
        return dict(weights.decision)
    x, y = np.asarray(table), np.asarray(right, float)
    importance = np.asarray(importances)
    importance = importance / importance.mean()
    origin = np.asarray([weights.decision["intercept"], *(weights.decision[n] for n in DECISION)])

    def gradient(w: Floats) -> Floats:
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope: Floats = x.T @ (importance * (p - y)) / len(y)
        whole: Floats = slope + pull / len(y) * (w - origin)
        return whole

    free = np.asarray([True, *(name in UNSIGNED for name in DECISION)])

    def project(w: Floats) -> Floats:
        kept: Floats = np.where(free, w, np.maximum(w, 0.0))
        return kept

    w = _descend(origin, gradient, project, rounds * 4, rate=0.05)
    return dict(zip(("intercept", *DECISION), w.tolist(), strict=True))


def _descend(
    start: Floats,
    gradient: Callable[[Floats], Floats],
    project: Callable[[Floats], Floats],
    rounds: int,
    rate: float,
) -> Floats:
    """Projected Adam (Kingma & Ba 2015), its steps falling to nothing."""
    w = project(start.copy())
    first, second = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, rounds + 1):
        g = gradient(w)
        first = 0.9 * first + 0.1 * g
        second = 0.99 * second + 0.01 * g * g
        move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        w = project(w - rate * (1 - step / (rounds + 1)) * move)
    return w


def _best(sample: Sample, weights: Weights) -> tuple[int, dict[str, float]]:
    scores = sample.features @ weights.vector
    order = np.argsort(-scores, kind="stable")
    best = int(order[0]) if len(order) else -1
    row = sample.features[best] if len(order) else np.zeros(len(FEATURES))
    return best, decision_features(scores[order], weights.null, row)


def predict(samples: Sequence[Sample], weights: Weights) -> list[tuple[float, bool, bool]]:
    """For each sample: probability of the best candidate, whether it is right, whether any is."""
    answers = []
    for sample in samples:
        best, found = _best(sample, weights)
        right = sample.right >= 0 and best == sample.right
        answers.append((probability(weights, found), right, sample.right >= 0))
    return answers


def report(predicted: Sequence[tuple[float, bool, bool]]) -> dict[str, float]:
    """Accuracy of the best candidate, NIL AUC, calibration error, F1 at 0.9."""
    known = [right for _, right, about in predicted if about]
    made = [right for p, right, _ in predicted if p >= 0.9]
    total = len(made) + len(known)
    return {
        "accuracy_at_1": sum(known) / len(known) if known else 0.0,
        "nil_auc": auc([p for p, _, _ in predicted], [a for _, _, a in predicted]) or 0.0,
        "ece": expected_calibration_error(
            [p for p, _, _ in predicted], [r for _, r, _ in predicted]
        ),
        "f1": 2 * sum(made) / total if total else 0.0,
    }

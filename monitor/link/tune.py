"""Fitting the linker's weights to labelled posts, in plain numpy.

The score is a conditional logit over a post's candidates and "none of them" (McFadden 1974),
the decision a logistic regression on the best candidate. Both keep the sign each kind of evidence
must have and are pulled towards the weights they start from: a handful of labels changes little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.link.evidence import AGAINST, FEATURES, OF_DECISION, UNSIGNED
from monitor.link.score import BEST, KNOWN, Odds, Weights, known_probability, odds_of, probability

_OPEN = 0.5  # posts that are held lower than this leave nothing to decide
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
    score, null = fit_score(samples, start, rounds, pull)
    fitted = replace(start, features=dict(zip(FEATURES, score.tolist(), strict=True)), null=null)
    return replace(fitted, decision=fit_decision(samples, fitted, rounds, pull))


def fit_score(
    samples: Sequence[Sample], start: Weights, rounds: int, pull: float
) -> tuple[Floats, float]:
    """The weights of the features and of "none", see :func:`fit`."""
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
    sign = np.asarray([0.0, *(_sign(name) for name in FEATURES)])
    weighs = np.asarray([1.0, *(name not in OF_DECISION for name in FEATURES)])
    origin = np.concatenate(([start.null], start.vector))
    chosen = importance @ x[np.arange(n), target]
    flat = x.reshape(-1, x.shape[2])

    def gradient(w: Floats) -> Floats:
        z = np.where(mask, (flat @ w.astype(np.float32)).reshape(mask.shape), -np.inf)
        z = np.exp(z - z.max(axis=1, keepdims=True))
        p = z * (importance / z.sum(axis=1))[:, None]
        slope: Floats = (p.astype(np.float32).ravel() @ flat - chosen) / n
        return slope + pull / n * (w - origin) / 10

    def project(w: Floats) -> Floats:
        kept: Floats = np.where(sign * w < 0, 0.0, w * weighs)
        return kept

    w = _descend(origin, gradient, project, rounds, rate=0.15)
    return w[1:], float(w[0])


def _sign(name: str) -> float:
    if name in UNSIGNED:
        return 0.0
    return -1.0 if name in AGAINST else 1.0


def fit_decision(
    samples: Sequence[Sample], weights: Weights, rounds: int = 400, pull: float = 3.0
) -> dict[str, float]:
    """The decision for scores by ``weights``."""
    known: list[tuple[float, ...]] = []  # values, label, weight
    best: list[tuple[float, ...]] = []
    for sample in samples:
        order, found = _best(sample, weights)
        told = sample.excluded in (-1, order)  # a no to another event says nothing of this one
        if found is None or found.most <= _OPEN or not told:
            continue
        known.append((*found.known, sample.right >= 0, sample.weight))
        if sample.right >= 0:
            best.append((*found.best, order == sample.right, sample.weight))
    fitted = dict(weights.decision)
    for rows, columns in ((known, KNOWN), (best, BEST)):
        if rows:
            origin = np.asarray([fitted[name] for name in columns])
            values = _logistic(np.asarray(rows, float), origin, rounds * 4, pull)
            fitted |= zip(columns, values.tolist(), strict=True)
    return fitted


def _logistic(rows: Floats, origin: Floats, rounds: int, pull: float) -> Floats:
    """The weights of a logistic regression, the first at least 0; ``rows`` end in label, weight."""
    x, y, importance = rows[:, :-2], rows[:, -2], rows[:, -1] / rows[:, -1].mean()

    def gradient(w: Floats) -> Floats:
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope: Floats = x.T @ (importance * (p - y)) / len(y)
        return slope + pull / len(y) * (w - origin)

    def project(w: Floats) -> Floats:
        return np.concatenate([np.maximum(w[:1], 0.0), w[1:]])

    return _descend(origin, gradient, project, rounds, rate=0.05)


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


def _best(sample: Sample, weights: Weights) -> tuple[int, Odds | None]:
    """The row of the best candidate and the odds for it; -1 and None where there is none."""
    if not len(sample.features):
        return -1, None
    scores = sample.features @ weights.vector
    order = np.argsort(-scores, kind="stable")
    best = int(order[0])
    return best, odds_of(scores[order], weights.null, sample.features[best])


def predict(samples: Sequence[Sample], weights: Weights) -> list[tuple[float, bool, bool]]:
    """For each sample: probability of the best candidate, whether it is right, whether any is."""
    answers = []
    for sample in samples:
        best, found = _best(sample, weights)
        right = sample.right >= 0 and best == sample.right
        p = probability(weights, found) if found else 0.0
        answers.append((p, right, sample.right >= 0))
    return answers


def predict_known(samples: Sequence[Sample], weights: Weights) -> list[float]:
    """For each sample the probability that the post is about any event."""
    found = (_best(sample, weights)[1] for sample in samples)
    return [known_probability(weights, odds) if odds else 0.0 for odds in found]

"""The measures of ``monitor evaluate linking|discovery``, in numpy, with their sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def auc(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Area under the ROC curve (Mann-Whitney, ties count half); None where one class is empty."""
    values, labels = np.asarray(scores, float), np.asarray(positive, bool)
    n, m = int(labels.sum()), int((~labels).sum())
    if not n or not m:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[labels].sum() - n * (n + 1) / 2) / (n * m))


def expected_calibration_error(
    probabilities: Sequence[float], right: Sequence[bool], bins: int = 10
) -> float:
    """Mean distance of probability and share right over equal-width bins (Naeini et al. 2015)."""
    p, y = np.asarray(probabilities, float), np.asarray(right, float)
    if not len(p):
        return 0.0
    number = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.bincount(number, p - y, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))


def precision_recall_f1(right: int, made: int, wanted: int) -> tuple[float, float, float]:
    """From how many were right, made and wanted; 0 where there is nothing to divide by."""
    precision = right / made if made else 0.0
    recall = right / wanted if wanted else 0.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def best_f1(probabilities: Sequence[float], right: Sequence[bool], wanted: int) -> float:
    """The best F1 over all thresholds: what another confirm threshold could reach."""
    order = sorted(range(len(right)), key=lambda i: -probabilities[i])
    best, hits = 0.0, 0
    for made, i in enumerate(order, 1):
        hits += right[i]
        best = max(best, precision_recall_f1(hits, made, wanted)[2])
    return best


def contingency(truth: Sequence[object], found: Sequence[object]) -> NDArray[np.int64]:
    """How many items each true class and found cluster share: int64 ``(classes, clusters)``."""
    _, a = np.unique([str(t) for t in truth], return_inverse=True)
    _, b = np.unique([str(f) for f in found], return_inverse=True)
    table = np.zeros((a.max(initial=-1) + 1, b.max(initial=-1) + 1), np.int64)
    np.add.at(table, (a, b), 1)
    return table


def best_match_f1(table: NDArray[np.int64]) -> float:
    """The mean over events of the F1 of the cluster that fits each best (Mazoyer et al. 2020)."""
    if not table.size:
        return 0.0
    sizes = table.sum(1, keepdims=True) + table.sum(0, keepdims=True)
    return float((2 * table / sizes).max(axis=1).mean())


def adjusted_rand_index(table: NDArray[np.int64]) -> float:
    """Hubert & Arabie 1985."""
    pairs = _pairs(table).sum()
    rows, columns = _pairs(table.sum(1)).sum(), _pairs(table.sum(0)).sum()
    whole = _pairs(table.sum())
    expected = rows * columns / whole if whole else 0.0
    most = (rows + columns) / 2
    return float((pairs - expected) / (most - expected)) if most != expected else 1.0


def _pairs(n: NDArray[np.int64]) -> NDArray[np.float64]:
    values = np.asarray(n, np.float64)
    pairs: NDArray[np.float64] = values * (values - 1) / 2
    return pairs


def bcubed_f1(table: NDArray[np.int64]) -> float:
    """Bagga & Baldwin 1998: precision and recall averaged over items."""
    n = table.sum()
    if not n:
        return 0.0
    squares = table.astype(float) ** 2
    precision = (squares / np.maximum(table.sum(0, keepdims=True), 1)).sum() / n
    recall = (squares / np.maximum(table.sum(1, keepdims=True), 1)).sum() / n
    return float(2 * precision * recall / (precision + recall))


def adjusted_mutual_information(table: NDArray[np.int64]) -> float:
    """Vinh, Epps & Bailey 2010, normalised by the mean of the two entropies."""
    n = int(table.sum())
    a, b = table.sum(1), table.sum(0)
    if n == 0 or (len(a) == 1 and len(b) == 1):
        return 1.0
    p = table[table > 0] / n
    i, j = np.nonzero(table)
    information = float((p * np.log(p * n * n / (a[i] * b[j]))).sum())
    expected = _expected_information(a, b, n)
    mean = (_entropy(a / n) + _entropy(b / n)) / 2
    if abs(mean - expected) < 1e-12:
        return 1.0
    return (information - expected) / (mean - expected)


def _entropy(p: NDArray[np.float64]) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def _expected_information(a: NDArray[np.int64], b: NDArray[np.int64], n: int) -> float:
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
    total = 0.0
    # Clusters of one size are alike: count each pair of sizes once.
    sizes_a, times_a = np.unique(a, return_counts=True)
    sizes_b, times_b = np.unique(b, return_counts=True)
    for x, how_many_x in zip(sizes_a.tolist(), times_a.tolist(), strict=True):
        for y, how_many_y in zip(sizes_b.tolist(), times_b.tolist(), strict=True):
            k = np.arange(max(1, x + y - n), min(x, y) + 1)
            if not len(k):
                continue
            log_p = (
                log_factorial[x] + log_factorial[y] + log_factorial[n - x] + log_factorial[n - y]
                - log_factorial[n] - log_factorial[k] - log_factorial[x - k]
                - log_factorial[y - k] - log_factorial[n - x - y + k]
            )  # fmt: skip
            term = k / n * np.log(n * k / (x * y)) * np.exp(log_p)
            total += float(term.sum()) * how_many_x * how_many_y
    return total

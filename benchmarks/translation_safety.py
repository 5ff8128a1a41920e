"""How often each safety check is right: on reference translations and on corrupted ones.

    python benchmarks/translation_safety.py POSTS.jsonl [EVERY]

``POSTS.jsonl`` holds ``event_id, lang, text, english``; EVERY takes each n-th post. The quantiles
the drift check is set by are printed for one half of the events, everything else is measured on the
other. Each corruption is applied to every post; a check's false alarms are its warnings on the
references.
"""

from __future__ import annotations

import json
import random
import re
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from monitor.text.embed import Encoder, load_encoder
from monitor.text.places import Gazetteer
from monitor.translate.dates import MONTHS, WEEKDAYS
from monitor.translate.safety import check

rng = random.Random(7)


def other_number(text: str, _: str, __: str) -> str | None:
    changed = re.sub(r"\d+", lambda m: str(int(m[0]) * 2 + 3), text)
    return changed if changed != text else None


def other_date(text: str, _: str, __: str) -> str | None:
    names = [name for name, _ in (*MONTHS, *WEEKDAYS)]
    pattern = re.compile(rf"\b({'|'.join(names)})\b")
    if not pattern.search(text):
        return None
    return pattern.sub(lambda m: names[(names.index(m[0]) + 1) % len(names)], text)


def other_unit(text: str, _: str, __: str) -> str | None:
    swaps = {"dollars": "euros", "$": "€", "euros": "dollars", "percent": "people", "%": ""}
    swaps |= {"kilometres": "miles", "kilometers": "miles", "km": "miles", "tonnes": "boxes"}
    pattern = re.compile("|".join(map(re.escape, swaps)))
    return pattern.sub(lambda m: swaps[m[0]], text) if pattern.search(text) else None


def half(text: str, _: str, __: str) -> str | None:
    words = text.split()
    return " ".join(words[: max(1, len(words) // 4)]) if len(words) >= 8 else None


def repeated(text: str, _: str, __: str) -> str | None:
    words = text.split()
    return text + " " + " ".join(words[-3:] * 4) if len(words) > 3 else None


def copied(_: str, source: str, __: str) -> str | None:
    return source


def swapped(_: str, __: str, other: str) -> str | None:
    return other


def threatened(text: str, _: str, __: str) -> str | None:
    return text + " I will kill you"


CORRUPTIONS = [other_number, other_date, other_unit, half, repeated, copied, swapped, threatened]


def print_quantiles(rows: list[dict[str, str]], encoder: Encoder) -> None:
    """Cosines of source and reference by language and length."""
    sources = encoder.encode([r["text"] for r in rows])
    near = (sources * encoder.encode([r["english"] for r in rows])).sum(axis=1)
    for language in ("ar", "fr"):
        for low, high in ((3, 8), (8, 12), (12, 18), (18, 30), (30, 99)):
            at = [
                cosine
                for cosine, r in zip(near, rows, strict=True)
                if r["lang"] == language and low <= len(r["text"].split()) < high
            ]
            if len(at) > 20:
                quantiles = np.quantile(at, [0.005, 0.01, 0.02, 0.05, 0.5]).round(3)
                print(language, f"{low}–{high - 1} words", len(at), quantiles)


def main() -> None:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    rows = [
        r for r in rows
        if r.get("english") and r["lang"] in ("ar", "fr") and r.get("dialect") != "arabizi"
        and not (r["lang"] == "ar" and re.search(r"[a-z]{3}.*[a-z]{3}.*[a-z]{3}", r["text"]))
    ][:: int(sys.argv[2]) if len(sys.argv) > 2 else 4]  # fmt: skip
    encoder, gazetteer = load_encoder(), Gazetteer.load()
    fitting = [r for r in rows if zlib.crc32(r["event_id"].encode()) % 2]
    print_quantiles(fitting, encoder)
    rows = [r for r in rows if not zlib.crc32(r["event_id"].encode()) % 2]
    sources = encoder.encode([r["text"] for r in rows])
    places = [gazetteer.find(r["text"], r["lang"]) for r in rows]

    def warned(texts: list[str | None]) -> tuple[Counter[str], int]:
        used = [i for i, t in enumerate(texts) if t]
        vectors = encoder.encode([texts[i] or "" for i in used])
        found: Counter[str] = Counter()
        for i, vector in zip(used, vectors, strict=True):
            near = float(sources[i] @ vector)
            row = rows[i]
            kinds = {
                w.check
                for w in check(
                    row["text"], texts[i] or "", row["lang"],
                    places=places[i], gazetteer=gazetteer, similarity=near,
                )
            }  # fmt: skip
            found.update(kinds | ({"any"} if kinds else set()))
        return found, len(used)

    base, n = warned([r["english"] for r in rows])
    print("references", n, {k: f"{v / n:.4f}" for k, v in sorted(base.items())})
    others = rows[:]
    rng.shuffle(others)
    for corrupt in CORRUPTIONS:
        texts = [
            corrupt(r["english"], r["text"], o["english"])
            for r, o in zip(rows, others, strict=True)
        ]
        found, m = warned(texts)
        print(corrupt.__name__, m, {k: f"{v / m:.3f}" for k, v in sorted(found.items())})


if __name__ == "__main__":
    main()

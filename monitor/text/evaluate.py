"""How well languages are told apart, measured on labelled rows that people bring."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from monitor.errors import InputError
from monitor.model import Language
from monitor.text.clean import clean_line

OTHER: Final = "other"
UNDETERMINED: Final = "und"
_BINS: Final = 15


class Detector(Protocol):
    """What is measured: see :class:`monitor.text.language.LanguageDetector`."""

    @property
    def followed(self) -> tuple[str, ...]: ...

    def detect(self, text: str, hint: str | None = None) -> Language: ...


@dataclass(frozen=True, slots=True)
class _Judged:
    gold: str
    predicted: str
    confidence: float


def read_rows(path: Path) -> Iterator[tuple[int, object]]:
    """Each line of a JSON Lines file as (line number from 1, value); empty lines are skipped.

    Raises ``InputError`` naming file and line where a line is not UTF-8 or not JSON, or the file
    cannot be read.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _value(line, f"{path}:{number}")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _value(line: bytes, where: str) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise InputError(f"{where}: not JSON: nested too deeply") from error
    except ValueError as error:  # also a number of 5,000 digits
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(f"{where}: not JSON: {reason}") from error


def evaluate_language(
    rows: Iterable[tuple[int, object]], detector: Detector, *, file: str = "rows"
) -> dict[str, object]:
    """Measure ``detector`` on ``rows``: pairs of line number and ``{"text", "lang"}``.

    ``lang`` is an ISO 639 code, ``"other"`` for any language the detector does not follow, or
    ``"und"`` where it should abstain; a region or script (``fr-CA``) is ignored, except that
    ``ar-Latn`` asks for romanised Arabic by name. The classes compared are the followed languages,
    ``other`` and ``und``: a code that is not followed counts as ``other``, on both sides, and
    ``ar-Latn`` as ``ar`` unless some row's ``lang`` is ``ar-Latn``: then it is a class of its own.
    A row may carry ``hint``, the platform's language tag; nothing else is read.

    The result: ``n``; ``accuracy``; ``macro_f1`` over the classes that occur as ``lang``;
    ``abstained``, the share answered ``und``; ``per_language``: class → ``p, r, f1, n``;
    ``posts_per_second``, wall clock; ``ece``, the expected calibration error (Guo et al. 2017,
    15 bins of equal width) of the confidences; ``confusion``: ``lang`` → answer → count.

    Raises ``InputError`` naming ``file`` and line for the first row that is wrong.
    """
    checked = [_checked(value, f"{file}:{number}") for number, value in rows]
    if not checked:
        raise InputError(f'{file}: no rows; each line should be {{"text": …, "lang": …}}')
    romanised = any(lang == "ar-Latn" for _, lang, _ in checked)
    started = time.perf_counter()
    found = [detector.detect(text, hint) for text, _, hint in checked]
    seconds = time.perf_counter() - started
    judged = [
        _Judged(
            _class_of(lang, detector.followed, romanised=romanised),
            _class_of(language.code, detector.followed, romanised=romanised),
            language.confidence,
        )
        for (_, lang, _), language in zip(checked, found, strict=True)
    ]
    per_language = _per_class(judged)
    golds = {row.gold for row in judged}
    return {
        "n": len(judged),
        "accuracy": sum(row.gold == row.predicted for row in judged) / len(judged),
        "macro_f1": sum(per_language[gold]["f1"] for gold in golds) / len(golds),
        "abstained": sum(row.predicted == UNDETERMINED for row in judged) / len(judged),
        "per_language": per_language,
        "posts_per_second": len(judged) / max(seconds, 1e-9),
        "ece": expected_calibration_error(
            [row.confidence for row in judged], [row.gold == row.predicted for row in judged]
        ),
        "confusion": _confusion(judged),
    }


def _checked(value: object, where: str) -> tuple[str, str, str | None]:
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: a row should be an object with text and lang")
    text, lang, hint = value.get("text"), value.get("lang"), value.get("hint")
    for key, entry in (("text", text), ("lang", lang)):
        if not isinstance(entry, str):
            problem = "is missing" if key not in value else "should be a string"
            raise InputError(f"{where}: {key} {problem}")
    if hint is not None and not isinstance(hint, str):
        raise InputError(f"{where}: hint should be a string")
    assert isinstance(text, str)
    assert isinstance(lang, str)
    base = lang.replace("_", "-").partition("-")[0].lower()
    if lang not in (OTHER, UNDETERMINED) and not (2 <= len(base) <= 3 and base.isalpha()):
        shown = clean_line(lang)[:40]
        raise InputError(f'{where}: lang "{shown}" is not a language code, "other" or "und"')
    return text, "ar-Latn" if lang.lower() == "ar-latn" else base if lang != OTHER else OTHER, hint


def _class_of(code: str, followed: Iterable[str], *, romanised: bool) -> str:
    if code == "ar-Latn" and romanised:
        return code
    base = code.partition("-")[0]
    return base if base == UNDETERMINED or base in followed else OTHER


def _per_class(judged: list[_Judged]) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for name in sorted({row.gold for row in judged} | {row.predicted for row in judged}):
        right = sum(row.gold == name == row.predicted for row in judged)
        answered = sum(row.predicted == name for row in judged)
        n = sum(row.gold == name for row in judged)
        result[name] = {
            "p": right / answered if answered else 0.0,
            "r": right / n if n else 0.0,
            "f1": 2 * right / (answered + n) if answered + n else 0.0,
            "n": n,
        }
    return result


def _confusion(judged: list[_Judged]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for row in judged:
        table.setdefault(row.gold, Counter())[row.predicted] += 1
    return {gold: dict(counts.most_common()) for gold, counts in sorted(table.items())}


def expected_calibration_error(confidences: list[float], right: list[bool]) -> float:
    """The mean gap between confidence and share right, over 15 bins weighted by their size."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, correct in zip(confidences, right, strict=True):
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, correct))
    return sum(
        abs(sum(confidence for confidence, _ in rows) - sum(correct for _, correct in rows))
        for rows in bins.values()
    ) / max(len(confidences), 1)

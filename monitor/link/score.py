"""The learned score: weights in a readable file, inference in a few lines of numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ModelError
from monitor.link.evidence import FEATURES

DECISION = ("share", "margin", "words", "dense", "place", "not_late", "timeless")
UNSIGNED = ("timeless",)  # more of it may speak for or against; of the others, only for
_UNBACKED = 0.45  # the most a post gets that says nothing of what happened
_AT = {name: column for column, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Weights:
    """``features``: log-odds per unit of evidence (conditional logit over candidates). ``null``:
    the score of "none of them". ``decision``: logistic regression, is the best candidate right?"""

    features: Mapping[str, float]
    null: float
    decision: Mapping[str, float]

    @property
    def vector(self) -> NDArray[np.float64]:
        return np.asarray([self.features[name] for name in FEATURES])


def load_weights(path: Path | None = None) -> Weights:
    """The shipped weights, or those of ``path``. Raises :class:`ModelError`."""
    shipped = resources.files("monitor.link") / "data" / "weights.json"
    try:
        text = path.read_text("utf-8") if path else shipped.read_text("utf-8")
        value = json.loads(text)
        features = {name: float(value["features"][name]) for name in FEATURES}
        decision = {name: float(value["decision"][name]) for name in (*DECISION, "intercept")}
        return Weights(features, float(value["null"]), decision)
    except (OSError, ValueError, KeyError, TypeError) as error:
        where = path or "the shipped weights.json"
        raise ModelError(f"{where}: these are not weights of the linker ({error!r})") from error


def load_thresholds(path: Path) -> tuple[float, float]:
    """``(suggest, confirm)`` of a file of tuned weights. Raises :class:`ModelError`."""
    try:
        value = json.loads(path.read_text("utf-8"))
        suggest, confirm = float(value["suggest"]), float(value["confirm"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: holds no thresholds ({error!r})") from error
    if not 0 < suggest <= confirm <= 1:
        raise ModelError(f"{path}: thresholds must be 0 < suggest <= confirm <= 1")
    return suggest, confirm


def as_json(weights: Weights, **about: Any) -> str:
    value = {
        **about,
        "features": {name: round(weights.features[name], 4) for name in FEATURES},
        "null": round(weights.null, 4),
        "decision": {name: round(v, 4) for name, v in weights.decision.items()},
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def decision_features(
    scores: NDArray[np.float64], null: float, best_row: NDArray[np.float64]
) -> dict[str, float]:
    """What the no-event decision looks at.

    ``scores`` descend, ``best_row`` is the evidence of the best. ``ceiling`` is no feature but the
    most that :func:`probability` answers.
    """
    if len(scores) == 0:
        return dict.fromkeys((*DECISION, "ceiling"), 0.0)
    top = float(scores[0])
    total = top + float(np.log(np.exp(scores - top).sum() + np.exp(min(null - top, 50.0))))
    share = float(np.exp(top - total))
    at = {name: float(best_row[column]) for name, column in _AT.items()}
    return {
        "share": float(np.log(share / (1 - share + 1e-6) + 1e-6)),
        "margin": min(top - float(scores[1]), 6.0) if len(scores) > 1 else 3.0,
        **{name: at[name] for name in ("words", "dense", "place")},
        "not_late": -(at["before"] + at["after"]),
        "timeless": float(not (at["near"] or at["before"] or at["after"])),
        "ceiling": ceiling(at),
    }


def ceiling(best: Mapping[str, float]) -> float:
    """How probable a link may be at most, from how far the post says what happened, or to whom.

    That is: words in common (``matched``) or meaning in common (``sense``, a cosine), names of
    places left out of both. Alone a cosine counts from .3 to .42. Where a town is common too, it
    counts from .17 to .32, and so does an actor or another name of the event. Place and time alone
    never do: a match, a lunch or the weather in a town of an event is not about the event.
    """
    alone = (best["sense"] - 0.3) / 0.12
    there = max(min((best["sense"] - 0.17) / 0.15, 1.0), best["actor"], best["alias"])
    backing = max(2.5 * best["matched"], alone, 3 * best["place"] * there, 0.0)
    return _UNBACKED + (1 - _UNBACKED) * min(backing, 1.0)


def probability(weights: Weights, found: Mapping[str, float]) -> float:
    """The calibrated probability that the best candidate is right."""
    odds = weights.decision["intercept"]
    odds += sum(weights.decision[name] * found[name] for name in DECISION)
    return min(float(1 / (1 + np.exp(-np.clip(odds, -30, 30)))), found["ceiling"])


def softmax(scores: Sequence[float] | NDArray[np.float64], null: float) -> NDArray[np.float64]:
    """Shares of the candidates beside "none"."""
    values = np.asarray(scores, np.float64)
    top = max(float(values.max(initial=-50)), null)
    powers = np.exp(values - top)
    shares: NDArray[np.float64] = powers / (powers.sum() + np.exp(null - top))
    return shares

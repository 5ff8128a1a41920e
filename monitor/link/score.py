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
from monitor.link.evidence import FEATURES, OF_POST_AND_EVENT

KNOWN = (
    "known", "known_clash", "known_others", "known_crowd", "known_hashtags", "known_foreign",
    "known_intercept",
)  # fmt: skip
BEST = ("best", "best_timeless", "best_foreign", "best_intercept")
DECISION = (*KNOWN, *BEST)
_NEVER_SURE = 0.01  # labels err, and people do: no share counts as 0 or 1
_UNBACKED = 0.45  # the most a post gets that says nothing of what happened
_BACKED = 0.25  # how far a candidate is to be backed for any probability
_TRACE = 0.02  # the least share of neighbours that means something
_AT = {name: column for column, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Weights:
    """``features``: log-odds per unit of evidence (conditional logit over candidates). ``null``:
    the score of "none of them". ``decision``: two logistic regressions, ``KNOWN``: is the post
    about any known event, and ``BEST``: if so, is the best candidate the right one? ``alone``:
    features and null for a first guess, before the stream is asked about a post."""

    features: Mapping[str, float]
    null: float
    decision: Mapping[str, float]
    alone: Mapping[str, float]

    @property
    def vector(self) -> NDArray[np.float64]:
        return np.asarray([self.features[name] for name in FEATURES])

    @property
    def alone_vector(self) -> NDArray[np.float64]:
        return np.asarray([self.alone.get(name, 0.0) for name in FEATURES])


def load_weights(path: Path | None = None) -> Weights:
    """The shipped weights, or those of ``path``. Raises :class:`ModelError`."""
    shipped = resources.files("monitor.link") / "data" / "weights.json"
    try:
        text = path.read_text("utf-8") if path else shipped.read_text("utf-8")
        value = json.loads(text)
        features = {name: float(value["features"][name]) for name in FEATURES}
        decision = {name: float(value["decision"][name]) for name in DECISION}
        alone = {name: float(value["alone"][name]) for name in (*OF_POST_AND_EVENT, "null")}
        return Weights(features, float(value["null"]), decision, alone)
    except KeyError as error:
        raise ModelError(
            f"{path or shipped}: weights of another version of the linker, which knew nothing of"
            f" {error}: run `monitor tune` again"
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path or shipped}: these are no weights of the linker ({error!r})"
        ) from error


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
        "alone": {name: round(v, 4) for name, v in weights.alone.items()},
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def around_features(near: NDArray[np.float64]) -> NDArray[np.float64]:
    """The feature ``similar`` of shares of neighbours: a logarithm, 0 for none."""
    return np.log1p(near / _TRACE)


def backing(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each candidate is backed by what a post says happened, or to whom, in 0…1.

    By words in common, places left out; by the kind of event, a name, a number, or meaning; or by
    posts like it that are. Time and place alone never back a link: a match, a lunch or the weather
    in a town of an event is not about the event.
    """
    column = {name: features[..., i] for name, i in _AT.items()}
    near = np.expm1(column["similar"]) * _TRACE
    best = np.maximum.reduce(
        [
            # One word of many, of no importance to either, is chance.
            np.minimum(2.5 * column["matched"], 8.0 * (column["content"] - 0.05)),
            2.5 * (column["kind"] - 0.1),
            column["actor"],
            column["alias"],
            column["numbers"],
            (column["dense"] - 0.45) / 0.15,
            (near - 0.15) / 0.25,
        ]
    )
    clipped: NDArray[np.float64] = np.clip(best, 0.0, 1.0)
    return clipped


@dataclass(frozen=True, slots=True)
class Odds:
    """What the decision looks at, in the order of ``KNOWN`` and ``BEST``, 1 for the intercept; and
    the highest probability there may be.

    ``known``: the log-odds that any candidate is right; how far the best is in another country; the
    share of the posts like this one that are about none, and how many there are at all; how far
    hashtags alone may have made the odds: spam and jokes borrow the tags of an event; whether the
    best is told in no language of the post (1 or 0). ``best``: the log-odds that the best is right
    if one is; whether no times are known to tell (1 or 0); again the language.
    """

    known: tuple[float, ...]
    best: tuple[float, ...]
    most: float


def odds_of(scores: NDArray[np.float64], null: float, best_row: NDArray[np.float64]) -> Odds:
    """``scores`` descend and are not empty, ``best_row`` is the evidence of the best."""
    share = shares(scores, null)
    total = float(share.sum())
    timeless = not any(best_row[_AT[name]] for name in ("near", "lasting", "before", "after"))
    around = (float(best_row[_AT[name]]) for name in ("clash", "others", "crowd"))
    tagged = float(best_row[_AT["hashtags"]]) ** 2 * total
    foreign = float(best_row[_AT["foreign"]])
    return Odds(
        known=(_logit(total), *around, tagged, foreign, 1.0),
        best=(_logit(float(share[0]) / max(total, 1e-9)), float(timeless), foreign, 1.0),
        most=_UNBACKED + (1 - _UNBACKED) * min(float(backing(best_row)) / _BACKED, 1.0),
    )


def _logit(share: float) -> float:
    return float(np.log((share + _NEVER_SURE) / (1 - min(share, 1.0) + _NEVER_SURE)))


def probability(weights: Weights, found: Odds) -> float:
    """The calibrated probability that the best candidate is right."""
    return min(known_probability(weights, found) * best_probability(weights, found), found.most)


def known_probability(weights: Weights, found: Odds) -> float:
    """The calibrated probability that the post is about any of the candidates."""
    return _logistic(weights.decision, KNOWN, found.known)


def best_probability(weights: Weights, found: Odds) -> float:
    """The calibrated probability that the best candidate is right if any is."""
    return _logistic(weights.decision, BEST, found.best)


def _logistic(
    decision: Mapping[str, float], names: Sequence[str], values: Sequence[float]
) -> float:
    odds = sum(decision[name] * value for name, value in zip(names, values, strict=True))
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def shares(scores: NDArray[np.float64], null: float) -> NDArray[np.float64]:
    """The probabilities of the candidates beside "none" (softmax)."""
    top = max(float(scores.max(initial=null)), null)
    powers = np.exp(scores - top)
    found: NDArray[np.float64] = powers / (powers.sum() + np.exp(null - top))
    return found

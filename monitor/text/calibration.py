"""One calibrated answer out of several detectors' votes.

A conditional logit over the followed languages, romanised Arabic and ``other`` (all languages that
are not followed, as one): the score of a class is the weighted sum of each voter's log-probability
of it plus a bias. The weights, a readable file, are fitted by maximum likelihood on posts that the
n-gram table had not seen, which is what makes the probabilities mean what they say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from monitor.errors import ModelError

OTHER = "other"
FLOOR = 1e-4  # no voter's "impossible" counts for more than this


def grouped(votes: Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    """The share of each of ``classes``; what is left is ``other``'s. No opinion: even shares."""
    if not votes:
        return dict.fromkeys(classes, 1 / len(classes))
    total = sum(votes.values()) or 1.0
    shares = {code: votes.get(code, 0.0) / total for code in classes if code != OTHER}
    shares[OTHER] = max(0.0, 1.0 - sum(shares.values()))
    return shares


@dataclass(frozen=True, slots=True)
class Weights:
    """``alone`` for the n-gram table by itself, ``together`` for all voters; ``hint`` is what a
    platform's tag adds to the log-odds of its language; above ``sure`` nobody else is asked."""

    alone: Mapping[str, float]
    together: Mapping[str, float]
    hint: float
    sure: float

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ``ModelError`` where the file is missing or damaged."""
        try:
            stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(stored["alone"], stored["together"], stored["hint"], stored["sure"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: not language weights: {error}") from error

    def combine(
        self,
        votes: Mapping[str, Mapping[str, float]],
        classes: Sequence[str],
        hint: str | None = None,
    ) -> dict[str, float]:
        """Class → probability, from voter → class → share (see :func:`grouped`)."""
        weights = self.alone if len(votes) == 1 else self.together
        scores = dict.fromkeys(classes, 0.0)
        for voter, shares in votes.items():
            for code in classes:
                scores[code] += weights[voter] * math.log(max(shares[code], FLOOR))
        for code in classes:
            scores[code] += weights.get(f"bias {code}", 0.0)
        if hint is not None:
            scores[hint if hint in scores else OTHER] += self.hint
        top = max(scores.values())
        shares = {code: math.exp(score - top) for code, score in scores.items()}
        total = sum(shares.values())
        return {code: share / total for code, share in shares.items()}

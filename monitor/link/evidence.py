"""The evidence for "this post is about this event": pure functions, one a kind.

Each returns numbers between about -1 and 1 where 0 means "says nothing": what is missing on either
side is never held against an event.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

OF_POST_AND_EVENT = (
    "dense", "words", "cover", "title", "alias", "actor", "chars", "rare", "place", "country",
    "clash", "numbers", "near", "lasting", "before", "after", "content", "matched", "kind",
    "kind_clash",
)  # fmt: skip
OF_STREAM = ("similar", "among", "others", "crowd")
# What only the decision looks at: whether the event is told in no language of the post (1 or 0),
# which makes all evidence fainter; the share of the post's words that are hashtags.
OF_DECISION = ("foreign", "hashtags")
FEATURES = (*OF_POST_AND_EVENT, *OF_STREAM, *OF_DECISION)
AGAINST = frozenset(("clash", "before", "after", "kind_clash", "others"))  # never for a link
UNSIGNED = frozenset(("crowd",))  # for or against, as it turns out; the rest only for
_DECAY_H = 72.0  # news of an event dies away in about three days (Miranda et al. 2018)
_LASTING_H = 240.0  # but floods, trials and epidemics stay in the news for weeks
_EARLY_H = 12.0  # clocks, time zones, and events dated by when they were announced


def time_evidence(
    at: float, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """``(near, lasting, before, after)`` of a post at ``at`` for events ``[start, end]``, in hours
    since 1970.

    ``near`` falls from 1 during the event as a Gaussian (σ 12 h before it, 72 h after), ``lasting``
    exponentially over ten days; ``before`` and ``after`` are the logarithm of the distance, 0
    within the event, 1 at ten σ. All are 0 where an event has no date.
    """
    early = np.maximum(starts - at, 0.0)
    late = np.maximum(at - ends, 0.0)
    near = np.exp(-0.5 * ((early / _EARLY_H) ** 2 + (late / _DECAY_H) ** 2))
    lasting = np.exp(-early / _EARLY_H - late / _LASTING_H)
    before = np.log1p(early / _EARLY_H) / math.log(11)
    after = np.log1p(late / _DECAY_H) / math.log(11)
    known = ~np.isnan(starts)
    return tuple(np.where(known, values, 0.0) for values in (near, lasting, before, after))


def number_evidence(post: Collection[str], event: Collection[str]) -> float:
    """1 where a number of three digits agrees, 0.6 for two digits; 0 where none does."""
    shared = set(post) & set(event)
    return max((1.0 if len(number) > 2 else 0.6 for number in shared), default=0.0)

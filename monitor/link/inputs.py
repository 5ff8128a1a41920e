"""What the linker is given and what it answers with before a link is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.model import Language, Place, Post, Translation


@dataclass(frozen=True, slots=True)
class LinkInput:
    """One post and what is known about it so far.

    ``parents`` are the titles of the articles and posts it was found in. ``vector`` is the unit
    embedding of ``post.full_text``, where somebody has already paid for it.
    """

    post: Post
    language: Language
    translation: Translation | None = None
    places: tuple[Place, ...] = ()
    parents: tuple[str, ...] = ()
    vector: NDArray[np.float32] | None = None

    @property
    def languages(self) -> frozenset[str]:
        """In which the post can be read, without regions; empty where that is not known."""
        own = frozenset({self.language.base} - {"und"})
        return own | {"en"} if own and self.translation else own


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event a post may be about.

    ``score`` is in log-odds against the other candidates (only differences mean something),
    ``probability`` calibrated, ``features`` what the score was computed from, by name. ``details``:
    the ``average`` candidate's features, and how probable it is that any event is ``known`` here.
    """

    event_id: str
    score: float
    probability: float
    features: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

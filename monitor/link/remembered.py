"""What the linker remembers of one post, as bytes for a store: a restart forgets no evidence."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_POINT = np.dtype("<f2")


@dataclass(frozen=True, slots=True)
class Remembered:
    """``point`` is the post's in the stream (float32, exact in half precision), of the vector
    space that ``space`` names; ``hours`` since 1970; ``terms`` as they were counted; ``about`` are
    probable events with their shares."""

    space: str
    hours: float
    point: NDArray[np.float32]
    terms: Sequence[str]
    about: Sequence[tuple[str, float]]


def pack(post: Remembered) -> bytes:
    """About 1.5 kB."""
    head = json.dumps([post.space, post.hours, post.terms, post.about]).encode()
    return zlib.compress(head + b"\n" + post.point.astype(_POINT).tobytes(), 1)


def unpack(packed: bytes) -> Remembered:
    """What :func:`pack` was given."""
    head, _, point = zlib.decompress(packed).partition(b"\n")
    space, hours, terms, about = json.loads(head)
    vector = np.frombuffer(point, _POINT).astype(np.float32)
    return Remembered(space, hours, vector, terms, [(event, share) for event, share in about])

"""Batches sized by tokens."""

from __future__ import annotations

from collections.abc import Sequence


def token_batches(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Indices into ``sizes`` (tokens each) in batches of at most ``most`` padded tokens, texts of
    like length together."""
    batches: list[list[int]] = []
    for index in sorted(range(len(sizes)), key=lambda i: sizes[i]):
        padded = sizes[index] * (len(batches[-1]) + 1) if batches else 0
        if batches and padded <= most:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches

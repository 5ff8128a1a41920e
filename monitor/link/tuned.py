"""Tuned weights as files: ``weights-1.json``, ``weights-2.json``, … in one folder.

The highest number counts; older ones stay. Taking one back renames it, so that nothing is lost and
no number is used twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import InputError, ModelError
from monitor.link.score import Weights, as_json, load_thresholds, load_weights

_NAME = re.compile(r"weights-(\d{1,9})\.json(\.reverted)?")


@dataclass(frozen=True, slots=True)
class Tuned:
    """Weights that were fitted to people's decisions, and the thresholds chosen with them."""

    path: Path
    weights: Weights
    suggest: float
    confirm: float


def current(folder: Path) -> Tuned | None:
    """The tuned weights in use, if any. Raises :class:`ModelError` where they cannot be used."""
    kept = _files(folder)
    if not kept:
        return None
    path = kept[max(kept)]
    weights, (suggest, confirm) = load_weights(path), load_thresholds(path)
    return Tuned(path, weights, suggest, confirm)


def keep(folder: Path, weights: Weights, **about: Any) -> Path:
    """Write weights as the next version. ``about`` must hold ``suggest`` and ``confirm``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max([*_files(folder), *_files(folder, reverted=True)], default=0)
        path = folder / f"weights-{number}.json"
        draft = folder / f".weights-{number}.part"
        draft.write_text(as_json(weights, **about), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise ModelError(f"{folder}: tuned weights cannot be written: {error.strerror}") from error
    return path


def revert(folder: Path) -> Path:
    """Take the newest version back. Returns where it lies now."""
    kept = _files(folder)
    if not kept:
        raise InputError(f"{folder}: there are no tuned weights to take back")
    path = kept[max(kept)]
    try:
        return path.replace(path.with_name(path.name + ".reverted"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be renamed: {error.strerror}") from error


def _files(folder: Path, *, reverted: bool = False) -> dict[int, Path]:
    found = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and bool(match[2]) == reverted:
            found[int(match[1])] = path
    return found

"""Ctrl-C that is not lost: pydantic's core, for one, swallows the exception while it builds a model
("Exception ignored in…"), and the command would go on as if nobody had pressed anything."""

from __future__ import annotations

import signal
from types import FrameType

_told = False


def listen() -> None:
    """From now on remember Ctrl-C beside raising KeyboardInterrupt."""
    signal.signal(signal.SIGINT, _remember)


def raise_if_told() -> None:
    """Raise the KeyboardInterrupt that somebody may have swallowed."""
    if _told:
        raise KeyboardInterrupt


def _remember(_sign: int, _frame: FrameType | None) -> None:
    global _told  # a signal is the process's, and so is this
    _told = True
    raise KeyboardInterrupt

"""Ctrl-C that is not lost: pydantic's core, for one, swallows the exception while it builds a model
("Exception ignored in…"), and the command would go on as if nobody had pressed anything. And one
that comes when all is done must not change how the command ended."""

from __future__ import annotations

import signal
import sys
from types import FrameType

_told = False


def listen() -> None:
    """From now on remember Ctrl-C beside raising KeyboardInterrupt, and do not print a traceback
    where one is swallowed."""
    signal.signal(signal.SIGINT, _remember)
    sys.unraisablehook = _tell


def raise_if_told() -> None:
    """Raise the KeyboardInterrupt that somebody may have swallowed."""
    if _told:
        raise KeyboardInterrupt


def ignore() -> None:
    """From now on nothing is left to be interrupted: what remains takes a moment."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)


def _tell(swallowed: sys.UnraisableHookArgs) -> None:
    if swallowed.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(swallowed)


def _remember(_sign: int, _frame: FrameType | None) -> None:
    global _told  # a signal is the process's, and so is this
    _told = True
    raise KeyboardInterrupt

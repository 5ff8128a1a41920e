"""Waiting for a store that is locked by another program, or whose server is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.errors import StoreLocked

log = logging.getLogger(__name__)

_AGAIN_S = 60.0


class Patience:
    """Says what waits, and does not say it again within a minute: a server may be away for hours,
    and is asked every second."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: dict[str, float] = {}

    @contextmanager
    def waits(self, what: str) -> Iterator[None]:
        """Leave what is inside undone where the store cannot be had now. It is done another time:
        what is to be done stands in the store."""
        try:
            yield
        except StoreLocked as error:
            now = self._monotonic()
            if now - self._said.get(what, -_AGAIN_S) >= _AGAIN_S:
                self._said[what] = now
                log.warning("%s: %s", what, error)

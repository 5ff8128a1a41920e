"""How long ending may take, all of it together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from math import inf

log = logging.getLogger(__name__)

STOP_WITHIN_S = 20.0  # what is in hand may take this long to finish after SIGTERM


class Deadline:
    """One deadline, :data:`STOP_WITHIN_S` after :meth:`begin`, for everything that has to end."""

    def __init__(self) -> None:
        self._by = inf  # by ``time.monotonic``

    def begin(self) -> None:
        """Told again, it stays what it was."""
        self._by = min(self._by, time.monotonic() + STOP_WITHIN_S)

    @property
    def left_s(self) -> float:
        """How long something may take to end: a second at least, though the time be over."""
        return min(max(self._by - time.monotonic(), 1.0), STOP_WITHIN_S)

    async def finish(self, in_hand: Sequence[asyncio.Task[None]]) -> None:
        """Wait for what is ``in_hand``, and cut off what takes longer than is left."""
        if not in_hand:
            return
        _, late = await asyncio.wait(in_hand, timeout=self.left_s)
        for task in late:
            task.cancel()
        if late:
            log.warning("%d polls or batches were cut off; they lose nothing", len(late))
            await asyncio.wait(late)

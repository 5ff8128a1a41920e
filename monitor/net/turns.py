"""Whose turn it is: at most a few requests to one host at once, and a pause between two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Host:
    free: asyncio.Semaphore
    next_start: float = 0.0  # on the loop's clock
    users: int = 0


class Turns:
    """Hands out turns per host. How many hosts are asked at once is the daemon's to say."""

    def __init__(self, per_host: int, spacing_s: float) -> None:
        self._per_host = per_host
        self._spacing_s = spacing_s
        self._hosts: dict[str, _Host] = {}

    @property
    def hosts(self) -> int:
        """How many hosts are remembered now."""
        return len(self._hosts)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at the host and hold it."""
        loop = asyncio.get_running_loop()
        state = self._hosts.get(host)
        if state is None:
            state = self._hosts[host] = _Host(asyncio.Semaphore(self._per_host))
        state.users += 1
        try:
            async with state.free:
                start = max(loop.time(), state.next_start)
                state.next_start = start + self._spacing_s
                if start > loop.time():
                    await asyncio.sleep(start - loop.time())
                yield
        finally:
            state.users -= 1
            self._forget(host, state, loop)

    def _forget(self, host: str, state: _Host, loop: asyncio.AbstractEventLoop) -> None:
        """Drop a host nobody waits for, once its pause is over: memory stays flat."""
        if state.users:
            return
        if state.next_start <= loop.time():
            self._hosts.pop(host, None)
        else:
            loop.call_at(state.next_start, self._forget, host, state, loop)

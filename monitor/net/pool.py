"""Open connections, kept for the next request to the same origin.

Turns at a host are handed out elsewhere (:mod:`.turns`), so all a pool has to do here is remember
what is idle. httpcore's own looks at every open connection, and at every other one for each of
those, whenever a request starts or ends: with hundreds of hosts that is most of the CPU time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpcore

from .http1 import Answer, Connection, Request

Origin = tuple[bytes, bytes, int | None]

_STALE = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)


class Pool:
    """``connect`` opens a connection to the origin of a request. At most ``max_idle`` are kept
    open for later, the longest unused go first."""

    def __init__(self, connect: Callable[[Request], Awaitable[Connection]], max_idle: int) -> None:
        self._connect = connect
        self._max_idle = max_idle
        self._idle: dict[Origin, list[Connection]] = {}
        self._count = 0

    @asynccontextmanager
    async def send(self, request: Request) -> AsyncIterator[Answer]:
        """The answer, its body still to be read. Raises httpcore's exceptions."""
        origin = (request.scheme, request.host, request.port)
        connection, answer = await self._start(origin, request)
        try:
            yield answer
        finally:
            if await connection.finish():
                await self._keep(origin, connection)
            else:
                await connection.aclose()

    async def _start(self, origin: Origin, request: Request) -> tuple[Connection, Answer]:
        used = await self._take(origin)
        if used is not None:
            try:
                return used, await used.ask(request)
            except _STALE:
                # The server may close an idle connection just as it is used again; a GET can be
                # sent once more (RFC 9112, 9.3.1).
                await used.aclose()
            except BaseException:
                await used.aclose()
                raise
        fresh = await self._connect(request)
        try:
            return fresh, await fresh.ask(request)
        except BaseException:
            await fresh.aclose()
            raise

    async def _take(self, origin: Origin) -> Connection | None:
        waiting = self._idle.get(origin, [])
        while waiting:
            connection = waiting.pop()
            self._count -= 1
            if not waiting:
                del self._idle[origin]
            if connection.is_open():
                return connection
            await connection.aclose()
        return None

    async def _keep(self, origin: Origin, connection: Connection) -> None:
        self._idle[origin] = [*self._idle.pop(origin, []), connection]
        self._count += 1
        while self._count > self._max_idle:
            oldest = next(iter(self._idle))
            surplus = self._idle[oldest].pop(0)
            self._count -= 1
            if not self._idle[oldest]:
                del self._idle[oldest]
            await surplus.aclose()

    async def aclose(self) -> None:
        for waiting in self._idle.values():
            for connection in waiting:
                await connection.aclose()
        self._idle.clear()
        self._count = 0

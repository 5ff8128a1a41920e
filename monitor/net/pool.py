"""Open connections, kept for the next request to the same origin.

httpcore's pool looks at every open connection, and at every other one for each of those, whenever
a request starts or ends: with hundreds of hosts that is most of the CPU time. Turns at a host are
handed out elsewhere (:mod:`.turns`), so all a pool has to do here is remember what is idle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore

Origin = tuple[bytes, bytes, int | None]

_STALE = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)


class Pool:
    """``connections`` makes new ones and is used for nothing else. At most ``max_idle`` are kept
    open for later, the longest unused go first."""

    def __init__(self, connections: httpcore.AsyncConnectionPool, max_idle: int) -> None:
        self._connections = connections
        self._max_idle = max_idle
        self._idle: dict[Origin, list[httpcore.AsyncConnectionInterface]] = {}
        self._count = 0

    @asynccontextmanager
    async def send(self, request: httpcore.Request) -> AsyncIterator[httpcore.Response]:
        """The response, its body still to be read. Raises httpcore's exceptions."""
        origin = (request.url.scheme, request.url.host, request.url.port)
        connection, response = await self._start(origin, request)
        try:
            yield response
        finally:
            await response.aclose()
            if connection.is_idle():
                await self._keep(origin, connection)
            else:
                await connection.aclose()

    async def _start(
        self, origin: Origin, request: httpcore.Request
    ) -> tuple[httpcore.AsyncConnectionInterface, httpcore.Response]:
        used = await self._take(origin)
        if used is not None:
            try:
                return used, await used.handle_async_request(request)
            except _STALE:
                # The server may close an idle connection just as it is used again; a GET can be
                # sent once more (RFC 9112, 9.3.1).
                await used.aclose()
        fresh = self._connections.create_connection(request.url.origin)
        try:
            return fresh, await fresh.handle_async_request(request)
        except BaseException:
            await fresh.aclose()
            raise

    async def _take(self, origin: Origin) -> httpcore.AsyncConnectionInterface | None:
        waiting = self._idle.get(origin, [])
        while waiting:
            connection = waiting.pop()
            self._count -= 1
            if not waiting:
                del self._idle[origin]
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _keep(self, origin: Origin, connection: httpcore.AsyncConnectionInterface) -> None:
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

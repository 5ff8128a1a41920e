"""How a connection is opened: resolve once, check every address, connect to what was checked.

A name that resolves to a public address when it is looked at and to a private one when it is
connected to (DNS rebinding) gets nowhere: there is only one look, made here, below the HTTP
library, for every connection it opens. TLS still verifies the host name of the URL.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore
from httpcore._backends.base import SOCKET_OPTION

from .addresses import IP, Allowlist, literal, unique

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_RESOLVER_THREADS = 16  # getaddrinfo blocks; a dead resolver must not take the program's threads


class Refused(Exception):
    """The host has an address that may not be reached."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore to permitted addresses only."""

    def __init__(self, allow: Allowlist, resolve: Resolve | None = None) -> None:
        self._allow = allow
        self._inner = httpcore.AnyIOBackend()
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, "resolver")
        self._resolve = resolve or self._getaddrinfo

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                return await self._first_that_answers(addresses, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("connecting took too long") from error

    async def _first_that_answers(
        self, addresses: Sequence[IP], port: int
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(str(address), port)
            except httpcore.ConnectError as error:
                failure = failure or error
        raise failure or httpcore.ConnectError("the name has no address")

    async def _checked(self, host: str, port: int) -> list[IP]:
        spelled = literal(host)
        if spelled is not None:
            addresses = [spelled]
        else:
            try:
                addresses = list(unique(await self._resolve(host, port)))
            except (socket.gaierror, UnicodeError) as error:
                raise httpcore.ConnectError("the host name is not found") from error
        for address in addresses:
            if not self._allow.permits(host, address):
                raise Refused(f"{address} is not a public address")
        return addresses

    async def _getaddrinfo(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_, address in found]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

"""How a connection is opened: resolve once, check every address, connect to what was checked.

A name that resolves to a public address when it is looked at and to a private one when it is
connected to (DNS rebinding) gets nowhere: there is only one look, made here, below the HTTP
library, for every connection it opens. TLS still verifies the host name of the URL.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import httpcore

from .addresses import IP, Allowlist, literal
from .streams import PlainStream

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_RESOLVER_THREADS = 16  # getaddrinfo blocks; a dead resolver must not take the program's threads


class RefusedAddress(Exception):
    """The host has an address that may not be reached."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore, to permitted addresses only.

    ``trusted`` is the host of the configured proxy, which may be anywhere.
    """

    def __init__(
        self, allow: Allowlist, resolve: Resolve | None = None, trusted: str | None = None
    ) -> None:
        self._allow = allow
        self._trusted = trusted
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, "resolver")
        self._resolve = resolve or self._getaddrinfo

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Raises RefusedAddress, ConnectTimeout or ConnectError."""
        try:
            async with asyncio.timeout(timeout):
                return await self._first_that_answers(await self._checked(host, port), port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    async def _first_that_answers(self, addresses: Sequence[IP], port: int) -> PlainStream:
        failure = "the name has no address"
        for address in addresses:
            try:
                return PlainStream(*await asyncio.open_connection(str(address), port))
            except OSError as error:
                # asyncio's own text repeats the address; the system's says what happened.
                failure = os.strerror(error.errno) if error.errno else str(error)
        raise httpcore.ConnectError(failure)

    async def _checked(self, host: str, port: int) -> list[IP]:
        spelled = literal(host)
        if spelled is not None:
            addresses = [spelled]
        else:
            try:
                found = await self._resolve(host, port)
            except (socket.gaierror, UnicodeError) as error:
                raise httpcore.ConnectError("the host name is not found") from error
            addresses = list(dict.fromkeys(ip_address(text.partition("%")[0]) for text in found))
        for address in addresses:
            if not self._allow.permits(host, address) and host != self._trusted:
                raise RefusedAddress(f"{address} is not a public address")
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

"""Byte streams under the HTTP library: asyncio's sockets, and TLS over them.

httpcore's own streams go through anyio, which costs a third more CPU per request; asyncio's TLS
transport takes 256 KiB of memory per connection. These two classes do neither.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import httpcore

T = TypeVar("T")
_CHUNK = 64 * 1024


class PlainStream(httpcore.AsyncNetworkStream):
    """A TCP connection. Reading raises ReadTimeout or ReadError, writing WriteError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(error.strerror or "connection lost") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._writer.is_closing():
            raise httpcore.WriteError("connection lost")
        self._writer.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(error.strerror or "connection lost") from error

    async def aclose(self) -> None:
        # abort, not close: what is still unsent or unread belongs to a request given up.
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = TlsStream(self, ssl_context, server_hostname)
        try:
            await stream.handshake(timeout)
        except BaseException:
            await self.aclose()
            raise
        return stream

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # an idle connection that has something to say was closed
            return self._reader.at_eof() or self._writer.is_closing()
        return None


class TlsStream(httpcore.AsyncNetworkStream):
    """TLS over another stream, verified for ``server_hostname``."""

    def __init__(
        self, inner: PlainStream, context: ssl.SSLContext, server_hostname: str | None
    ) -> None:
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_hostname
        )

    async def handshake(self, timeout: float | None) -> None:
        """Raises ConnectError where the certificate does not hold, ConnectTimeout."""
        try:
            async with asyncio.timeout(timeout):
                await self._drive(self._tls.do_handshake, None)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except ssl.SSLCertVerificationError as error:
            raise httpcore.ConnectError(f"TLS: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise httpcore.ConnectError(f"TLS: {error.reason or 'handshake failed'}") from error
        except (httpcore.ReadError, httpcore.WriteError) as error:
            raise httpcore.ConnectError(f"TLS: {error}") from error

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return await self._drive(lambda: self._tls.read(max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # closed with or without a goodbye; HTTP's own framing tells a cut body
        except ssl.SSLError as error:
            raise httpcore.ReadError(f"TLS: {error.reason}") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            await self._drive(lambda: self._tls.write(buffer), timeout)
        except ssl.SSLError as error:
            raise httpcore.WriteError(f"TLS: {error.reason}") from error

    async def aclose(self) -> None:
        await self._inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._tls if info == "ssl_object" else self._inner.get_extra_info(info)

    async def _drive(self, step: Callable[[], T], timeout: float | None) -> T:
        """Take one TLS step, carrying bytes to and from the peer until it can be taken."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush(timeout)
                data = await self._inner.read(_CHUNK, timeout)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush(timeout)
                return result

    async def _flush(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            await self._inner.write(self._outgoing.read(), timeout)

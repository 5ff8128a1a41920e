"""HTTP/1.1 on one connection: a GET goes out, its answer comes in (RFC 9112).

llhttp, the parser of Node.js, reads answers, by way of httptools. httpcore's own connections, which
read them in pure Python under locks for every event loop there is, take as much CPU time for one
request as all the rest of a poll; they are used for proxies only (:mod:`.proxy`).
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

import httpcore
import httptools

_CHUNK = 64 * 1024
# Bytes that may come without a byte of the body: headers, trailers, sizes of chunks.
MAX_HEAD = 64 * 1024
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

HeaderList = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """A GET. ``port`` is None for the scheme's own; times are in seconds."""

    scheme: bytes
    host: bytes
    port: int | None
    path: bytes
    headers: HeaderList
    connect_s: float
    read_s: float


@dataclass(slots=True)
class Answer:
    """Status and headers, and the body as it arrives, its Content-Encoding not undone."""

    status: int
    headers: HeaderList
    body: AsyncIterator[bytes]


class Connection(Protocol):
    """A connection to one origin, direct or through a proxy. Raises httpcore's exceptions."""

    async def ask(self, request: Request) -> Answer:
        """Send a request; returns when the headers of the answer are there."""

    async def finish(self) -> bool:
        """The answer was read or given up. Returns whether another request can be sent."""

    def is_open(self) -> bool:
        """Whether the connection, idle since ``finish``, can still be used."""

    async def aclose(self) -> None: ...


class DirectConnection:
    """A connection over ``stream``, kept for at most ``keep_alive_s`` seconds without use."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, keep_alive_s: float) -> None:
        self._stream = stream
        self._keep_alive_s = keep_alive_s
        self._idle_since = time.monotonic()
        self._incoming: _Incoming | None = None

    async def ask(self, request: Request) -> Answer:
        incoming = self._incoming = _Incoming()
        await self._stream.write(_head(request), request.read_s)
        while not incoming.has_head:
            await self._receive(incoming, request.read_s)
        return Answer(incoming.status, incoming.headers, self._body(incoming, request.read_s))

    async def _body(self, incoming: _Incoming, read_s: float) -> AsyncIterator[bytes]:
        while True:
            pieces, incoming.pieces = incoming.pieces, []
            for piece in pieces:
                yield piece
            if incoming.whole:
                return
            await self._receive(incoming, read_s)

    async def _receive(self, incoming: _Incoming, read_s: float) -> None:
        data = await self._stream.read(_CHUNK, read_s)
        if data:
            incoming.feed(data)
        else:
            incoming.end()

    async def finish(self) -> bool:
        self._idle_since = time.monotonic()
        return self._incoming is not None and self._incoming.keeps_alive

    def is_open(self) -> bool:
        if time.monotonic() - self._idle_since > self._keep_alive_s:
            return False
        # An idle connection that has something to say was closed.
        return not self._stream.get_extra_info("is_readable")

    async def aclose(self) -> None:
        await self._stream.aclose()


def _head(request: Request) -> bytes:
    lines = [b"GET %b HTTP/1.1\r\n" % request.path]
    for name, value in request.headers:
        if _CONTROL.search(value):
            raise httpcore.LocalProtocolError(f"header {name.decode()} holds a control character")
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(b"\r\n")
    return b"".join(lines)


@dataclass(slots=True)
class _Incoming:
    """An answer as far as it has come. The ``on_`` methods are called by the parser."""

    headers: HeaderList = field(default_factory=list)
    status: int = 0
    pieces: list[bytes] = field(default_factory=list)
    has_head: bool = False
    whole: bool = False
    _lasting: bool = False  # the connection stays open after the answer
    _framed: bool = False  # the headers say where the body ends
    _surplus: bool = False  # more came than the answer
    _idle_bytes: int = 0  # since the last byte of the body
    _parser: httptools.HttpResponseParser = field(init=False)

    def __post_init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)

    @property
    def keeps_alive(self) -> bool:
        """Whether another request can follow this answer."""
        return self.whole and self._lasting and not self._surplus

    def feed(self, data: bytes) -> None:
        """Raises RemoteProtocolError for what is no HTTP answer, or one that has no end."""
        before = len(self.pieces)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            raise httpcore.RemoteProtocolError("it changes to another protocol") from error
        except httptools.HttpParserError as error:
            if not self.whole:
                raise httpcore.RemoteProtocolError(str(error)) from error
            self._surplus = True
        self._idle_bytes = 0 if len(self.pieces) > before else self._idle_bytes + len(data)
        if self._idle_bytes > MAX_HEAD and not self.whole:
            raise httpcore.RemoteProtocolError("headers without end")

    def end(self) -> None:
        """The server closed the connection; some bodies end so, others are cut off."""
        if not self.has_head:
            raise httpcore.RemoteProtocolError("the server closed the connection without an answer")
        if self._framed:
            raise httpcore.RemoteProtocolError("the server closed the connection too early")
        self.whole = True

    def on_message_begin(self) -> None:
        if self.whole:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.whole:
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:  # 100, 103: another head follows
            return
        self.has_head = True
        self._framed = any(
            name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers
        )

    def on_body(self, piece: bytes) -> None:
        if not self.whole:
            self.pieces.append(piece)

    def on_message_complete(self) -> None:
        if self.has_head:
            self.whole = True
            self._lasting = self._parser.should_keep_alive()
        else:
            self.headers.clear()

"""A loopback server that answers with whatever bytes a test wants, right or wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from monitor.net import Limits

# The test server lives on loopback, which must be opened, and tests have no time for spacing.
OPEN = Limits(allow=("127.0.0.0/8", "::1"), spacing_s=0.0, contact="mailto:desk@example.org")


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: Mapping[str, str]
    raw: bytes


Answer = bytes | AsyncIterator[bytes] | None  # None: close without a word
Answers = Callable[[Request], Answer | Awaitable[Answer]]


def reply(
    body: bytes = b"", *headers: tuple[str, str], status: int = 200, length: int | None = None
) -> bytes:
    """The bytes of a well-formed answer."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name}: {value}" for name, value in headers]
    if status != 304:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Server:
    """``async with Server(answers) as server``: ``server.url("/feed")`` is where it listens."""

    answers: Answers
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    hello: bytes | None = None  # said at once, and nothing after it
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0  # requests in hand
    most_at_once: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports close on the loop's next round
        await self._server.wait_closed()

    def url(self, path: str = "/", host: str | None = None) -> str:
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self.tls else 'http'}://{name}:{self.port}{path}"

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self.hello is not None:
                writer.write(self.hello)
                await reader.read()
            else:
                while await self._one(reader, writer):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers = {
            k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)
        }
        request = Request(first.split(" ")[1], headers, raw)
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answers(request)
            if isinstance(answer, Awaitable):
                answer = await answer
            if answer is None:
                return False
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
                # A promise of more bytes than were written ends with the connection.
                return b"Content-Length" in answer and not _short(answer)
            async for piece in answer:
                writer.write(piece)
                await writer.drain()
            return False
        finally:
            self.at_once -= 1


def _short(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    promised = int(head.rpartition(b"Content-Length: ")[2].split(b"\r\n")[0])
    return promised != len(body)

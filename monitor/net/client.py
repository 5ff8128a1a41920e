"""The one HTTP client: ``get`` either returns a response worth reading or says why not.

Everything that arrives is written by strangers. Addresses are checked where connections are made
(:mod:`.connect`), bodies are decompressed under a cap (:mod:`.decode`), redirects are followed
here, hop by hop, and every failure is a :class:`~monitor.errors.FetchError` of one line.

httpx reads URLs and sets TLS up. Its own client object is left out: it follows redirects, decodes
bodies and pools connections where no limit of ours can reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import Self

from monitor import __version__
from monitor.errors import (
    AddressBlocked,
    BadRedirect,
    BadStatus,
    FetchError,
    RobotsDenied,
    TimedOut,
)

from .addresses import literal, parse_allow
from .connect import GuardedBackend, Resolve
from .decode import ACCEPT_ENCODING, Body
from .failures import NETWORK_FAULTS, explain
from .hosts import Hosts
from .http1 import Answer, Request
from .pool import Pool
from .proxy import Connector, proxy_host
from .retry_after import wait_asked_for
from .robots_cache import ROBOT, RobotsCache
from .turns import Turns
from .urls import Target, one_line, public_url
from .values import Headers, Limits, Params, Response

_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_IDLE = 128  # connections kept open for later; a process may often have 1,024 files
_SMALL_BODY = 16 * 1024  # of an error page: read to the end, so that the connection can be kept


@dataclass(slots=True)
class _Job:
    """One ``get`` on its way: what was asked for, and how far it has come."""

    url: str  # as asked, credentials included
    target: Target
    headers: list[tuple[bytes, bytes]]
    private: list[tuple[bytes, bytes]]  # sent to the origin asked and to no other
    origin: tuple[bytes, str, int | None]
    conditional: bool
    seconds_left: float
    permanent: bool = True
    seen: set[str] = field(default_factory=set)

    @property
    def asked(self) -> str:
        return public_url(self.url)


@dataclass(frozen=True, slots=True)
class _Whole:
    status: int
    headers: Headers
    body: bytes


class Client:
    """An HTTP client with limits, politeness and guards: ``async with Client(limits) as client``.

    ``clock`` tells the time in UTC (for dates in Retry-After). ``resolve`` looks up a host name
    and returns its addresses; the operating system's resolver where none is given. Raises
    ``ValueError`` with a sentence where ``limits`` holds something that cannot be used.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolve: Resolve | None = None,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._allow = parse_allow(limits.allow)
        self._backend = GuardedBackend(self._allow, resolve, trusted=proxy_host(limits.proxy))
        self._pool = Pool(Connector(limits, self._backend).connect, _MAX_IDLE)
        self._turns = Turns(limits.per_host, limits.spacing_s)
        self._hosts = Hosts(clock, Random())  # noqa: S311 - jitter, not secrecy
        self._robots = RobotsCache(self.get, clock)
        self._common = [
            (b"User-Agent", _user_agent(limits.contact)),
            (b"Accept-Encoding", ACCEPT_ENCODING.encode()),
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._pool.aclose()
        self._backend.close()
        await asyncio.sleep(0)  # sockets close on the loop's next round

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str | None = None,
        robots: bool = False,
    ) -> Response:
        """Fetch a URL, following redirects.

        ``etag`` and ``last_modified`` go out byte for byte as a response brought them; then the
        answer may be 304. ``params`` are added to the query. ``headers`` (an API key, say) and the
        URL's own credentials are sent to the origin asked for and to no other. ``robots=True``
        asks the site's robots.txt first. Raises a :class:`FetchError` and nothing else.
        """
        job = self._job(url, etag, last_modified, params, headers, accept)
        while True:
            if robots:
                await self._ask_robots(job)
            answer = await self._hop(job)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return self._finish(job, answer)
            self._follow(job, answer)

    def _job(
        self,
        url: str,
        etag: str | None,
        last_modified: str | None,
        params: Params | None,
        headers: Mapping[str, str] | None,
        accept: str | None,
    ) -> _Job:
        try:
            target, authorization = Target.parse(url, params)
            private = [_header(name, value) for name, value in (headers or {}).items()]
            sent = [*self._common, _header("Accept", accept or "*/*")]
            if etag is not None:
                sent.append(_header("If-None-Match", etag))
            if last_modified is not None:
                sent.append(_header("If-Modified-Since", last_modified))
        except ValueError as error:
            raise FetchError(public_url(url), str(error)) from error
        if authorization is not None:
            private.append((b"Authorization", authorization))
        return _Job(
            url=url,
            target=target,
            headers=sent,
            private=private,
            origin=target.origin,
            conditional=etag is not None or last_modified is not None,
            seconds_left=self.limits.total_s,
        )

    async def _ask_robots(self, job: _Job) -> None:
        site = job.target.join("/robots.txt").text
        try:
            rules = await self._robots.rules(site)
        except BadStatus as error:
            reason = f"its robots.txt answers HTTP {error.status}: closed until it can be read"
            raise RobotsDenied(job.asked, reason) from error
        except FetchError as error:
            raise type(error)(job.asked, f"its robots.txt: {error.reason}") from error
        if not rules.allows(job.target.path.decode("ascii")):
            raise RobotsDenied(job.asked, f"{public_url(site)} asks robots not to open this page")

    async def _hop(self, job: _Job) -> _Whole:
        target = job.target
        job.seen.add(target.text)
        if self.limits.proxy is not None:
            self._check_before_proxy(job)
        loop = asyncio.get_running_loop()
        async with self._turns.turn(target.host):
            self._hosts.check(target.host, job.asked)
            start = loop.time()
            try:
                async with asyncio.timeout(job.seconds_left):
                    answer = await self._exchange(job)
            except TimeoutError as error:
                reason = f"not done after {self.limits.total_s:g} seconds"
                raise self._failed(job, TimedOut(job.asked, reason)) from error
            except NETWORK_FAULTS as error:
                named = explain(error, job.asked, target, self.limits)
                raise self._failed(job, named) from error
            finally:
                job.seconds_left -= loop.time() - start
        return answer

    def _failed(self, job: _Job, error: FetchError) -> FetchError:
        self._hosts.failed(job.target.host, job.target.text, error)
        return error

    async def _exchange(self, job: _Job) -> _Whole:
        target = job.target
        headers = [(b"Host", target.netloc), *job.headers]
        if target.origin == job.origin:
            headers += job.private
        request = Request(
            scheme=target.scheme,
            host=target.host.encode("ascii"),
            port=target.port,
            path=target.path,
            headers=headers,
            connect_s=self.limits.connect_s,
            read_s=self.limits.read_s,
        )
        async with self._pool.send(request) as answer:
            return await self._read(answer)

    async def _read(self, answer: Answer) -> _Whole:
        headers = Headers(answer.headers)
        wanted = 200 <= answer.status < 300
        if not wanted and answer.status != 304 and _length(headers) > _SMALL_BODY:
            return _Whole(answer.status, headers, b"")
        body = Body(headers.get("content-encoding", "") if wanted else "", self.limits.max_bytes)
        async for piece in answer.body:
            body.feed(piece)
        return _Whole(answer.status, headers, body.take() if wanted else b"")

    def _check_before_proxy(self, job: _Job) -> None:
        """A proxy resolves names itself, where it stands; only what a URL spells can be checked.

        Looking names up here as well would show them to the local resolver, which is what some
        proxies are there to prevent.
        """
        host = job.target.host
        address = literal("127.0.0.1" if host.rpartition(".")[2] == "localhost" else host)
        if address is not None and not self._allow.permits(host, address):
            raise AddressBlocked(job.asked, f"{host} is not a public address")

    def _follow(self, job: _Job, answer: _Whole) -> None:
        self._hosts.succeeded(job.target.host)
        location = answer.headers["location"]
        with suppress(UnicodeDecodeError):  # what is not UTF-8 stays latin-1
            location = location.encode("latin-1").decode("utf-8")
        try:
            target = job.target.join(location)
        except ValueError as error:
            raise BadRedirect(job.asked, f"redirects to {one_line(location)!r}: {error}") from error
        if target.text in job.seen:
            raise BadRedirect(job.asked, f"redirects in a circle at {public_url(target.text)}")
        if len(job.seen) > self.limits.max_redirects:
            raise BadRedirect(job.asked, f"more than {self.limits.max_redirects} redirects")
        job.permanent = job.permanent and answer.status in _PERMANENT
        job.target = target

    def _finish(self, job: _Job, answer: _Whole) -> Response:
        headers, status = answer.headers, answer.status
        # A part (206) was not asked for, and 304 only where validators were sent.
        fine = (200 <= status < 300 and status != 206) or (status == 304 and job.conditional)
        if not fine:
            cap = self.limits.retry_after_cap_s
            wait = wait_asked_for(headers, status=status, now=self._clock(), cap_s=cap)
            raise self._failed(job, BadStatus(job.asked, status, wait))
        self._hosts.succeeded(job.target.host)
        moved = len(job.seen) > 1 and job.permanent
        content_type, charset = _content_type(headers.get("content-type", ""))
        return Response(
            url=job.target.text,
            status=status,
            headers=headers,
            body=answer.body,
            content_type=content_type,
            charset=charset,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            moved_to=job.target.text if moved else None,
        )


def _user_agent(contact: str) -> bytes:
    name = f"{ROBOT}/{__version__}"
    return _header("User-Agent", f"{name} (+{contact})" if contact else name)[1]


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    try:
        return name.encode("ascii"), value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(f"header {name} holds a character HTTP cannot send") from error


def _length(headers: Headers) -> float:
    value = headers.get("content-length", "")
    return int(value) if value.isdecimal() and len(value) < 16 else float("inf")


def _content_type(value: str) -> tuple[str, str | None]:
    """``("text/html", "utf-8")`` of a Content-Type header."""
    kind, _, parameters = value.partition(";")
    for parameter in parameters.split(";"):
        name, _, text = parameter.partition("=")
        if name.strip().lower() == "charset" and text.strip(" \t\"'"):
            return kind.strip().lower(), text.strip(" \t\"'").lower()
    return kind.strip().lower(), None

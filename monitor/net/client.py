"""The one HTTP client: ``get`` either returns a response worth reading or says why not.

Everything that arrives is written by strangers. Addresses are checked where connections are made
(:mod:`.connect`), bodies are decompressed under a cap (:mod:`.decode`), redirects are followed
here, hop by hop, and every failure is a :class:`~monitor.errors.FetchError` of one line.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import NoReturn, Self

import httpcore
import httpx

from monitor import __version__
from monitor.errors import (
    AddressBlocked,
    BadRedirect,
    BadStatus,
    FetchError,
    RobotsDenied,
    TimedOut,
    TooLarge,
    Unreachable,
)

from .addresses import parse_allow
from .connect import GuardedBackend, Refused, Resolve
from .decode import ACCEPT_ENCODING, Body, BodyTooLarge, UndecodableBody
from .retry_after import retry_after
from .robots_cache import RobotsCache
from .say import one_line, public_url
from .turns import Turns
from .values import Headers, Limits, Params, Response

_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(slots=True)
class _Job:
    """One ``get`` on its way: what was asked for, and how far it has come."""

    asked: str  # for people: without credentials
    url: httpx.URL
    headers: dict[str, str]
    private: dict[str, str]  # sent to the origin asked only
    origin: tuple[str, str, int | None]
    conditional: bool
    seconds_left: float
    permanent: bool = True
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Headers
    body: bytes


class Client:
    """An HTTP client with limits, politeness and guards. Use as ``async with Client() as client``.

    ``clock`` tells the time in UTC (for Retry-After dates). ``resolve`` looks up a host name and
    returns its addresses; the operating system's resolver where none is given. Raises
    ``ValueError`` where ``limits.allow`` or ``limits.proxy`` cannot be read.
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
        self._backend = GuardedBackend(self._allow, resolve)
        self._turns = Turns(limits.per_host, limits.spacing_s)
        self._robots = RobotsCache(self.get, clock)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_ssl_context(limits.ca_file),
            network_backend=self._backend,
            max_connections=None,
            max_keepalive_connections=100,
            keepalive_expiry=30.0,
        )

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
            if answer.status in _REDIRECTS and "location" in answer.headers:
                self._follow(job, answer)
            else:
                return self._finish(job, answer)

    def _job(
        self,
        url: str,
        etag: str | None,
        last_modified: str | None,
        params: Params | None,
        headers: Mapping[str, str] | None,
        accept: str | None,
    ) -> _Job:
        asked = public_url(url)
        try:
            target = httpx.URL(url)
            if params:
                target = target.copy_merge_params(dict(params))
        except (httpx.InvalidURL, ValueError) as error:
            raise Unreachable(asked, f"not a URL: {one_line(error)}") from error
        if target.scheme not in ("http", "https") or not target.host:
            raise Unreachable(asked, "only http:// and https:// URLs can be fetched")
        private = {name.lower(): value for name, value in (headers or {}).items()}
        if target.userinfo:
            request = httpx.Request("GET", target)
            auth = httpx.BasicAuth(target.username, target.password)
            private["authorization"] = next(auth.auth_flow(request)).headers["authorization"]
        contact = f"; +{self.limits.contact}" if self.limits.contact else ""
        sent = {
            "user-agent": f"monitor/{__version__} (feed reader{contact})",
            "accept": accept or "*/*",
            "accept-encoding": ACCEPT_ENCODING,
        }
        if etag is not None:
            sent["if-none-match"] = etag
        if last_modified is not None:
            sent["if-modified-since"] = last_modified
        return _Job(
            asked=asked,
            url=target.copy_with(userinfo=b"", fragment=None),
            headers=sent,
            private=private,
            origin=(target.scheme, target.host, target.port),
            conditional=etag is not None or last_modified is not None,
            seconds_left=self.limits.total_s,
        )

    async def _ask_robots(self, job: _Job) -> None:
        origin = job.url.copy_with(raw_path=b"/robots.txt")
        try:
            rules = await self._robots.rules(str(origin))
        except BadStatus as error:
            reason = f"its robots.txt answers HTTP {error.status}: closed until it can be read"
            raise RobotsDenied(job.asked, reason) from error
        except FetchError as error:
            raise type(error)(job.asked, f"its robots.txt: {error.reason}") from error
        if not rules.allows(job.url.raw_path.decode("ascii")):
            raise RobotsDenied(job.asked, f"{origin} asks robots not to open this page")

    async def _hop(self, job: _Job) -> _Answer:
        job.seen.add(str(job.url))
        async with self._turns.turn(job.url.host):
            loop = asyncio.get_running_loop()
            start = loop.time()
            try:
                async with asyncio.timeout(job.seconds_left):
                    return await self._exchange(job)
            except TimeoutError as error:
                raise TimedOut(
                    job.asked, f"not done after {self.limits.total_s:g} seconds"
                ) from error
            finally:
                job.seconds_left -= loop.time() - start

    async def _exchange(self, job: _Job) -> _Answer:
        url = job.url
        headers = dict(job.headers)
        if (url.scheme, url.host, url.port) == job.origin:
            headers |= job.private
        request = httpcore.Request(
            "GET",
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=[(b"host", url.netloc)]
            + [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
            ],
            extensions={
                "timeout": {
                    "connect": self.limits.connect_s,
                    "read": self.limits.read_s,
                    "write": self.limits.read_s,
                }
            },
        )
        try:
            response = await self._pool.handle_async_request(request)
            try:
                return await self._read(response)
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001 - _explain raises it again, named
            self._explain(job, error)

    async def _read(self, response: httpcore.Response) -> _Answer:
        headers = Headers(response.headers)
        body = b""
        if response.status < 300:
            decoder = Body(headers.get("content-encoding", ""), self.limits.max_bytes)
            async for piece in response.aiter_stream():
                decoder.feed(piece)
            body = decoder.take()
        return _Answer(response.status, headers, body)

    def _explain(self, job: _Job, error: Exception) -> NoReturn:
        asked = job.asked
        where = "" if str(job.url) == asked else f" (at {public_url(str(job.url))})"
        match error:
            case Refused():
                reason = f"{one_line(error)}; open it with `net: {{allow: [{job.url.host}]}}`"
                raise AddressBlocked(asked, reason + where) from error
            case httpcore.ConnectTimeout():
                reason = f"no connection after {self.limits.connect_s:g} seconds"
                raise TimedOut(asked, reason + where) from error
            case httpcore.TimeoutException():
                reason = f"no data for {self.limits.read_s:g} seconds"
                raise TimedOut(asked, reason + where) from error
            case BodyTooLarge():
                reason = f"larger than {self.limits.max_bytes:,} bytes"
                raise TooLarge(asked, reason + where) from error
            case UndecodableBody():
                raise FetchError(asked, one_line(error) + where) from error
            case httpcore.ProtocolError() | httpcore.UnsupportedProtocol():
                reason = f"the answer is not valid HTTP: {one_line(error)}"
                raise Unreachable(asked, reason + where) from error
            case httpcore.NetworkError() | OSError():
                reason = f"no connection: {one_line(error) or type(error).__name__}"
                raise Unreachable(asked, reason + where) from error
            case _:
                raise error

    def _follow(self, job: _Job, answer: _Answer) -> None:
        raw = answer.headers["location"]
        try:
            location = raw.encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            location = raw
        try:
            target = job.url.join(location).copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, ValueError) as error:
            raise BadRedirect(job.asked, "redirected to something that is no URL") from error
        if target.scheme not in ("http", "https") or not target.host:
            raise BadRedirect(job.asked, f"redirected to {target.scheme}:, which is not fetched")
        if str(target) in job.seen:
            raise BadRedirect(job.asked, f"redirects in a circle at {public_url(str(target))}")
        if len(job.seen) > self.limits.max_redirects:
            raise BadRedirect(job.asked, f"more than {self.limits.max_redirects} redirects")
        job.permanent = job.permanent and answer.status in _PERMANENT
        job.url = target

    def _finish(self, job: _Job, answer: _Answer) -> Response:
        headers = answer.headers
        fine = 200 <= answer.status < 300 or (answer.status == 304 and job.conditional)
        if not fine:
            wait = retry_after(
                headers.get("retry-after"),
                date=headers.get("date"),
                now=self._clock(),
                cap_s=self.limits.retry_after_cap_s,
            )
            raise BadStatus(job.asked, answer.status, wait)
        moved = len(job.seen) > 1 and job.permanent
        content_type, charset = _content_type(headers.get("content-type", ""))
        return Response(
            url=str(job.url),
            status=answer.status,
            headers=headers,
            body=answer.body,
            content_type=content_type,
            charset=charset,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            moved_to=str(job.url) if moved else None,
        )


def _content_type(value: str) -> tuple[str, str | None]:
    """``("text/html", "utf-8")`` of a Content-Type header."""
    kind, _, parameters = value.partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, text = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = charset or text.strip().strip("\"'").lower() or None
    return kind.strip().lower(), charset


def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context

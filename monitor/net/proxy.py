"""Where connections go: straight to the host, or to the proxy the config names.

``HTTP_PROXY`` and its kin in the environment are ignored: what is fetched, and through whom, is
written in ``config.yaml`` and nowhere else.
"""

from __future__ import annotations

import importlib.util
import ssl

import httpcore
import httpx

from .connect import GuardedBackend
from .http1 import Answer, Connection, DirectConnection, Request
from .values import Limits

KEEP_ALIVE_S = 30.0


class Connector:
    """Opens connections. Raises ``ValueError`` where proxy or CA file cannot be used."""

    def __init__(self, limits: Limits, backend: GuardedBackend) -> None:
        self._backend = backend
        self._tls = _tls_context(limits.ca_file)
        self._through: httpcore.AsyncConnectionPool | None = None
        if limits.proxy is not None:
            self._through = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                proxy=_proxy(limits.proxy),
                keepalive_expiry=KEEP_ALIVE_S,
                network_backend=backend,
            )

    async def connect(self, request: Request) -> Connection:
        """A connection to the origin of ``request``. Raises httpcore's exceptions."""
        if self._through is not None:
            origin = httpcore.Origin(request.scheme, request.host, _port(request))
            return ProxiedConnection(self._through.create_connection(origin))
        host = request.host.decode("ascii")
        stream = await self._backend.connect_tcp(host, _port(request), request.connect_s)
        if request.scheme == b"https":
            stream = await stream.start_tls(self._tls, host, request.connect_s)
        return DirectConnection(stream, KEEP_ALIVE_S)


class ProxiedConnection:
    """A connection through a proxy, made and driven by httpcore."""

    def __init__(self, inner: httpcore.AsyncConnectionInterface) -> None:
        self._inner = inner
        self._response: httpcore.Response | None = None

    async def ask(self, request: Request) -> Answer:
        self._response = response = await self._inner.handle_async_request(
            httpcore.Request(
                b"GET",
                httpcore.URL(
                    scheme=request.scheme,
                    host=request.host,
                    port=request.port,
                    target=request.path,
                ),
                headers=request.headers,
                extensions={
                    "timeout": {
                        "connect": request.connect_s,
                        "read": request.read_s,
                        "write": request.read_s,
                    }
                },
            )
        )
        return Answer(response.status, response.headers, response.aiter_stream())

    async def finish(self) -> bool:
        if self._response is not None:
            await self._response.aclose()
        return self._inner.is_idle()

    def is_open(self) -> bool:
        return self._inner.is_available() and not self._inner.has_expired()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _port(request: Request) -> int:
    return request.port or (443 if request.scheme == b"https" else 80)


def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ValueError(f"CA file {ca_file}: {error.strerror or error}") from error
    return context


def _proxy(url: str) -> httpcore.Proxy:
    try:
        proxy = httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError("the proxy must be an http://, https:// or socks5:// URL") from error
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ValueError("a SOCKS proxy needs one more package: pip install 'httpx[socks]'")
    return httpcore.Proxy(
        url=httpcore.URL(
            scheme=proxy.url.raw_scheme,
            host=proxy.url.raw_host,
            port=proxy.url.port,
            target=b"/",
        ),
        auth=proxy.raw_auth,
    )


def proxy_host(url: str | None) -> str | None:
    """The host of the proxy, which may be reached wherever it is."""
    return None if url is None else httpx.URL(url).raw_host.decode("ascii")

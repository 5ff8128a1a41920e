"""Where connections go: straight to the host, or to the proxy the config names.

``HTTP_PROXY`` and its kin in the environment are ignored: what is fetched, and through whom, is
written in ``config.yaml`` and nowhere else.
"""

from __future__ import annotations

import importlib.util

import httpcore
import httpx

from .connect import GuardedBackend
from .values import Limits

KEEP_ALIVE_S = 30.0


def connections(limits: Limits, backend: GuardedBackend) -> httpcore.AsyncConnectionPool:
    """What makes connections. Raises ``ValueError`` where proxy or CA file cannot be used."""
    context = httpx.create_ssl_context(trust_env=False)
    if limits.ca_file is not None:
        try:
            context.load_verify_locations(limits.ca_file)
        except OSError as error:
            raise ValueError(f"CA file {limits.ca_file}: {error.strerror or error}") from error
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        proxy=None if limits.proxy is None else _proxy(limits.proxy),
        keepalive_expiry=KEEP_ALIVE_S,
        network_backend=backend,
    )


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

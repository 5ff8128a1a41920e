"""What went wrong, said in one line a person can act on."""

from __future__ import annotations

import httpcore

from monitor.errors import AddressBlocked, FetchError, TimedOut, TooLarge, Unreachable

from .connect import RefusedAddress
from .decode import BodyTooLarge, UndecodableBody
from .urls import Target, one_line, public_url
from .values import Limits

NETWORK_FAULTS = (
    RefusedAddress,
    BodyTooLarge,
    UndecodableBody,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
)


def explain(error: Exception, asked: str, target: Target, limits: Limits) -> FetchError:
    """The FetchError for what happened while ``target`` was asked, on behalf of ``asked``.

    ``error`` is one of ``NETWORK_FAULTS``; anything else would be a bug, and is not caught.
    """
    here = public_url(target.text)
    # Parameters added to the URL asked for are no redirect.
    redirected = here.partition("?")[0] != asked.partition("?")[0]
    where = f" (redirected to {here})" if redirected else ""
    match error:
        case RefusedAddress():
            reason = f"{error}; if it is yours, add {target.host} to net.allow in config.yaml"
            return AddressBlocked(asked, reason + where)
        case httpcore.ConnectTimeout():
            return TimedOut(asked, f"no connection after {limits.connect_s:g} seconds{where}")
        case httpcore.TimeoutException():
            return TimedOut(asked, f"no data for {limits.read_s:g} seconds{where}")
        case BodyTooLarge():
            return TooLarge(asked, f"larger than {limits.max_bytes:,} bytes{where}")
        case UndecodableBody():
            return FetchError(asked, f"{one_line(error)}{where}")
        case httpcore.LocalProtocolError():
            return FetchError(asked, f"the request cannot be sent: {one_line(error)}{where}")
        case httpcore.ProxyError():
            return Unreachable(asked, f"the proxy refused: {one_line(error)}{where}")
        case httpcore.RemoteProtocolError():
            return Unreachable(asked, f"the answer is not valid HTTP: {one_line(error)}{where}")
        case _:
            return Unreachable(asked, f"no connection: {one_line(error) or 'broken off'}{where}")

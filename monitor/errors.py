"""Every error the monitor raises on purpose.

::

    MonitorError
    ├── ConfigError         config.yaml or an events file is wrong; carries every problem at once
    ├── FetchError          a URL could not be had
    │   ├── Unreachable         no connection: name not found, refused, reset, TLS
    │   ├── TimedOut            connecting, reading or the whole request took too long
    │   ├── BadStatus           the server answered with an error status
    │   ├── TooLarge            the decoded body passed the cap
    │   ├── AddressBlocked      the address is private and not allowed in config.yaml
    │   ├── BadRedirect         a loop, too many, or to somewhere that is not http(s)
    │   └── RobotsDenied        robots.txt asks not to open this page
    ├── ParseError          bytes arrived and are not what the source kind expects
    │   └── PreviewUnavailable  the platform shows no public preview of this channel or account
    ├── StoreError          the store cannot be opened, read or written
    │   ├── StoreBusy           another daemon runs on the same store
    │   └── StoreLocked         the store is locked, or its server away; trying again helps
    ├── ModelError          a model folder is missing, damaged or does not match
    ├── TranslationError    an engine could not translate this now; the post is kept and tried again
    │   └── EngineDown          nothing can be translated by it now: its server does not answer
    ├── AlertError          a mail server or command did not take an alert; it is tried again
    └── InputError          a file, row, post or event given by a person is wrong

``str()`` of each is one line a person can act on: what happened, to which feed, file or post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class MonitorError(Exception):
    """The base of all errors above. ``str(error)`` is one line without control characters."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file a person wrote.

    ``line`` counts from 1; ``None`` where the whole file is meant.
    """

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.message}"


class ConfigError(MonitorError):
    """``config.yaml`` or an events file is wrong. Nothing was started."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class FetchError(MonitorError):
    """A URL could not be had. ``url`` is the one asked for, without credentials."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url}: {reason}")


class Unreachable(FetchError):
    """No connection: the name is not found, the connection refused or reset, TLS failed."""


class TimedOut(FetchError):
    """Connecting, reading or the whole request took too long."""


class BadStatus(FetchError):
    """The server answered with an error status.

    ``retry_after`` is in seconds from now, already capped, ``None`` where the server gave none.
    """

    def __init__(self, url: str, status: int, retry_after: float | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(url, f"HTTP {status}")

    @property
    def asks_for_patience(self) -> bool:
        """429 and 503 mean the host is busy, not that the feed is broken."""
        return self.status in (429, 503)

    @property
    def gone(self) -> bool:
        """410: the feed ended for good."""
        return self.status == 410


class TooLarge(FetchError):
    """The decoded body passed the cap; nothing of it is kept."""


class AddressBlocked(FetchError):
    """The host resolves to a private address that ``net.allow`` does not open."""


class BadRedirect(FetchError):
    """A redirect loop, too many redirects, or a redirect to something that is not http(s)."""


class RobotsDenied(FetchError):
    """The site's robots.txt asks robots not to open this page."""


class ParseError(MonitorError):
    """Bytes arrived and are not what the source kind expects."""


class PreviewUnavailable(ParseError):
    """The platform shows no public preview of this channel, account or instance."""


class StoreError(MonitorError):
    """The store cannot be opened, read or written."""


class StoreBusy(StoreError):
    """Another daemon runs on the same store."""


class StoreLocked(StoreError):
    """Another program holds the store locked for too long, or its server does not answer. Nothing
    was changed; try again."""


class ModelError(MonitorError):
    """A model folder is missing, damaged, or its parts do not match."""


class TranslationError(MonitorError):
    """An engine could not translate this now. The post is kept and tried again."""


class EngineDown(TranslationError):
    """The engine can translate nothing now: its server is away, refuses the key, is over its limit
    or answers something else than translations."""


class AlertError(MonitorError):
    """A mail server or a command did not take an alert. It is kept and tried again."""


class InputError(MonitorError):
    """A file, row, post or event given by a person is wrong."""

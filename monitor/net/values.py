"""What goes into the client and what comes out of it. Plain values, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Params = Mapping[str, str | int | Sequence[str | int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much, how often, and where to. Times are in seconds, sizes in bytes.

    ``total_s`` bounds one ``get`` with all its redirects, without the time it waits for its turn
    at a host. ``max_bytes`` counts decoded bytes. ``allow`` opens hosts and networks that are
    otherwise refused because their addresses are not public (see :mod:`monitor.net.addresses`).
    ``ca_file`` names a PEM file of authorities to trust beside the usual ones.
    """

    connect_s: float = 10.0
    read_s: float = 20.0
    total_s: float = 60.0
    max_bytes: int = 16 * 1024 * 1024
    max_redirects: int = 5
    per_host: int = 2
    spacing_s: float = 0.5
    retry_after_cap_s: float = 86_400.0
    contact: str = ""
    allow: tuple[str, ...] = ()
    proxy: str | None = None
    ca_file: str | None = None


class Headers(Mapping[str, str]):
    """Response headers: names in any case, repeated ones joined by ``", "``, values latin-1."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._values: dict[str, str] = {}
        for raw_name, raw_value in pairs:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            before = self._values.get(name)
            self._values[name] = value if before is None else f"{before}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer worth reading: a success, or 304 where validators were sent.

    ``url`` is the last one of a redirect chain, without credentials. ``body`` is decoded
    (Content-Encoding undone). ``content_type`` is lower case and bare (``application/rss+xml``),
    ``""`` where the server named none. ``charset`` is the header's claim, unchecked. ``moved_to``
    is set where every redirect on the way was permanent (301, 308).
    """

    url: str
    status: int
    headers: Headers
    body: bytes
    content_type: str = ""
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None

    @property
    def not_modified(self) -> bool:
        return self.status == 304


class Fetch(Protocol):
    """What sources know of the client."""

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
    ) -> Response: ...

"""Large files, streamed to disk: resumed after a break, verified, in place only when whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx

from monitor.errors import BadRedirect, BadStatus, FetchError, TimedOut, Unreachable

from .values import Limits

_HEX = frozenset("0123456789abcdef")

Progress = Callable[[int, int | None], None]
"""Called with the bytes there so far and, where known, of all."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that arrived whole. ``verified`` says its SHA-256 was known and is the right one."""

    path: Path
    size: int
    sha256: str
    verified: bool
    resumed_at: int = 0  # bytes that were there from an earlier try


async def download(
    url: str,
    path: Path,
    *,
    sha256: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 — immutable
    progress: Progress | None = None,
) -> Downloaded:
    """Fetch ``url`` into ``path``, over whatever was there. What has arrived when the connection
    breaks stays in ``path`` + ``.part`` and the next call goes on there (RFC 9110, Range and
    If-Range). ``limits`` gives ``connect_s``, ``read_s``, ``max_redirects`` and ``proxy``; there is
    no limit on the whole.

    Without ``sha256`` the one that a model hub names in its redirect is used (``X-Linked-Etag``, or
    an ``ETag`` of 64 hexadecimal digits). Raises FetchError; a file with another checksum is
    deleted, so that the next call begins anew.
    """
    part = path.with_name(path.name + ".part")
    seal = path.with_name(path.name + ".part.etag")
    try:
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        async with httpx.AsyncClient(
            timeout=timeout, proxy=limits.proxy, trust_env=False
        ) as client:
            have, told, size = await _fetch(client, url, part, seal, limits, progress)
    except httpx.TimeoutException:
        raise TimedOut(url, "no answer in time; run it again to go on") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(url, f"{reason}; run it again to go on") from None
    if size is not None and part.stat().st_size != size:
        raise Unreachable(url, f"broke off at {part.stat().st_size} of {size} bytes; run it again")
    found = _sha256(part)
    wanted = (sha256 or told or "").lower()
    if wanted and found != wanted:
        part.unlink()
        seal.unlink(missing_ok=True)
        raise FetchError(url, f"damaged: its SHA-256 is {found}, not {wanted}; run it again")
    part.replace(path)
    seal.unlink(missing_ok=True)
    return Downloaded(path, path.stat().st_size, found, bool(wanted), have)


async def _fetch(
    client: httpx.AsyncClient,
    url: str,
    part: Path,
    seal: Path,
    limits: Limits,
    progress: Progress | None,
) -> tuple[int, str | None, int | None]:
    """→ bytes that were there before, the SHA-256 the server tells, the size of all."""
    have = part.stat().st_size if part.exists() and seal.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": seal.read_text(encoding="latin-1")}
    told: str | None = None
    at = url
    for _ in range(limits.max_redirects + 1):
        if not at.startswith(("http://", "https://")):
            raise BadRedirect(url, f"leads to {at!r}, which is no http(s) address")
        async with client.stream("GET", at, headers=headers) as response:
            told = told or _checksum(response.headers)
            if response.is_redirect:
                at = urljoin(at, response.headers.get("location", ""))
                continue
            if response.status_code == 416:  # what we have is no beginning of it: begin anew
                seal.unlink(missing_ok=True)
                return await _fetch(client, url, part, seal, limits, progress)
            if response.status_code not in (200, 206):
                raise BadStatus(url, response.status_code)
            if response.status_code == 200:
                have = 0
            length = response.headers.get("content-length", "")
            size = have + int(length) if length.isdigit() else None
            etag = response.headers.get("etag", "")
            if etag and not etag.startswith("W/"):
                seal.write_text(etag, encoding="latin-1")
            done = have
            with part.open("ab" if have else "wb") as file:
                async for piece in response.aiter_raw():
                    file.write(piece)
                    done += len(piece)
                    if progress:
                        progress(done, size)
                file.flush()
                os.fsync(file.fileno())
            return have, told, size
    raise BadRedirect(url, f"more than {limits.max_redirects} redirects")


def _checksum(headers: httpx.Headers) -> str | None:
    for name in ("x-linked-etag", "etag"):
        value = str(headers.get(name, "")).strip('"').lower()
        if len(value) == 64 and set(value) <= _HEX:
            return value
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Undo Content-Encoding without ever holding more than the cap.

httpx's own decoder turns 500 kB of gzip into one 67 MB chunk before anyone can look at it, so the
bytes are decompressed here, in pieces, with a maximum.
"""

from __future__ import annotations

import zlib

ACCEPT_ENCODING = "gzip, deflate"

_PIECE = 256 * 1024  # decompressed at once; what a bomb can add before it is noticed


class BodyTooLarge(Exception):
    """The body passed the cap."""


class UndecodableBody(Exception):
    """The body is not what its Content-Encoding claims."""


class Body:
    """Collects a response body: bytes as they arrive go in, the decoded body comes out.

    Both the decoded and the received bytes are capped: a stream of empty gzip members never
    produces a byte and never ends.
    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        self._max = max_bytes
        self._parts: list[bytes] = []
        self._decoded = 0
        self._received = 0
        self._coding = _coding(content_encoding)
        self._inflater: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        """Raises BodyTooLarge or UndecodableBody."""
        self._received += len(data)
        if self._received > self._max:
            raise BodyTooLarge
        if self._coding == "identity":
            self._keep(data)
            return
        try:
            self._inflate(data)
        except zlib.error as error:
            raise UndecodableBody(f"the body is not the {self._coding} it claims to be") from error

    def take(self) -> bytes:
        """The decoded body. A compressed one that stops early gives what could be decoded."""
        return b"".join(self._parts)

    def _inflate(self, data: bytes) -> None:
        full = False
        while data or full:
            if self._inflater is None:
                self._inflater = zlib.decompressobj(_window_bits(self._coding, data))
            piece = self._inflater.decompress(data, _PIECE)
            self._keep(piece)
            full = len(piece) == _PIECE  # more may be waiting inside, even with no input left
            if not self._inflater.eof:
                data = self._inflater.unconsumed_tail
            elif self._coding == "gzip":
                # RFC 1952: a gzip file is a series of members; zero padding may follow the last.
                data = self._inflater.unused_data.lstrip(b"\0")
                self._inflater, full = None, False
            else:
                return

    def _keep(self, piece: bytes) -> None:
        self._decoded += len(piece)
        if self._decoded > self._max:
            raise BodyTooLarge
        if piece:
            self._parts.append(piece)


def _coding(content_encoding: str) -> str:
    coding = content_encoding.strip().lower()
    if coding in ("", "identity"):
        return "identity"
    if coding in ("gzip", "x-gzip"):
        return "gzip"
    if coding == "deflate":
        return "deflate"
    raise UndecodableBody(f"Content-Encoding {coding[:40]!r} was not asked for")


def _window_bits(coding: str, data: bytes) -> int:
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    # "deflate" means zlib (RFC 9110), yet some servers send it raw: zlib's first byte says 8.
    return zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS

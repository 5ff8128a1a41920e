"""URLs taken apart once, and what of them people may see."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

import httpx

from .values import Params

_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_SECRETS = re.compile(
    r"(?<=[?&;])((?:[\w.-]*[_.-])?(?:key|apikey|token|secret|password|passwd|pwd|auth|sig|signature)"
    r"=)[^&;#]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Target:
    """One http(s) URL to ask, without credentials and fragment."""

    text: str
    scheme: bytes
    host: str  # lower case, ASCII (IDNA), IPv6 without brackets
    port: int | None
    netloc: bytes  # what the Host header says
    path: bytes  # with the query, percent-encoded

    @property
    def origin(self) -> tuple[bytes, str, int | None]:
        """Who is asked; the default port is None."""
        return self.scheme, self.host, self.port

    @classmethod
    def parse(cls, url: str, params: Params | None = None) -> tuple[Self, bytes | None]:
        """The target, and the Authorization header its user name and password make (RFC 7617).

        Raises ``ValueError`` with a reason where it is no http(s) URL.
        """
        try:
            parsed = httpx.URL(url)
            if params:
                parsed = parsed.copy_merge_params(dict(params))
        except httpx.InvalidURL as error:
            raise ValueError(f"not a URL: {one_line(error)}") from error
        return cls._of(parsed), _authorization(parsed)

    def join(self, location: str) -> Self:
        """Where a Location header leads from here; credentials in it are dropped.

        Raises ``ValueError`` with a reason where that is no http(s) URL.
        """
        try:
            return self._of(httpx.URL(self.text).join(location))
        except httpx.InvalidURL as error:
            raise ValueError(f"not a URL: {one_line(error)}") from error

    @classmethod
    def _of(cls, url: httpx.URL) -> Self:
        if url.scheme not in ("http", "https"):
            raise ValueError(f"{one_line(url.scheme) or 'no scheme'}: is neither http nor https")
        if not url.host:
            raise ValueError("the URL names no host")
        if url.userinfo or url.fragment:
            url = url.copy_with(userinfo=b"", fragment=None)
        return cls(
            text=str(url),
            scheme=url.raw_scheme,
            host=url.raw_host.decode("ascii"),
            port=url.port,
            netloc=url.netloc,
            path=url.raw_path,
        )


def _authorization(url: httpx.URL) -> bytes | None:
    if not url.userinfo:
        return None
    user, _, password = url.userinfo.partition(b":")
    pair = f"{unquote(user.decode('ascii'))}:{unquote(password.decode('ascii'))}"
    return b"Basic " + b64encode(pair.encode())


def public_url(url: str) -> str:
    """A URL without user name, password, and the values of query parameters named like a secret."""
    return one_line(_SECRETS.sub(r"\1…", _USERINFO.sub("", url, count=1)), limit=500)


def one_line(text: object, limit: int = 200) -> str:
    """Text from outside on one line: controls and bidi overrides become spaces, the rest is cut."""
    shown = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
        for character in str(text)[: limit * 2]
    )
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"

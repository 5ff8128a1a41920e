"""What of a URL or an error may be shown to people: one line, no secrets, no control characters."""

from __future__ import annotations

import re
import unicodedata

_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_SECRETS = re.compile(
    r"(?<=[?&;])((?:[\w.-]*[_.-])?(?:key|apikey|token|secret|password|passwd|pwd|auth|sig|signature)=)[^&;#]*",
    re.IGNORECASE,
)


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

"""URLs as strangers write them: which ones to keep, and when two are the same page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

# Parameters that name the way a reader came and not what is read.
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|ref_src|ref_url"
    r"|at_(medium|campaign|custom\d|link_\w+|format|bbc_team|ptr_name)|xtor|cmpid|ocid|smid|ftag"
    r"|_ga|_gl|twclid|ttclid|wt_mc|s_cid|ns_(campaign|mchannel|source|linkname|fee))$"
)
_PORTS = {"http": "80", "https": "443"}
# Control characters and spaces around or inside a URL hide its scheme from a careless reader.
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# BBC feeds count the versions of an article in the fragment (…/articles/x#0, #1).
_VERSION_FRAGMENT = re.compile(r"^\d{1,3}$")
_HOST = re.compile(r"^[^\s/?#\\<>^`{|}\"]+$")


def web_url(url: str | None, base: str | None = None) -> str | None:
    """The absolute http(s) URL, or None for anything else: ``javascript:``, ``data:``, a mistake.

    ``base`` resolves a relative one.
    """
    if not url:
        return None
    trimmed = _INVISIBLE.sub("", url) if _INVISIBLE.search(url[:32]) else url.strip()
    try:
        relative = base and not trimmed.startswith(("https://", "http://"))
        absolute = urljoin(base or "", trimmed) if relative else trimmed
        parts = urlsplit(absolute)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    named = (parts.hostname or "").strip(".")
    if parts.scheme.lower() not in _PORTS or not named or not port_is_valid:
        return None
    if not _HOST.match(parts.netloc):
        return None
    return absolute


def canonical(url: str) -> str:
    """One spelling for the addresses of one page, without its scheme: ``host/path?query``.

    Host in lower case without a default port or credentials, tracking parameters and a version
    fragment dropped. What may name another page (path case, other parameters, ``www.``, other
    fragments) stays. RFC 3986 §6.2; http and https are taken for the same page.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = f":{parts.port}" if parts.port and str(parts.port) != _PORTS.get(parts.scheme) else ""
    fields = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in fields if not _TRACKING.match(name.lower())]
    query = parts.query if len(kept) == len(fields) else urlencode(kept)
    fragment = "" if _VERSION_FRAGMENT.match(parts.fragment) else parts.fragment
    path = parts.path if parts.path != "/" or query else ""
    return urlunsplit(("", "", f"{host}{port}{path}", query, fragment))


def host_of(url: str) -> str:
    """The host in lower case without ``www.``; ``""`` where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")

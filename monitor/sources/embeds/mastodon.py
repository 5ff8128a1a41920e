"""Mastodon statuses in pages: the embed frame, the quotation that replaces it, and links.

There is no list of servers, so a status is known by its path: ``/@user/`` and an 18-digit id.
Neither form holds the text; these are references.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources import ids
from monitor.sources.embeds.base import Embed, Platform, attribute, links
from monitor.sources.urls import web_url

_PATHS = (
    re.compile(r"^/@(\w[\w.-]*)/(\d{17,19})(?:/embed)?/?$"),
    re.compile(r"^/users/(\w[\w.-]*)/statuses/(\d{17,19})(?:/embed|/activity)?/?$"),
    re.compile(r"^/@(\w[\w.-]*)/posts/(\d{17,19})/?$"),  # Truth Social
)


def external_id(uri: str) -> str:
    """The status's own address as its id: ``server/number`` where the address has Mastodon's form,
    so that link, embed and API name it alike; any other ActivityPub URI as it is.
    """
    known = reference(uri)
    return known.external_id if known is not None else uri


def reference(url: str) -> Embed | None:
    parts = urlsplit(url)
    server = (parts.hostname or "").lower()
    for pattern in _PATHS:
        match = pattern.match(parts.path)
        if match is not None and server:
            user, status = match.groups()
            return Embed(
                platform="mastodon",
                external_id=f"{server}/{status}",
                url=f"https://{parts.netloc}/@{user}/{status}",
                author=Author(handle=f"@{user}@{server}", url=f"https://{parts.netloc}/@{user}"),
                published_at=ids.mastodon_time(status),
            )
    return None


def read(node: LexborNode, language: str | None) -> Embed | None:  # noqa: ARG001
    named = attribute(node, "data-embed-url", "src", "data-src")
    for candidate in (named, *(href for href, _ in links(node))):
        url = web_url(candidate)
        found = reference(url) if url else None
        if found is not None:
            return found
    return None


PLATFORM = Platform(
    name="mastodon",
    reference=reference,
    selector="blockquote.mastodon-embed, iframe.mastodon-embed, amp-mastodon",
    read=read,
)

"""Telegram posts in pages: the widget script, its frame, and links to a post.

The mark-up holds no text: ``<script data-telegram-post="channel/123">``
(https://core.telegram.org/widgets/post), so these are references.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources.embeds.base import Embed, Platform, attribute
from monitor.sources.urls import host_of

_POST = re.compile(r"^/?(?:s/)?([A-Za-z]\w{3,31})/(?:\d+/)?(\d{1,10})/?$", re.ASCII)
# First parts of t.me paths that are not channels (https://core.telegram.org/api/links).
_NOT_CHANNELS = {
    "share",
    "joinchat",
    "addstickers",
    "addemoji",
    "addtheme",
    "proxy",
    "socks",
    "login",
}


def external_id(channel: str, number: str | int) -> str:
    """``channel/123``; Telegram's names ignore case."""
    return f"{channel.lower()}/{int(number)}"


def reference(url: str) -> Embed | None:
    if host_of(url) not in ("t.me", "telegram.me", "telegram.dog"):
        return None
    return _embed(urlsplit(url).path)


def _embed(path: str) -> Embed | None:
    match = _POST.match(path)
    if match is None or match.group(1).lower() in _NOT_CHANNELS:
        return None
    channel, number = match.groups()
    return Embed(
        platform="telegram",
        external_id=external_id(channel, number),
        url=f"https://t.me/{channel}/{int(number)}",
        author=Author(handle=f"@{channel}", url=f"https://t.me/{channel}"),
    )


def read(node: LexborNode, language: str | None) -> Embed | None:  # noqa: ARG001
    return _embed(attribute(node, "data-telegram-post", "data-post") or "")


PLATFORM = Platform(
    name="telegram", reference=reference, selector="[data-telegram-post]", read=read
)

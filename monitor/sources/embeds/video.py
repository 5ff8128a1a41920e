"""TikTok and YouTube videos in pages.

TikTok's quotation holds the caption and the author; YouTube's frame holds nothing but the id.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources import ids
from monitor.sources.embeds.base import Embed, Platform, attribute, links
from monitor.sources.markup import text_of
from monitor.sources.urls import host_of, web_url

_TIKTOK = re.compile(r"^/(?:@([\w.]+)/(?:video|photo)|embed(?:/v\d)?|player/v\d|v)/(\d{15,20})")
_YOUTUBE_PATH = re.compile(r"^/(?:embed|shorts|live|v|e)/([\w-]{11})(?![\w-])")
_YOUTUBE_ID = re.compile(r"^[\w-]{11}$")
_NOT_VIDEOS = {"videoseries", "live_stream"}
_YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}


def tiktok(url: str) -> Embed | None:
    if host_of(url) not in ("tiktok.com", "m.tiktok.com"):
        return None
    match = _TIKTOK.match(urlsplit(url).path)
    return _tiktok(match.group(2), match.group(1)) if match else None


def _tiktok(video: str, user: str | None) -> Embed:
    profile = f"https://www.tiktok.com/@{user}" if user else None
    return Embed(
        platform="tiktok",
        external_id=video,
        url=f"https://www.tiktok.com/@{user or ''}/video/{video}",
        author=Author(handle=f"@{user}" if user else None, url=profile),
        published_at=ids.tiktok_time(video),
    )


def read_tiktok(node: LexborNode, language: str | None) -> Embed | None:  # noqa: ARG001
    own = None
    for candidate in (attribute(node, "cite", "data-src"), *(href for href, _ in links(node))):
        url = web_url(candidate)
        own = tiktok(url) if url else None
        if own is not None:
            break
    number = attribute(node, "data-video-id", "data-videoid")
    if own is None and number and number.isdecimal():
        own = _tiktok(number, None)
    if own is None:
        return None
    caption = "\n\n".join(filter(None, (text_of(p) for p in node.css("p"))))
    return Embed(
        platform="tiktok",
        external_id=own.external_id,
        url=own.url,
        text=caption,
        author=own.author,
        published_at=own.published_at,
        complete=bool(caption),
    )


def youtube(url: str) -> Embed | None:
    parts = urlsplit(url)
    host = host_of(url)
    video = ""
    if host == "youtu.be":
        video = parts.path.strip("/")
    elif host in _YOUTUBE_HOSTS:
        match = _YOUTUBE_PATH.match(parts.path)
        video = match.group(1) if match else ""
        if parts.path == "/watch":
            video = parse_qs(parts.query).get("v", [""])[0]
    return _youtube(video)


def _youtube(video: str) -> Embed | None:
    if not _YOUTUBE_ID.match(video) or video in _NOT_VIDEOS:
        return None
    return Embed(
        platform="youtube", external_id=video, url=f"https://www.youtube.com/watch?v={video}"
    )


def read_youtube(node: LexborNode, language: str | None) -> Embed | None:  # noqa: ARG001
    return _youtube(attribute(node, "data-videoid", "videoid", "data-id", "data-youtube-id") or "")


TIKTOK = Platform(
    name="tiktok",
    reference=tiktok,
    selector="blockquote.tiktok-embed, amp-tiktok",
    read=read_tiktok,
)
YOUTUBE = Platform(
    name="youtube",
    reference=youtube,
    selector="amp-youtube, lite-youtube, .rll-youtube-player, .youtube-player, [data-youtube-id]",
    read=read_youtube,
)

"""Bluesky posts in pages: ``blockquote.bluesky-embed`` as embed.bsky.app gives it out, its frame,
and links to a post.

The quotation holds the text in ``<p lang>``, then ``— Name (@handle)`` and the date with its time,
and names the author by DID. A link may name the author by handle instead; handles change hands, so
such a reference keeps the handle in its id until it is resolved.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources import dates, ids
from monitor.sources.embeds.base import Embed, Platform, attribute, signed
from monitor.sources.urls import host_of

_LINK = re.compile(r"^/profile/([^/]+)/post/(\w+)")
_FRAME = re.compile(r"^/embed/(did:[^/]+)/app\.bsky\.feed\.post/(\w+)")
_URI = re.compile(r"^at://([^/]+)/app\.bsky\.feed\.post/([\w.~-]+)$")
# What the official embed writes where a picture or card stands.
_PLACEHOLDER = re.compile(r"\s*\[image or embed\]\s*$")


def external_id(uri: str) -> str | None:
    """``did/rkey`` of a post's ``at://`` URI; None for a URI of anything else."""
    match = _URI.match(uri)
    return f"{match.group(1)}/{match.group(2)}" if match else None


def post_url(actor: str, rkey: str) -> str:
    return f"https://bsky.app/profile/{actor}/post/{rkey}"


def reference(url: str) -> Embed | None:
    path = unquote(urlsplit(url).path)
    host = host_of(url)
    match = None
    if host in ("bsky.app", "staging.bsky.app", "fxbsky.app", "bskyx.app"):
        match = _LINK.match(path)
    elif host == "embed.bsky.app":
        match = _FRAME.match(path)
    return _embed(*match.groups()) if match else None


def _embed(actor: str, rkey: str) -> Embed:
    handle = None if actor.startswith("did:") else f"@{actor.lower()}"
    return Embed(
        platform="bluesky",
        external_id=f"{actor if handle is None else actor.lower()}/{rkey}",
        url=post_url(actor, rkey),
        author=Author(handle=handle, url=f"https://bsky.app/profile/{actor}"),
        published_at=ids.bluesky_time(rkey),
    )


def read(node: LexborNode, language: str | None) -> Embed | None:
    match = _URI.match(attribute(node, "data-bluesky-uri") or "")
    if match is None:
        return None
    did, rkey = match.groups()
    paragraph = node.css_first("p")
    parts = signed(node)
    text = _PLACEHOLDER.sub("", parts.text)
    return Embed(
        platform="bluesky",
        external_id=f"{did}/{rkey}",
        url=post_url(did, rkey),
        text=text if paragraph is not None else "",
        author=Author(parts.name, parts.handle, f"https://bsky.app/profile/{did}"),
        # The date as written has no zone; the record key has the instant.
        published_at=ids.bluesky_time(rkey) or dates.parse(parts.date, language),
        published_raw=parts.date,
        media=("image or embed",) if text != parts.text else (),
        language_tag=attribute(paragraph, "lang") if paragraph is not None else None,
        complete=paragraph is not None and bool(text or text != parts.text),
    )


PLATFORM = Platform(
    name="bluesky", reference=reference, selector="blockquote.bluesky-embed", read=read
)

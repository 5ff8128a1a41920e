"""Bluesky feed views (``app.bsky.feed.defs#feedViewPost``) into posts.

Lexicons: https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed. Facets give links their full
address (clients cut the visible text) by byte ranges of the UTF-8 text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.model import Author, Parent, Post
from monitor.sources import dates
from monitor.sources.embeds import bluesky
from monitor.sources.jsonapi import count, items, mapping, text
from monitor.sources.urls import web_url

_LINK = "app.bsky.richtext.facet#link"
_TAG = "app.bsky.richtext.facet#tag"


def posts(view: Mapping[str, Any], *, source: str, now: datetime) -> list[Post]:
    """The post of a feed view, with what it quotes; a repost is followed by the original.

    A view of anything else than a post (a future record type) gives nothing.
    """
    inner = mapping(view.get("post"))
    post = _post(inner, source, now)
    if post is None:
        return []
    found = [post, *_quoted(inner, post, source, now)]
    reason = mapping(view.get("reason"))
    if text(reason.get("$type")) != "app.bsky.feed.defs#reasonRepost":
        return found
    by = mapping(reason.get("by"))
    did = text(by.get("did")) or ""
    when = dates.settled(dates.parse(text(reason.get("indexedAt"))), now)
    own = bluesky.external_id(text(reason.get("uri")) or "") or f"{did}/repost/{post.external_id}"
    repost = replace(
        post,
        external_id=own,
        author=_author(by),
        published_at=when,
        published_raw=None,
        parents=(Parent(post.url or "", None, "bluesky"),),
        repost_of=post.id,
        reply_to=None,
        quotes=None,
        metrics={},
    )
    return [repost, *found]


def _post(view: Mapping[str, Any], source: str, now: datetime) -> Post | None:
    known = bluesky.external_id(text(view.get("uri")) or "")
    record = mapping(view.get("record") or view.get("value"))
    if known is None or not record:
        return None
    author = mapping(view.get("author"))
    did, _, rkey = known.partition("/")
    body, tags = _faceted(record)
    written = text(record.get("createdAt"))
    # createdAt is the author's clock; nothing is older than when the network indexed it by much,
    # but back-dated imports are honest about it, so it is believed unless it lies in the future.
    published = dates.settled(dates.parse(written), now)
    reply = mapping(mapping(record.get("reply")).get("parent"))
    quoted = bluesky.external_id(_quoted_uri(mapping(record.get("embed"))) or "")
    answered = bluesky.external_id(text(reply.get("uri")) or "")
    languages = record.get("langs")
    return Post(
        platform="bluesky",
        external_id=known,
        source=source,
        text=body,
        collected_at=now,
        url=bluesky.post_url(did, rkey),
        author=_author(author),
        published_at=published,
        published_raw=written if published is None else None,
        media=tuple(dict.fromkeys(_media(mapping(view.get("embed"))))),
        tags=tags,
        language_tag=text(languages[0]) if isinstance(languages, list) and languages else None,
        reply_to=f"bluesky:{answered}" if answered else None,
        quotes=f"bluesky:{quoted}" if quoted else None,
        content_warning=", ".join(_labels(view)) or None,
        metrics={
            name: number
            for name, key in (
                ("replies", "replyCount"),
                ("reposts", "repostCount"),
                ("likes", "likeCount"),
                ("quotes", "quoteCount"),
            )
            if (number := count(view.get(key))) is not None
        },
    )


def _author(profile: Mapping[str, Any]) -> Author:
    handle, did = text(profile.get("handle")), text(profile.get("did"))
    return Author(
        text(profile.get("displayName")),
        f"@{handle}" if handle else None,
        f"https://bsky.app/profile/{did}" if did else None,
    )


def _faceted(record: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text with shortened links written out, and its tags."""
    body = text(record.get("text")) or ""
    raw = body.encode("utf-8", "surrogatepass")
    tags = [t for tag in record.get("tags") or () if (t := text(tag))]
    cuts: list[tuple[int, int, str]] = []
    for facet in items(record.get("facets")):
        index = mapping(facet.get("index"))
        start, end = count(index.get("byteStart")), count(index.get("byteEnd"))
        for feature in items(facet.get("features")):
            kind = text(feature.get("$type"))
            if kind == _TAG and (tag := text(feature.get("tag"))):
                tags.append(tag)
            url = web_url(text(feature.get("uri"))) if kind == _LINK else None
            if url and start is not None and end is not None and start < end <= len(raw):
                shown = raw[start:end].decode("utf-8", "replace").rstrip("….")
                if shown and shown in url:
                    cuts.append((start, end, url))
    for start, end, url in sorted(cuts, reverse=True):
        raw = raw[:start] + url.encode() + raw[end:]
    return raw.decode("utf-8", "replace"), tuple(dict.fromkeys(tags))


def _quoted_uri(embed: Mapping[str, Any]) -> str | None:
    record = mapping(embed.get("record"))
    return text(record.get("uri")) or text(mapping(record.get("record")).get("uri"))


def _quoted(view: Mapping[str, Any], post: Post, source: str, now: datetime) -> Iterable[Post]:
    """The quoted post as a post of its own, where the view holds it (not deleted or blocked)."""
    record = mapping(mapping(view.get("embed")).get("record"))
    inner = mapping(record.get("record")) if "record" in record else record
    quoted = _post(inner, source, now)
    if quoted is not None:
        yield replace(quoted, parents=(Parent(post.url or "", None, "bluesky"),))


def _media(embed: Mapping[str, Any]) -> Iterable[str]:
    held = mapping(embed.get("media")) or embed
    for image in items(held.get("images")):
        described = text(image.get("alt"))
        url = web_url(text(image.get("fullsize")) or text(image.get("thumb")))
        if described:
            yield f"photo: {described}"
        elif url:
            yield url
    external = web_url(text(mapping(held.get("external")).get("uri")))
    if external:
        yield external
    playlist = web_url(text(held.get("playlist")))
    if playlist:
        described = text(held.get("alt"))
        yield f"video: {described}" if described else playlist


def _labels(view: Mapping[str, Any]) -> Iterable[str]:
    for label in items(view.get("labels")):
        value = text(label.get("val"))
        if value and not value.startswith("!"):
            yield value

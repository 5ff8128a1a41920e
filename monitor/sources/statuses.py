"""Mastodon statuses (https://docs.joinmastodon.org/entities/Status/) into posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from monitor.model import Author, Parent, Post
from monitor.sources import dates
from monitor.sources.embeds import mastodon
from monitor.sources.jsonapi import count, items, mapping, text
from monitor.sources.markup import plain
from monitor.sources.urls import web_url


def posts(status: Mapping[str, Any], *, server: str, source: str, now: datetime) -> list[Post]:
    """The status; a boost is followed by the original as a post of its own.

    ``server`` is the base URL asked, which completes local handles.
    """
    original = status.get("reblog")
    post = _post(status, server, source, now)
    if not isinstance(original, dict):
        return [post]
    inner = _post(original, server, source, now)
    parent = Parent(inner.url or inner.external_id, None, "mastodon")
    # A boost has no text of its own; it is told by what it repeats.
    boost = replace(
        post,
        external_id=f"{post.external_id}#boost"
        if post.external_id == inner.external_id
        else post.external_id,
        text=inner.text,
        parents=(parent,),
        repost_of=inner.id,
        language_tag=inner.language_tag,
        content_warning=inner.content_warning,
    )
    return [boost, inner]


def _post(status: Mapping[str, Any], server: str, source: str, now: datetime) -> Post:
    account = mapping(status.get("account"))
    uri = text(status.get("uri")) or text(status.get("url")) or text(status.get("id")) or ""
    url = web_url(text(status.get("url"))) or web_url(uri.removesuffix("/activity"))
    written = text(status.get("created_at"))
    published = dates.settled(dates.parse(written), now)
    quote = mapping(mapping(status.get("quote")).get("quoted_status"))
    quoted = text(quote.get("uri"))
    reply = text(status.get("in_reply_to_id"))
    host = urlsplit(server).netloc
    return Post(
        platform="mastodon",
        external_id=mastodon.external_id(uri),
        source=source,
        text=plain(text(status.get("content")) or ""),
        collected_at=now,
        url=url,
        author=_author(account, host),
        published_at=published,
        published_raw=written if published is None else None,
        edited_at=dates.settled(dates.parse(text(status.get("edited_at"))), now),
        media=tuple(_media(m) for m in items(status.get("media_attachments"))),
        tags=tuple(t for tag in items(status.get("tags")) if (t := text(tag.get("name")))),
        language_tag=text(status.get("language")),
        # The API names the answered status by the number it has on the server asked.
        reply_to=f"mastodon:{host}/{reply}" if reply else None,
        quotes=f"mastodon:{mastodon.external_id(quoted)}" if quoted else None,
        content_warning=plain(text(status.get("spoiler_text")) or "") or None,
        metrics={
            name: number
            for name, key in (
                ("replies", "replies_count"),
                ("reposts", "reblogs_count"),
                ("likes", "favourites_count"),
            )
            if (number := count(status.get(key))) is not None
        },
    )


def _author(account: Mapping[str, Any], host: str) -> Author:
    acct = text(account.get("acct"))
    handle = f"@{acct}" if acct and "@" in acct else f"@{acct}@{host}" if acct else None
    return Author(text(account.get("display_name")), handle, web_url(text(account.get("url"))))


def _media(attachment: Mapping[str, Any]) -> str:
    described = text(attachment.get("description"))
    if described:
        return f"{text(attachment.get('type')) or 'media'}: {described}"
    url = text(attachment.get("url")) or text(attachment.get("remote_url"))
    return web_url(url) or text(attachment.get("type")) or "media"

"""Entries of a feed, whatever their format, and the posts they become.

**Identity** of an entry, stable across polls:

1. A guid that is an address of the site the entry links to is global: its canonical URL. The same
   article in two feeds of a site is one post.
2. Any other guid belongs to the feed: ``feed-name/guid``. Nothing says that two sites do not both
   count from 1, and nobody can overwrite another feed's posts with a guid made up for it.
3. Without a guid, the canonical URL of the link; without a link, a digest of title and body within
   the feed.

Entries of one document that come to the same id by rules 1 or 3 (feeds that link every entry to
the front page) are told apart by their titles.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.model import Author, Parent, Post
from monitor.sources import dates, embeds
from monitor.sources.markup import parse, text_of
from monitor.sources.urls import canonical, host_of, web_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the document has it. ``html`` may be plain text."""

    guid: str | None = None
    link: str | None = None
    title: str = ""
    html: str = ""
    author: str | None = None
    author_url: str | None = None
    published_at: datetime | None = None
    published_raw: str | None = None
    updated_at: datetime | None = None
    media: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    metrics: Mapping[str, int] = field(default_factory=dict)
    video: str | None = None  # YouTube's own id, where its namespace gives one


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document. ``older`` is the URL of the page before this one, where it names one."""

    entries: tuple[Entry, ...]
    title: str | None = None
    older: str | None = None
    warnings: tuple[str, ...] = ()


def entry_id(entry: Entry, feed: str) -> str:
    """The entry's external id, by the rules above."""
    address = web_url(entry.guid)
    at_home = entry.link is None or host_of(address or "") == host_of(entry.link)
    if address is not None and at_home and _names_a_page(address):
        return canonical(address)
    if entry.guid:
        return f"{feed}/{entry.guid}"
    if entry.link is not None:
        return canonical(entry.link)
    return f"{feed}/{_digest(entry)}"


def _names_a_page(url: str) -> bool:
    return "/" in canonical(url) or "?" in canonical(url)


def _digest(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.title}\0{entry.html}".encode("utf-8", "replace")).hexdigest()[
        :16
    ]


def identified(entries: Sequence[Entry], feed: str) -> list[tuple[str, Entry]]:
    """Every entry with its id, repeated entries once."""
    ids = [entry_id(entry, feed) for entry in entries]
    different = {
        (known, entry.title, entry.html) for known, entry in zip(ids, entries, strict=True)
    }
    shared = Counter(known for known, _, _ in different)
    named: dict[str, Entry] = {}
    for known, entry in zip(ids, entries, strict=True):
        own = known if shared[known] == 1 else f"{known}#{_digest(replace(entry, html=''))}"
        named.setdefault(own, entry)
    return list(named.items())


def posts(
    entry: Entry, external_id: str, *, source: str, now: datetime, platform: str = "web"
) -> tuple[Post, tuple[Post, ...]]:
    """The entry as a post, and the posts embedded in its body."""
    text, found = entry.html.strip(), []
    if "<" in text or "&" in text or "http" in text:
        tree = parse(entry.html)
        found = embeds.find(tree, entry.language) if embeds.possible(entry.html) else []
        text = text_of(tree.body) if tree.body is not None else ""
    published = dates.settled(entry.published_at, now)
    edited = dates.settled(entry.updated_at, now)
    url = entry.link or web_url(entry.guid)
    post = Post(
        platform=platform,
        external_id=external_id,
        source=source,
        text=text,
        title=entry.title or None,
        collected_at=now,
        url=url,
        author=Author(entry.author, None, entry.author_url),
        published_at=published,
        published_raw=entry.published_raw
        if published != entry.published_at
        else None
        if published
        else entry.published_raw,
        edited_at=edited if edited and published and edited > published else None,
        media=entry.media,
        tags=entry.tags,
        language_tag=entry.language,
        metrics=entry.metrics,
    )
    own = (post.platform, post.external_id)
    parent = Parent(url or source, post.title, platform)
    embedded = tuple(
        embed.post(source=source, parent=parent, now=now)
        for embed in found
        if (embed.platform, embed.external_id) != own
    )
    return post, embedded

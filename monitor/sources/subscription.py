"""Polling a feed document: what the kinds ``feed``, ``youtube`` and ``reddit`` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.errors import FetchError, ParseError
from monitor.model import Feed, FeedState, Post
from monitor.net.values import Response
from monitor.sources import entries, syndication
from monitor.sources.base import Context, Poll, answered
from monitor.sources.entries import Document, Entry
from monitor.sources.markup import parse
from monitor.sources.pages import is_final, open_page
from monitor.sources.urls import web_url

# A site's archive is paged back at most this far in one backfill.
MOST_PAGES = 500
_FEED_TYPES = ("rss+xml", "atom+xml", "feed+json", "rdf+xml", "application/json")


def as_web_post(
    feed: Feed, known: str, entry: Entry, now: datetime
) -> tuple[Post, tuple[Post, ...]]:
    """An entry of a news feed as a ``web`` post, with the posts embedded in its body."""
    return entries.posts(entry, known, source=feed.name, now=now)


@dataclass(frozen=True, slots=True)
class _Read:
    """A feed document, and its entries as posts, each with the posts embedded in it."""

    document: Document
    posts: list[tuple[Post, tuple[Post, ...]]]


@dataclass(frozen=True)
class Subscription:
    """How a kind reads its feed: where it is, and what an entry becomes."""

    url: Callable[[Any], str]
    post: Callable[[Feed, str, Entry, datetime], tuple[Post, tuple[Post, ...]]] = as_web_post
    pages: Callable[[Any], int] = lambda _: 0  # article pages to open in one poll

    async def poll(self, feed: Feed, context: Context) -> Poll:
        """Ask the feed's document once, following a page to the feed it names."""
        response, read, state = await self._fetch(feed, context)
        if read is None:
            return Poll((), state, not_modified=True)
        found = read.posts
        poll = Poll((), state, tuple(f"{response.url}: {w}" for w in read.document.warnings))
        limit = self.pages(feed.options)
        if limit:
            return await _with_pages(feed, context, poll, found, limit)
        return replace(poll, posts=tuple(p for own, inner in found for p in (own, *inner)))

    async def backfill(self, feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
        """The documents before this one, as far as the feed links them (RFC 5005)."""
        response, read, state = await self._fetch(
            feed, replace(context, state=replace(context.state, etag=None, last_modified=None))
        )
        seen = {response.url}
        for _ in range(MOST_PAGES):
            if read is None:
                return
            posts = tuple(p for own, inner in read.posts for p in (own, *inner))
            yield Poll(posts, state, read.document.warnings)
            dates = [own.published_at for own, _ in read.posts if own.published_at]
            older = read.document.older
            if older is None or older in seen or (dates and max(dates) < since):
                return
            seen.add(older)
            page = await context.client.get(older, accept=syndication.ACCEPT)
            read = await self._aside(feed, page, context.now)

    async def _aside(self, feed: Feed, response: Response, now: datetime) -> _Read | None:
        """Read a response in a thread: large documents take their time and others go on."""
        if response.not_modified:
            return None
        return await asyncio.to_thread(self._read, feed, response, now)

    def _read(self, feed: Feed, response: Response, now: datetime) -> _Read:
        document = syndication.read(response.body, url=response.url, charset=response.charset)
        named = entries.identified(document.entries, feed.name)
        return _Read(document, [self.post(feed, known, entry, now) for known, entry in named])

    async def _fetch(
        self, feed: Feed, context: Context
    ) -> tuple[Response, _Read | None, FeedState]:
        state = context.state
        configured = self.url(feed.options)
        cursor = dict(state.cursor)
        if cursor.get("page") != configured:
            cursor = {}
        url = state.moved_to or cursor.get("feed") or configured
        response = await context.client.get(
            url, etag=state.etag, last_modified=state.last_modified, accept=syndication.ACCEPT
        )
        try:
            read = await self._aside(feed, response, context.now)
        except syndication.NotAFeed as page:
            named = _feed_of(page.html, response.url)
            if named is None or named == url:
                raise ParseError(
                    f"{response.url}: this is a web page that names no feed; give the feed's own"
                    " address, or use kind article"
                ) from None
            response = await context.client.get(named, accept=syndication.ACCEPT)
            read = await self._aside(feed, response, context.now)
            cursor = {"page": configured, "feed": named}
        return response, read, replace(answered(state, response), cursor=cursor)


def _feed_of(html: str, url: str) -> str | None:
    """The first feed that a page names, comments and JSON of other things left aside."""
    for link in parse(html).css("link[rel~=alternate][href]"):
        kind = (link.attributes.get("type") or "").lower()
        href = link.attributes.get("href") or ""
        wordpress_api = "/wp-json/" in href or "oembed" in kind + href
        if kind.endswith(_FEED_TYPES) and not wordpress_api and "/comments/" not in href:
            found = web_url(href, url)
            if found is not None:
                return found
    return None


async def _with_pages(
    feed: Feed,
    context: Context,
    poll: Poll,
    found: Sequence[tuple[Post, tuple[Post, ...]]],
    limit: int,
) -> Poll:
    """Open the page of every entry that was not opened yet, up to ``limit``, newest first.

    An entry whose page was opened before is not reported again: its summary would look like an
    edit of the article. One whose page could not be opened yet is reported as it stands in the
    feed, not ``complete``, so that the article replaces it later.
    """
    unseen = set(context.unseen([own.url for own, _ in found if own.url]))
    opened: list[str] = []
    warnings = list(poll.warnings)
    posts: list[Post] = []
    tried = 0
    for own, inner in found:
        if own.url and own.url not in unseen:
            continue
        posts.extend(inner)
        if own.url is None:
            posts.append(own)
            continue
        if tried >= limit:
            posts.append(replace(own, complete=False))
            continue
        tried += 1
        try:
            page = await open_page(own.url, context, source=feed.name)
        except FetchError as error:
            warnings.append(f"article page not opened: {error}")
            if is_final(error):
                opened.append(own.url)
            posts.append(replace(own, complete=is_final(error)))
            continue
        opened.append(own.url)
        warnings.extend(page.warnings)
        article = page.article
        posts.append(
            replace(
                own,
                text=article.text if len(article.text) > len(own.text) else own.text,
                title=own.title or article.title,
                published_at=own.published_at or article.published_at,
                published_raw=own.published_raw or article.published_raw,
                language_tag=article.language_tag or own.language_tag,
            )
        )
        posts.extend(page.embedded)
    left = len(unseen) - tried
    if left > 0:
        warnings.append(f"{left} article pages are left for the next polls")
    return replace(
        poll, posts=tuple(posts), warnings=tuple(warnings), pages=tuple(dict.fromkeys(opened))
    )

"""A Bluesky account, list or feed generator, through the public AppView."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from monitor.errors import BadStatus, ParseError, PreviewUnavailable
from monitor.model import Feed, Post
from monitor.sources import dates, jsonapi, records
from monitor.sources.base import BaseUrl, Context, Options, Poll, Source
from monitor.sources.embeds.bluesky import external_id
from monitor.sources.jsonapi import items, mapping, text

LIMIT = 50
MOST_PAGES = 10
MOST_BACKFILL_PAGES = 2000


class BlueskyOptions(Options):
    """Parameters of a ``bluesky`` source."""

    actor: str | None = Field(
        None, pattern=r"^@?(did:[a-z]+:[\w.:%-]+|[\w-]+(\.[\w-]+)+)$", description="handle or DID"
    )
    list: str | None = Field(
        None, pattern=r"^at://[^/]+/app\.bsky\.graph\.list/[\w.~-]+$", description="at:// of a list"
    )
    feed: str | None = Field(
        None,
        pattern=r"^at://[^/]+/app\.bsky\.feed\.generator/[\w.~-]+$",
        description="at:// of a feed generator",
    )
    base_url: BaseUrl = Field("https://public.api.bsky.app", description="AppView to ask")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(given is not None for given in (self.actor, self.list, self.feed)) != 1:
            raise ValueError("give exactly one of actor, list, feed")
        return self


@dataclass(frozen=True, slots=True)
class _Page:
    views: list[Mapping[str, Any]]
    cursor: str | None
    posts: tuple[Post, ...]

    @property
    def own(self) -> dict[str, str | None]:
        """Ids of the posts in timeline order (reposts too) with their place in time, ISO 8601."""
        placed = {}
        for view in self.views:
            known = _known(view)
            if known is not None:
                placed[known] = _placed(view)
        return placed


def _known(view: Mapping[str, Any]) -> str | None:
    reason = mapping(view.get("reason"))
    if text(reason.get("$type")) == "app.bsky.feed.defs#reasonPin":
        return None  # stands on top whatever its age
    uri = text(mapping(view.get("post")).get("uri"))
    by = text(mapping(reason.get("by")).get("did"))
    return f"{uri} {by}" if by else uri


def _placed(view: Mapping[str, Any]) -> str | None:
    """Where the view stands in its timeline: AppViews order by when they indexed it."""
    reason, post = mapping(view.get("reason")), mapping(view.get("post"))
    when = dates.parse(text(reason.get("indexedAt")) or text(post.get("indexedAt")))
    return when.isoformat() if when else None


async def _page(feed: Feed, context: Context, cursor: str | None) -> _Page:
    options = feed.options
    if options.actor is not None:
        method = "app.bsky.feed.getAuthorFeed"
        params = {"actor": options.actor.removeprefix("@"), "filter": "posts_with_replies"}
    elif options.list is not None:
        method, params = "app.bsky.feed.getListFeed", {"list": options.list}
    else:
        method, params = "app.bsky.feed.getFeed", {"feed": options.feed}
    params["limit"] = str(LIMIT)
    if cursor is not None:
        params["cursor"] = cursor
    try:
        response = await context.client.get(
            f"{options.base_url}/xrpc/{method}", params=params, accept="application/json"
        )
    except BadStatus as error:
        if error.status in (400, 401, 403, 404):
            raise PreviewUnavailable(
                f"feed {feed.name}: {options.base_url} does not show"
                f" {options.actor or options.list or options.feed} (HTTP {error.status}): it may"
                " not exist, be deactivated, or be visible to logged-in people only"
            ) from error
        raise
    answer = mapping(jsonapi.read(response))
    if not isinstance(answer.get("feed"), list):
        raise ParseError(f"{response.url}: no list named feed; is this a Bluesky AppView?")
    views = items(answer["feed"])
    found = [p for v in views for p in records.posts(v, source=feed.name, now=context.now)]
    return _Page(views, text(answer.get("cursor")), tuple(found))


async def poll(feed: Feed, context: Context) -> Poll:
    """The newest page, and pages back to one that was seen before.

    Of an author's feed, posts that stood within the newest page's range last time and are missing
    now are deleted. Lists and generators drop posts for other reasons; nothing is concluded there.
    """
    window: Mapping[str, str | None] = context.state.cursor.get("window", {})
    newest = await _page(feed, context, None)
    pages, warnings = [newest], []
    while window and pages[-1].cursor and not any(known in window for known in pages[-1].own):
        if len(pages) == MOST_PAGES:
            warnings.append(
                f"feed {feed.name}: more new posts than {MOST_PAGES} pages hold; get the rest with:"
                f" monitor sources backfill {feed.name}"
            )
            break
        older = await _page(feed, context, pages[-1].cursor)
        if not older.views:
            break
        pages.append(older)
    own = newest.own
    deleted = _gone(window, own) if feed.options.actor is not None else ()
    return Poll(
        tuple(post for page in pages for post in page.posts),
        replace(context.state, cursor={"window": own}),
        tuple(warnings),
        deleted=deleted,
    )


def _gone(window: Mapping[str, str | None], own: Mapping[str, str | None]) -> tuple[str, ...]:
    oldest = min((place for place in own.values() if place), default=None)
    if oldest is None:
        return ()
    missing = (k for k, place in window.items() if place and place >= oldest and k not in own)
    posts = (external_id(known) for known in missing if " " not in known)
    return tuple(f"bluesky:{known}" for known in posts if known)


async def backfill(feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
    """Pages of 50 posts from the newest back to ``since``."""
    cursor: str | None = None
    for _ in range(MOST_BACKFILL_PAGES):
        page = await _page(feed, context, cursor)
        if not page.views:
            return
        yield Poll(page.posts, context.state)
        places = [place for place in page.own.values() if place]
        if page.cursor is None or page.cursor == cursor:
            return
        if places and datetime.fromisoformat(min(places)) < since:
            return
        cursor = page.cursor


SOURCE = Source(
    kind="bluesky",
    summary="posts of a Bluesky account, list or feed generator",
    example="{name: afp, kind: bluesky, actor: afp.com}",
    requirements="none: the public AppView answers anonymously",
    limits="not accounts that ask to be shown to logged-in people only; deletions are seen on the"
    " newest page (50 posts) of an account",
    options=BlueskyOptions,
    poll=poll,
    backfill=backfill,
)

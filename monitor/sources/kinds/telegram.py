"""A public Telegram channel, through its web preview (``t.me/s/channel``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime

from pydantic import Field

from monitor.model import Feed, Post
from monitor.sources import telegram_page
from monitor.sources.base import BaseUrl, Context, Options, Poll, Source
from monitor.sources.telegram_page import Preview

MOST_PAGES = 10
MOST_BACKFILL_PAGES = 2000


class TelegramOptions(Options):
    """Parameters of a ``telegram`` source."""

    channel: str = Field(
        pattern=r"^@?[A-Za-z][A-Za-z0-9_]{3,31}$", description="name of the public channel"
    )
    base_url: BaseUrl = Field("https://t.me", description="server to ask")


async def _page(feed: Feed, context: Context, before: int | None) -> Preview:
    channel = feed.options.channel.removeprefix("@")
    response = await context.client.get(
        f"{feed.options.base_url}/s/{channel}",
        params={"before": before} if before is not None else None,
        accept="text/html",
    )
    return telegram_page.read(response, channel=channel, source=feed.name, now=context.now)


async def poll(feed: Feed, context: Context) -> Poll:
    """The newest page, and the pages before it back to the last post seen.

    Posts that stood within the newest page's range last time and are missing now are deleted.
    """
    page = await _page(feed, context, None)
    last = context.state.cursor.get("last")
    posts, warnings = list(page.posts), list(page.warnings)
    oldest, turned = page.oldest, 1
    while last is not None and oldest is not None and oldest > last + 1:
        if turned == MOST_PAGES:
            warnings.append(
                f"feed {feed.name}: posts {last + 1} to {oldest - 1} are not read yet;"
                f" get them with: monitor sources backfill {feed.name}"
            )
            break
        before = await _page(feed, context, oldest)
        turned += 1
        if before.oldest is None or before.oldest >= oldest:
            break
        posts.extend(before.posts)
        oldest = before.oldest
    shown = set(page.numbers)
    window = context.state.cursor.get("window", ())
    gone = [n for n in window if page.oldest is not None and n >= page.oldest and n not in shown]
    channel = feed.options.channel.removeprefix("@").lower()
    known = dict(context.state.cursor.get("edited", {}))
    dated = [_edited_since(post, known) for post in posts]
    edited = {p.external_id: p.edited_at.isoformat() for p in dated if p.edited_at is not None}
    cursor = {"last": max([*shown, last or 0]), "window": sorted(shown), "edited": edited}
    return Poll(
        tuple(dated),
        replace(context.state, cursor=cursor),
        tuple(warnings),
        deleted=tuple(f"telegram:{channel}/{n}" for n in gone),
    )


def _edited_since(post: Post, known: Mapping[str, str]) -> Post:
    """The preview says that a post was edited, not when: the first time it was seen so stays."""
    if post.edited_at is None or post.external_id not in known:
        return post
    return replace(post, edited_at=datetime.fromisoformat(known[post.external_id]))


async def backfill(feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
    """Pages of 20 posts from the newest back to ``since``."""
    before: int | None = None
    for _ in range(MOST_BACKFILL_PAGES):
        page = await _page(feed, context, before)
        if not page.posts or page.oldest is None or (before is not None and page.oldest >= before):
            return
        yield Poll(page.posts, context.state, page.warnings)
        if min(post.at for post in page.posts) < since:
            return
        before = page.oldest


SOURCE = Source(
    kind="telegram",
    summary="posts of a public Telegram channel, with forwards, replies, media and views",
    example="{name: almayadeen, kind: telegram, channel: almayadeen}",
    requirements="a public channel whose owner allows the web preview",
    limits="no groups, no comments, no private channels; edits are seen on the newest page only,"
    " and deletions within it",
    options=TelegramOptions,
    poll=poll,
    backfill=backfill,
)

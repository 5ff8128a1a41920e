"""A web page watched directly: its text and the posts embedded in it."""

from __future__ import annotations

from pydantic import Field

from monitor.model import Feed
from monitor.sources import pages
from monitor.sources.base import Context, Options, Poll, Source, WebUrl, answered


class ArticleOptions(Options):
    """Parameters of an ``article`` source."""

    url: WebUrl = Field(description="address of the page")


async def poll(feed: Feed, context: Context) -> Poll:
    """Open the page if it changed. robots.txt is honoured."""
    state = context.state
    response = await context.client.get(
        state.moved_to or feed.options.url,
        etag=state.etag,
        last_modified=state.last_modified,
        accept=pages.ACCEPT,
        robots=True,
    )
    state = answered(state, response)
    if response.not_modified:
        return Poll((), state, not_modified=True)
    page = await pages.read_page(response, source=feed.name, now=context.now)
    return Poll((page.article, *page.embedded), state, page.warnings)


SOURCE = Source(
    kind="article",
    summary="one web page, with the posts embedded in it; good for live blogs",
    example='{name: live, kind: article, url: "https://example.org/live/iraq"}',
    requirements="robots.txt of the site must allow the page",
    limits="what stands in the page itself: nothing that scripts load afterwards",
    options=ArticleOptions,
    poll=poll,
)

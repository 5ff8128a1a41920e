"""RSS 0.9–2.0, RDF, Atom and JSON Feed."""

from __future__ import annotations

from pydantic import Field

from monitor.sources.base import Options, Source, WebUrl
from monitor.sources.subscription import Subscription


class FeedOptions(Options):
    """Parameters of a ``feed`` source."""

    url: WebUrl = Field(description="address of the feed, or of a page that names one")
    articles: bool = Field(False, description="also open each entry's page for its text and posts")
    pages: int = Field(20, ge=1, le=200, description="article pages to open in one poll at most")


_SUBSCRIPTION = Subscription(
    url=lambda options: str(options.url),
    pages=lambda options: options.pages if options.articles else 0,
)

SOURCE = Source(
    kind="feed",
    summary="RSS, Atom and JSON feeds, with the posts embedded in entries and articles",
    example='{name: f24, kind: feed, url: "https://www.france24.com/ar/rss", articles: true}',
    requirements="none",
    limits="only what the feed still lists; older entries where it links its archive (RFC 5005);"
    " article pages as far as robots.txt allows",
    options=FeedOptions,
    poll=_SUBSCRIPTION.poll,
    backfill=_SUBSCRIPTION.backfill,
)

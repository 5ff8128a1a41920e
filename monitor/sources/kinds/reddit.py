"""A subreddit, a user or a search on Reddit, through its Atom feed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from monitor.model import Author, Feed, Post
from monitor.sources import entries
from monitor.sources.base import BaseUrl, Options, Source
from monitor.sources.entries import Entry
from monitor.sources.subscription import Subscription

# What Reddit's feeds append to every text post; in its own words on every language's site.
_SUBMITTED = re.compile(
    r"\s*submitted by\s+/u/\S+(?:\s+to\s+r/\S+)?\s*(?:\[link\])?\s*(?:\[comments\])?\s*$"
)


class RedditOptions(Options):
    """Parameters of a ``reddit`` source."""

    subreddit: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_]{2,21}(\+[A-Za-z0-9_]{2,21})*$",
        description="name without r/; several with +",
    )
    user: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{3,20}$", description="name without u/")
    base_url: BaseUrl = Field("https://www.reddit.com", description="server to ask")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.subreddit is None) == (self.user is None):
            raise ValueError("give either subreddit or user")
        return self


def _url(options: RedditOptions) -> str:
    if options.subreddit is not None:
        return f"{options.base_url}/r/{options.subreddit}/new/.rss?limit=100"
    return f"{options.base_url}/user/{options.user}/.rss?limit=100"


def _post(feed: Feed, known: str, entry: Entry, now: datetime) -> tuple[Post, tuple[Post, ...]]:
    thing = entry.guid or known
    post, embedded = entries.posts(entry, thing, source=feed.name, now=now, platform="reddit")
    name = (entry.author or "").removeprefix("/u/")
    author = Author(name or None, f"u/{name}" if name else None, entry.author_url)
    return replace(post, author=author, text=_SUBMITTED.sub("", post.text)), embedded


_SUBSCRIPTION = Subscription(url=_url, post=_post)

SOURCE = Source(
    kind="reddit",
    summary="posts of a subreddit or user on Reddit",
    example="{name: syria, kind: reddit, subreddit: syriancivilwar}",
    requirements="net.contact in config.yaml: Reddit turns away clients that do not say who asks",
    limits="the newest 100 posts, no scores; Reddit answers about one request a minute",
    options=RedditOptions,
    poll=_SUBSCRIPTION.poll,
)

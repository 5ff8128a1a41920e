"""A YouTube channel or playlist, through its Atom feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from monitor.model import Feed, Post
from monitor.sources import entries
from monitor.sources.base import BaseUrl, Options, Source
from monitor.sources.entries import Entry
from monitor.sources.subscription import Subscription


class YoutubeOptions(Options):
    """Parameters of a ``youtube`` source."""

    channel: str | None = Field(
        None,
        pattern=r"^UC[A-Za-z0-9_-]{22}$",
        description="channel id (24 characters, starts with UC)",
    )
    playlist: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{10,64}$", description="playlist id")
    base_url: BaseUrl = Field("https://www.youtube.com", description="server to ask")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.channel is None) == (self.playlist is None):
            raise ValueError("give either channel or playlist")
        return self


def _url(options: YoutubeOptions) -> str:
    if options.channel is not None:
        query = urlencode({"channel_id": options.channel})
    else:
        query = urlencode({"playlist_id": options.playlist})
    return f"{options.base_url}/feeds/videos.xml?{query}"


def _post(feed: Feed, known: str, entry: Entry, now: datetime) -> tuple[Post, tuple[Post, ...]]:
    video = entry.video or known.rpartition(":")[2]
    post, embedded = entries.posts(entry, video, source=feed.name, now=now, platform="youtube")
    return replace(post, edited_at=None), embedded


_SUBSCRIPTION = Subscription(url=_url, post=_post)

SOURCE = Source(
    kind="youtube",
    summary="videos of a YouTube channel or playlist: title and description",
    example="{name: al-jazeera, kind: youtube, channel: UCfiwzLy-8yKzIbsmZTzxDgw}",
    requirements="the channel id: in the page source of the channel, after channel_id=",
    limits="the newest 15 videos; no comments, no subtitles; older videos cannot be paged",
    options=YoutubeOptions,
    poll=_SUBSCRIPTION.poll,
)

"""A feed polled with the real client against a loopback server that answers what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitor.model import Feed, FeedState, Post
from monitor.net import Client
from monitor.sources import Context, Poll, backfill, kinds, poll
from monitor.sources.base import nothing_opened_yet
from tests.net.server import OPEN, Request, Server, reply

NOW = datetime(2024, 2, 5, 12, 0, tzinfo=UTC)
Page = bytes | str | dict[str, Any] | list[Any]
Served = Page | tuple[int, Page] | tuple[int, Page, Mapping[str, str]]
# Path with query → what is served; a function decides for itself.
Site = Mapping[str, Served] | Callable[[Request], Served]


@dataclass
class World:
    """A loopback site and the requests it got. ``{base}`` in options and pages is its address."""

    site: Site
    now: datetime = NOW
    requests: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def poll(
        self,
        kind: str,
        state: FeedState | None = None,
        unseen: Callable[[Sequence[str]], Sequence[str]] = nothing_opened_yet,
        **options: object,
    ) -> Poll:
        async def once(client: Client, base: str) -> Poll:
            feed = self._feed(kind, base, options)
            context = Context(client, self.now, state or FeedState(feed.name), unseen)
            return await poll(feed, context)

        result: Poll = asyncio.run(self._with_server(once))
        return result

    def backfill(self, kind: str, since: datetime, **options: object) -> list[Poll]:
        async def all_pages(client: Client, base: str) -> list[Poll]:
            feed = self._feed(kind, base, options)
            context = Context(client, self.now, FeedState(feed.name))
            return [page async for page in backfill(feed, context, since)]

        result: list[Poll] = asyncio.run(self._with_server(all_pages))
        return result

    def _feed(self, kind: str, base: str, options: Mapping[str, object]) -> Feed:
        filled = {
            k: v.replace("{base}", base) if isinstance(v, str) else v for k, v in options.items()
        }
        return Feed("test", kind, kinds()[kind].options(**filled))

    async def _with_server(self, work: Callable[[Client, str], Any]) -> Any:
        async with Server(self._answer) as server:
            self.base = server.url("").rstrip("/")
            async with Client(OPEN) as client:
                return await work(client, self.base)

    def _answer(self, request: Request) -> bytes:
        self.requests.append(request.path)
        self.headers.append(request.headers)
        if callable(self.site):
            served: Served = self.site(request)
        else:
            served = self.site.get(request.path, (404, b""))
        status, page, headers = (
            (200, served, {}) if not isinstance(served, tuple) else (*served, {})[:3]
        )
        body = page if isinstance(page, bytes) else None
        if body is None:
            text = page if isinstance(page, str) else json.dumps(page)
            body = text.replace("{base}", self.base).encode()
        kind = "application/json" if isinstance(page, dict | list) else _guess(body)
        given = {"Content-Type": kind, **headers}
        return reply(body, *((k, v) for k, v in given.items() if v), status=status)


def _guess(body: bytes) -> str:
    head = body[:300].lower()
    return "text/html" if b"<html" in head or b"<!doctype html" in head else "application/xml"


def one(posts: Sequence[Post], platform: str) -> Post:
    """The only post of a platform."""
    (post,) = [p for p in posts if p.platform == platform]
    return post

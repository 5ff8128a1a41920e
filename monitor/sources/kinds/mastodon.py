"""A Mastodon account, hashtag or public timeline, through the REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import AliasChoices, Field, model_validator

from monitor.errors import BadStatus, ParseError, PreviewUnavailable
from monitor.model import Feed, Post
from monitor.net.values import Response
from monitor.sources import dates, jsonapi, statuses
from monitor.sources.base import BaseUrl, Context, Options, Poll, Source
from monitor.sources.jsonapi import items, text

LIMIT = 40  # statuses in a page, the most the API gives
MOST_PAGES = 10
MOST_BACKFILL_PAGES = 2000


class MastodonOptions(Options):
    """Parameters of a ``mastodon`` source."""

    server: BaseUrl = Field(
        description="the instance to ask, as base URL (also: base_url)",
        validation_alias=AliasChoices("server", "base_url"),
    )
    account: str | None = Field(
        None, pattern=r"^@?[\w.-]+(@[\w.-]+)?$", description="account whose posts are followed"
    )
    tag: str | None = Field(None, pattern=r"^#?\w+$", description="hashtag to follow")
    timeline: bool = Field(False, description="the whole public timeline")
    local: bool = Field(False, description="of tag or timeline, this instance's posts only")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum((self.account is not None, self.tag is not None, self.timeline)) != 1:
            raise ValueError("give exactly one of account, tag, timeline: true")
        return self


@dataclass(frozen=True, slots=True)
class _Page:
    statuses: list[Mapping[str, Any]]
    patience_until: datetime | None  # set where the rate limit is used up

    @property
    def ids(self) -> list[int]:
        return [int(i) for s in self.statuses if (i := text(s.get("id"))) and i.isdecimal()]


async def _ask(feed: Feed, context: Context, path: str, params: Mapping[str, str]) -> Response:
    server = feed.options.server
    try:
        return await context.client.get(
            f"{server}/api/v1/{path}", params=params, accept="application/json"
        )
    except BadStatus as error:
        if error.status in (401, 403, 422):
            raise PreviewUnavailable(
                f"{server} does not show this timeline without an account (HTTP {error.status});"
                " ask another instance that knows the account or tag"
            ) from error
        if error.status == 404 and path == "accounts/lookup":
            raise PreviewUnavailable(
                f"{server} knows no account {feed.options.account!r}"
            ) from error
        raise


async def _account_id(feed: Feed, context: Context) -> str:
    known = context.state.cursor.get("account", {})
    name = feed.options.account.removeprefix("@")
    if known.get("name") == name:
        return str(known["id"])
    answer = jsonapi.read(await _ask(feed, context, "accounts/lookup", {"acct": name}))
    found = text(jsonapi.mapping(answer).get("id"))
    if found is None:
        raise ParseError(f"{feed.options.server}: the account lookup of {name!r} gave no id")
    return found


async def _page(
    feed: Feed, context: Context, account: str | None, limits: Mapping[str, str]
) -> _Page:
    options = feed.options
    params = {"limit": str(LIMIT), **limits}
    if account is not None:
        path = f"accounts/{account}/statuses"
    else:
        path = (
            f"timelines/tag/{options.tag.removeprefix('#')}" if options.tag else "timelines/public"
        )
        if options.local:
            params["local"] = "true"
    response = await _ask(feed, context, path, params)
    answer = jsonapi.read(response)
    if not isinstance(answer, list):
        raise ParseError(f"{response.url}: expected a list of statuses; is this a Mastodon server?")
    return _Page(items(answer), _patience(response, context.now))


def _patience(response: Response, now: datetime) -> datetime | None:
    """When the rate limit starts anew, where this answer used it up (X-RateLimit-*)."""
    if response.headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    reset = dates.parse(response.headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    return min(max(reset, now), now + timedelta(days=1))


def _posts(page: _Page, feed: Feed, now: datetime) -> list[Post]:
    return [
        post
        for status in page.statuses
        for post in statuses.posts(status, server=feed.options.server, source=feed.name, now=now)
    ]


async def poll(feed: Feed, context: Context) -> Poll:
    """The newest page, which shows edits, and pages back to the last status seen (``since_id``).

    An account's statuses that stood in the newest page's range last time and are missing now are
    deleted. Hashtags and timelines hide posts for other reasons; there nothing is concluded.
    """
    cursor = context.state.cursor
    account = await _account_id(feed, context) if feed.options.account else None
    newest = await _page(feed, context, account, {})
    since = cursor.get("since_id")
    posts, warnings, pages = _posts(newest, feed, context.now), [], [newest]
    while since is not None and pages[-1].ids and min(pages[-1].ids) > int(since):
        if len(pages) == MOST_PAGES or pages[-1].patience_until is not None:
            warnings.append(
                f"feed {feed.name}: statuses between {since} and {min(pages[-1].ids)} are not read"
                f" yet; get them with: monitor sources backfill {feed.name}"
            )
            break
        limits = {"max_id": str(min(pages[-1].ids)), "since_id": str(since)}
        older = await _page(feed, context, account, limits)
        if not older.ids or min(older.ids) >= min(pages[-1].ids):
            break
        pages.append(older)
        posts.extend(_posts(older, feed, context.now))
    window = {
        known: _first_id(s, feed, context.now)
        for s in newest.statuses
        # Servers of another make (Pleroma) number in another way; their order is not ours to know.
        if (known := text(s.get("id")) or "").isdecimal()
    }
    gone = _gone(cursor.get("window", {}), newest.ids) if account is not None else ()
    highest = max([*newest.ids, int(since or 0)])
    state = {"since_id": str(highest), "window": window}
    if account is not None:
        state["account"] = {"name": feed.options.account.removeprefix("@"), "id": account}
    return Poll(
        tuple(posts),
        replace(context.state, cursor=state),
        tuple(warnings),
        deleted=tuple(gone),
        not_before=pages[-1].patience_until,
    )


def _first_id(status: Mapping[str, Any], feed: Feed, now: datetime) -> str:
    return statuses.posts(status, server=feed.options.server, source=feed.name, now=now)[0].id


def _gone(window: Mapping[str, str], shown: Sequence[int]) -> tuple[str, ...]:
    if not shown:
        return ()
    missing = (i for i in window if int(i) >= min(shown) and int(i) not in set(shown))
    return tuple(window[i] for i in missing)


async def backfill(feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
    """Pages of 40 statuses from the newest back to ``since``."""
    account = await _account_id(feed, context) if feed.options.account else None
    limits: dict[str, str] = {}
    for _ in range(MOST_BACKFILL_PAGES):
        page = await _page(feed, context, account, limits)
        posts = _posts(page, feed, context.now)
        if not page.ids or limits.get("max_id") == str(min(page.ids)):
            return
        warning = "the rate limit is used up; go on later" if page.patience_until else None
        yield Poll(tuple(posts), context.state, (warning,) if warning else ())
        written = [dates.parse(text(s.get("created_at"))) for s in page.statuses]
        if page.patience_until or min((d for d in written if d), default=since) < since:
            return
        limits = {"max_id": str(min(page.ids))}


SOURCE = Source(
    kind="mastodon",
    summary="posts of a Mastodon account, hashtag or public timeline",
    example='{name: un, kind: mastodon, server: "https://mastodon.social", account: un}',
    requirements="an instance that shows its public timelines without an account",
    limits="public posts only; edits and deletions are seen on the newest page (40 posts);"
    " 300 requests in 5 minutes on most instances",
    options=MastodonOptions,
    poll=poll,
    backfill=backfill,
)

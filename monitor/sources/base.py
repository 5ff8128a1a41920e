"""What every source kind is made of: options in, posts out.

A kind is one module in :mod:`monitor.sources.kinds` with a :class:`Source` named ``SOURCE``. Its
``poll`` gets a checked feed and a :class:`Context` and answers with a :class:`Poll`. It reads bytes
through ``context.client`` only, keeps nothing between calls but ``FeedState.cursor``, and raises
:class:`~monitor.errors.FetchError` or :class:`~monitor.errors.ParseError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from monitor.model import Feed, FeedState, Post
from monitor.sources.urls import web_url

if TYPE_CHECKING:
    # The HTTP client stands behind it, which the processes that mend and extract do without.
    from monitor.net.values import Fetch, Response


class Options(BaseModel):
    """The parameters of one kind, as they stand in ``config.yaml`` beside ``name`` and ``kind``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked_url(value: str) -> str:
    if web_url(value) is None:
        raise ValueError(f"not an http(s) URL: {value!r}")
    return value


def _checked_base(value: str) -> str:
    return _checked_url(value).rstrip("/")


WebUrl = Annotated[str, AfterValidator(_checked_url)]
BaseUrl = Annotated[str, AfterValidator(_checked_base)]


def nothing_opened_yet(urls: Sequence[str]) -> Sequence[str]:
    return urls


@dataclass(frozen=True, slots=True)
class Context:
    """What a poll may use. ``unseen`` answers which article pages have not been opened yet."""

    client: Fetch
    now: datetime
    state: FeedState
    unseen: Callable[[Sequence[str]], Sequence[str]] = nothing_opened_yet


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll found. The store saves it in one transaction.

    ``pages`` are the article URLs that were opened and need no second look, ``deleted`` the ids of
    posts the platform no longer shows. ``not_before`` is when the server wants to be asked again,
    where it said so with a success (rate-limit headers).
    """

    posts: tuple[Post, ...]
    state: FeedState
    warnings: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    not_modified: bool = False
    not_before: datetime | None = None


PollFunction = Callable[[Feed, Context], Awaitable[Poll]]
BackfillFunction = Callable[[Feed, Context, datetime], AsyncIterator[Poll]]


@dataclass(frozen=True)
class Source:
    """A source kind describing itself. ``example`` is a YAML flow mapping for ``config.yaml``.

    ``requirements`` says what a person must have or do first, ``limits`` what cannot be had this
    way. ``backfill`` pages back to a date, newest first, one :class:`Poll` a page; kinds whose
    servers cannot be paged have none.
    """

    kind: str
    summary: str
    example: str
    requirements: str
    limits: str
    options: type[Options]
    poll: PollFunction
    backfill: BackfillFunction | None = None


def answered(state: FeedState, response: Response) -> FeedState:
    """``state`` with what the response says about asking again: validators and a new address."""
    if response.not_modified:
        return replace(
            state,
            etag=response.etag or state.etag,
            last_modified=response.last_modified or state.last_modified,
            moved_to=response.moved_to or state.moved_to,
        )
    return replace(
        state,
        etag=response.etag,
        last_modified=response.last_modified,
        moved_to=response.moved_to or state.moved_to,
    )

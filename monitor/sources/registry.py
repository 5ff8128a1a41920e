"""The source kinds there are: every module in :mod:`monitor.sources.kinds`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from types import MappingProxyType

from monitor.errors import InputError
from monitor.model import Feed
from monitor.sources import kinds as package
from monitor.sources.base import Context, Poll, Source


@functools.cache
def kinds() -> Mapping[str, Source]:
    """Every kind by its name, sorted."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(package.__path__):
        source: Source = importlib.import_module(f"{package.__name__}.{module.name}").SOURCE
        found[source.kind] = source
    return MappingProxyType(dict(sorted(found.items())))


def source_of(feed: Feed) -> Source:
    """The source of the feed's kind. Raises InputError naming the kinds there are."""
    source = kinds().get(feed.kind)
    if source is None:
        raise InputError(
            f"feed {feed.name}: there is no source kind {feed.kind!r}; "
            f"known kinds are {', '.join(kinds())}"
        )
    return source


async def poll(feed: Feed, context: Context) -> Poll:
    """Ask the feed once. Raises FetchError, ParseError, or InputError for a file of one's own."""
    return await source_of(feed).poll(feed, context)


def backfill(feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
    """Page back to ``since`` (UTC), newest first. Raises InputError where the kind has no pages."""
    source = source_of(feed)
    if source.backfill is None:
        raise InputError(
            f"feed {feed.name}: a {feed.kind} source shows no older pages and cannot be backfilled"
        )
    return source.backfill(feed, context, since)

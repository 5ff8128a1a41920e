"""Posts from a file or standard input: JSONL, JSON, CSV and the exports people have."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from monitor.errors import InputError
from monitor.model import Feed, Post
from monitor.sources import exports
from monitor.sources.base import Context, Options, Poll, Source

BATCH = 1000


class FileOptions(Options):
    """Parameters of a ``file`` source."""

    path: str = Field(min_length=1, description="path of the file, or - for standard input")

    @field_validator("path")
    @classmethod
    def _beside_the_config(cls, value: str, info: ValidationInfo) -> str:
        """A relative path counts from ``folder`` of the validation context, where there is one."""
        folder = (info.context or {}).get("folder")
        return value if value == "-" or folder is None else str(Path(folder) / value)

    format: Literal["auto", "jsonl", "json", "csv", "tsv"] = Field(
        "auto", description="auto goes by the name, then by the first character"
    )
    platform: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_-]*$", description="platform of rows that do not name theirs"
    )


def _rows(feed: Feed, now: datetime) -> Iterator[Post | str]:
    options = feed.options
    if options.path == "-":
        yield from exports.read(
            sys.stdin.buffer, name="<stdin>", source=feed.name, now=now, options=options
        )
        return
    try:
        with Path(options.path).open("rb") as file:
            yield from exports.read(
                file, name=options.path, source=feed.name, now=now, options=options
            )
    except OSError as error:
        raise InputError(f"feed {feed.name}: {options.path}: {error.strerror or error}") from error


def _stamp(path: str) -> dict[str, int]:
    if path == "-":
        return {"stdin": 1}
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


async def poll(feed: Feed, context: Context) -> Poll:
    """The whole file, when it changed since the last time; standard input once.

    A row that cannot be read is a warning naming file and line; the rest goes on. Raises InputError
    for a file that cannot be opened.
    """
    stamp = await asyncio.to_thread(_stamp, feed.options.path)
    if context.state.cursor == stamp and context.state.last_ok_at is not None:
        return Poll((), context.state, not_modified=True)
    read = await asyncio.to_thread(lambda: list(_rows(feed, context.now)))
    return _poll(read, replace(context, state=replace(context.state, cursor=stamp)))


def _poll(read: list[Post | str], context: Context) -> Poll:
    posts = tuple(item for item in read if isinstance(item, Post))
    return Poll(posts, context.state, tuple(item for item in read if isinstance(item, str)))


async def backfill(feed: Feed, context: Context, since: datetime) -> AsyncIterator[Poll]:
    """The posts of the file from ``since`` on, a thousand at a time."""
    rows = _rows(feed, context.now)
    while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
        kept = [item for item in batch if isinstance(item, str) or item.at >= since]
        yield _poll(kept, context)


SOURCE = Source(
    kind="file",
    summary="posts from JSONL, JSON or CSV: the monitor's own, twarc's, 4CAT's, or plain columns",
    example="{name: replay, kind: file, path: posts.jsonl}",
    requirements="a readable file; rows need a text, and an id to be recognised again",
    limits="a changed file is read as a whole, in memory; for millions of rows use"
    " monitor sources backfill",
    options=FileOptions,
    poll=poll,
    backfill=backfill,
)

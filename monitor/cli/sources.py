"""``monitor sources``: the kinds there are, a check of the configured feeds, and backfill."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.errors import InputError, MonitorError
from monitor.model import Feed, FeedState

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.net import Client
    from monitor.sources import Poll, Source
    from monitor.store import Store
    from monitor.text.language import LanguageDetector


@click.group(name="sources")
def command() -> None:
    """What posts can come from, and how the configured feeds are."""


# ── list ──


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Print every source kind: what it is, an example, its parameters, needs and limits."""
    from monitor.sources import kinds

    described = [_described(source) for source in kinds().values()]
    if as_json:
        print_json(described)
        return
    for kind in described:
        click.echo(f"{kind['kind']}: {kind['summary']}")
        click.echo(f"  example   - {kind['example']}")
        for name, what in kind["parameters"].items():
            wanted = "required" if what["required"] else f"default {what['default']!r}"
            click.echo(f"  {name:<9} {what['description']} ({wanted})")
        click.echo(f"  needs     {kind['requirements']}")
        click.echo(f"  limits    {kind['limits']}")
        click.echo(f"  backfill  {'yes' if kind['backfill'] else 'no'}\n")


def _described(source: Source) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "summary": source.summary,
        "example": source.example,
        "parameters": {
            name: {
                "description": field.description,
                "required": field.is_required(),
                "default": None if field.is_required() else field.default,
            }
            for name, field in source.options.model_fields.items()
        },
        "requirements": source.requirements,
        "limits": source.limits,
        "backfill": source.backfill is not None,
    }


# ── check ──


@dataclass(frozen=True, slots=True)
class _Checked:
    """One row of the table. Times are ISO 8601; ``error`` is why there is nothing."""

    feed: str
    kind: str
    status: str
    posts: int = 0
    newest_at: str | None = None
    language: str | None = None
    next_at: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


@command.command()
@click.argument("names", nargs=-1)
@config_option
@json_option
def check(names: tuple[str, ...], config_path: Path, as_json: bool) -> None:
    """Fetch each configured feed once and print what came, keeping nothing.

    Article pages are not opened. With NAMES only those feeds. Exit status 1 where one failed.
    """
    from monitor.logs import log_to_stderr
    from monitor.text.language import LanguageDetector

    log_to_stderr()
    with configured(config_path) as (config, store):
        feeds = _chosen(config, names)
        states = store.feed_states([feed.name for feed in feeds])
    detector = LanguageDetector(config.languages)
    rows = asyncio.run(_check_all(config, feeds, states, detector))
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _print_table(rows)
    failed = sum(row.error is not None for row in rows)
    if failed:
        raise MonitorError(f"{failed} of {len(rows)} feeds failed")


def _chosen(config: Config, names: Sequence[str]) -> list[Feed]:
    known = {feed.name: feed for feed in config.feeds}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise InputError(f"config.yaml has no feed {name!r}; its feeds are: {there}")
    return [known[name] for name in names] if names else list(known.values())


def _client(config: Config) -> Client:
    from monitor.net import Client, Limits

    net = config.net
    return Client(Limits(contact=net.contact, allow=net.allow, proxy=net.proxy))


async def _check_all(
    config: Config, feeds: Sequence[Feed], states: Sequence[FeedState], detector: LanguageDetector
) -> list[_Checked]:
    turns = asyncio.Semaphore(config.poll.concurrency)

    async with _client(config) as client:

        async def one(feed: Feed, state: FeedState) -> _Checked:
            async with turns:
                return await _check_one(feed, state, client, detector)

        return await asyncio.gather(*map(one, feeds, states))


async def _check_one(
    feed: Feed, state: FeedState, client: Client, detector: LanguageDetector
) -> _Checked:
    from monitor import sources

    if "articles" in type(feed.options).model_fields:
        feed = replace(feed, options=feed.options.model_copy(update={"articles": False}))
    planned = state.stopped or (state.next_at.isoformat() if state.next_at else "at the next run")
    # Without validators and cursor: a feed that has nothing new still shows what it has.
    fresh = FeedState(feed.name, moved_to=state.moved_to)
    try:
        poll = await sources.poll(feed, sources.Context(client, datetime.now(UTC), fresh))
    except MonitorError as error:
        status = type(error).__name__
        return _Checked(feed.name, feed.kind, status, next_at=planned, error=str(error))
    except Exception as error:  # noqa: BLE001 - one feed that breaks us must not hide the others
        said = f"a bug in us: {error!r}"
        return _Checked(feed.name, feed.kind, "failed", next_at=planned, error=said)
    dates = [post.published_at for post in poll.posts if post.published_at]
    return _Checked(
        feed=feed.name,
        kind=feed.kind,
        status="ok" if poll.posts else "no posts",
        posts=len(poll.posts),
        newest_at=max(dates).isoformat() if dates else None,
        language=_language(poll, detector),
        next_at=planned,
        warnings=poll.warnings,
    )


def _language(poll: Poll, detector: LanguageDetector) -> str | None:
    """The language most of the posts are in."""
    texts = [post.full_text for post in poll.posts if post.full_text]
    counted = Counter(detector.detect(text).code for text in texts[:200])
    return counted.most_common(1)[0][0] if counted else None


def _print_table(rows: Sequence[_Checked]) -> None:
    from monitor.show.text import safe_line

    head = ("feed", "status", "posts", "newest", "language", "next check")
    table = [head]
    for row in rows:
        newest = (row.newest_at or "-")[:16]
        next_at = (row.next_at or "-")[:16]
        table.append((row.feed, row.status, str(row.posts), newest, row.language or "-", next_at))
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    told = ["what went wrong", *("; ".join(filter(None, (r.error, *r.warnings))) for r in rows)]
    for line, said in zip(table, told, strict=True):
        cells = (cell.ljust(wide) for cell, wide in zip(line, widths, strict=True))
        click.echo(f"{'  '.join(cells)}  {safe_line(said)}".rstrip())


# ── backfill ──


@command.command()
@click.argument("name")
@click.option("--since", required=True, help="A date (2024-02-02, …T10:00Z) or a time ago (3d).")
@config_option
@json_option
def backfill(name: str, since: str, config_path: Path, as_json: bool) -> None:
    """Page back through feed NAME and keep every post published since the given time.

    The posts are analysed by the next `monitor run`.
    """
    now = datetime.now(UTC)
    start = _moment(since, now)
    from monitor.logs import log_to_stderr

    log_to_stderr()
    with configured(config_path) as (config, store):
        (feed,) = _chosen(config, [name])
        found = asyncio.run(_backfill(config, feed, store, start, now))
    if as_json:
        print_json({"feed": name, "since": start.isoformat(), **found})
    else:
        click.echo(
            f"{name}: {found['pages']} pages, {found['posts']} posts since {start:%Y-%m-%d %H:%M}"
            f" UTC, {found['new']} of them new"
        )


def _moment(written: str, now: datetime) -> datetime:
    from monitor.sources import dates
    from monitor.yamlfile import seconds

    found = dates.parse(written)
    if found is not None:
        return found
    try:
        return now - timedelta(seconds=seconds(written))
    except ValueError:
        raise click.BadParameter(
            f"{written!r} is neither a date such as 2024-02-02 nor a time ago such as 3d",
            param_hint="--since",
        ) from None


async def _backfill(
    config: Config, feed: Feed, store: Store, since: datetime, now: datetime
) -> dict[str, int]:
    from monitor import sources
    from monitor.show.text import safe_line

    found = {"pages": 0, "posts": 0, "new": 0}
    (state,) = store.feed_states([feed.name])
    async with _client(config) as client:
        async for page in sources.backfill(feed, sources.Context(client, now, state), since):
            for warning in page.warnings:
                click.echo(safe_line(warning), err=True)
            posts = [post for post in page.posts if post.at >= since]
            # What the feed's own polls remember stays as it is.
            (kept,) = store.feed_states([feed.name])
            found["new"] += store.record_poll(kept, posts, now).new
            found["pages"] += 1
            found["posts"] += len(posts)
    return found

"""``monitor events``: the known events, and new ones."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import islice
from pathlib import Path

import click

from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.config import load_config
from monitor.errors import ConfigError, InputError, Problem
from monitor.link.discover import Cluster
from monitor.model import Event, LinkedPost

_MOST_TOLD = 20  # warnings about single rows of an import


@click.group()
def command() -> None:
    """List, add and import known events; find new ones in the posts that fit none."""


@command.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """The known events."""
    from monitor.assemble import events_of
    from monitor.link.write_event import plain

    events = events_of(load_config(config_path))
    if as_json:
        print_json([plain(event) for event in events])
        return
    for event in events:
        day = f"{event.started_at:%Y-%m-%d}" if event.started_at else "no date   "
        click.echo(f"{day}  {_safe(event.id)}  {_safe(event.title)}")


@command.command()
@click.argument("event_id")
@config_option
def show(event_id: str, config_path: Path) -> None:
    """Everything known about one event, as JSON."""
    from monitor.assemble import events_of
    from monitor.link.write_event import plain

    for event in events_of(load_config(config_path)):
        if event.id == event_id:
            print_json(plain(event))
            return
    raise InputError(f"no event has the id {event_id!r}: see `monitor events list`")


@command.command()
@click.argument("event_id")
@click.argument("title")
@click.option("--started-at", help="A date or an ISO time.")
@click.option("--place", "places", multiple=True, help="Repeatable.")
@click.option("--actor", "actors", multiple=True, help="Repeatable.")
@click.option("--alias", "aliases", multiple=True, help="Repeatable.")
@config_option
def add(
    event_id: str, title: str, started_at: str | None, places: tuple[str, ...],
    actors: tuple[str, ...], aliases: tuple[str, ...], config_path: Path,
) -> None:  # fmt: skip
    """Add an event to the first events file of the config."""
    from monitor.link.events_file import read_event

    problems: list[Problem] = []
    value = {
        "id": event_id, "title": title, "started_at": started_at, "places": list(places),
        "actors": list(actors), "aliases": list(aliases),
    }  # fmt: skip
    event = read_event(value, "command line", None, {}, problems)
    if event is None:
        raise ConfigError(problems)
    _add(config_path, [event])


@command.command("import")
@click.argument("source")
@click.option("--as", "kind", type=click.Choice(["article", "feed", "table"]), help="What it is.")
@config_option
def import_(source: str, kind: str | None, config_path: Path) -> None:
    """Import events from SOURCE, a file or URL: an article, a feed of events, or CSV/JSON from
    ACLED, GDELT or ReliefWeb."""
    events, warnings = _imported(_bytes(source, config_path), source, kind)
    for warning in warnings[:_MOST_TOLD]:
        click.echo(_safe(warning), err=True)
    if len(warnings) > _MOST_TOLD:
        click.echo(f"{len(warnings)} rows could not be used, these among them", err=True)
    if not events:
        raise InputError(f"{source}: holds no event that can be used")
    _add(config_path, events)


def _imported(data: bytes, source: str, kind: str | None) -> tuple[list[Event], list[str]]:
    """The events of ``data``, and a warning for each row that could not be used."""
    from monitor.link.importers import read_article, read_feed, read_table

    kind = kind or _kind(data, source)
    if kind == "table":
        return read_table(data, source)
    from monitor.text.places import Gazetteer

    if kind == "feed":
        return read_feed(data, source, Gazetteer.load()), []
    from monitor.text.language import LanguageDetector

    detector = LanguageDetector()
    article = read_article(
        data, source, Gazetteer.load(), lambda text: detector.detect_many([text], [None])[0].base
    )
    return [article], []


def _kind(data: bytes, source: str) -> str:
    start = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if source.lower().endswith((".csv", ".tsv", ".json", ".jsonl")) or start[:1] in (b"{", b"["):
        return "table"
    feed = any(root in start for root in (b"<rss", b"<feed", b"<rdf:rdf"))
    return "feed" if feed and b"<html" not in start else "article"


_since = click.option("--since", default="7d", show_default=True, help="How far back to look.")


@command.command()
@click.option("--least", type=click.IntRange(2), default=3, show_default=True, help="Posts.")
@_since
@config_option
@json_option
def discover(least: int, since: str, config_path: Path, as_json: bool) -> None:
    """What is emerging among posts that fit no known event.

    The newest and widest told stories come first. `promote` makes one a known event.
    """
    found = _emerging(config_path, least, since)[:50]
    if as_json:
        print_json([_cluster(cluster) for cluster in found])
        return
    if not found:
        click.echo(f"No story of {least} or more posts among those that fit no known event.")
    for cluster in found:
        click.echo("\n".join(_told(cluster)) + "\n")


@command.command()
@click.argument("story")
@click.option("--id", "event_id", help="The new event's id; by default made from its title.")
@click.option("--title", help="A better title than the one drawn from the posts.")
@_since
@config_option
def promote(
    story: str, event_id: str | None, title: str | None, since: str, config_path: Path
) -> None:
    """Make an emerging STORY a known event, and link again what came since it began."""
    from monitor.link.importers.article import event_id as id_of

    for cluster in _emerging(config_path, 1, since):
        if cluster.key == story:
            name = event_id or id_of(title or cluster.title, cluster.first_at)
            if not _add(config_path, [cluster.as_event(name, title)]):
                raise InputError(f"{name!r} is already known: give another --id")
            with configured(config_path) as (_, store):
                again = store.reanalyse(cluster.first_at)
            click.echo(f"{again} posts are linked again by `monitor run`, at once where it runs.")
            return
    raise InputError(f"no story {story!r}: see `monitor events discover`")


def _emerging(config_path: Path, least: int, since: str) -> list[Cluster]:
    """Stories in the posts of ``since`` before the newest, clustered in bounded memory."""
    from monitor.link.discover import Discovery, DiscoveryInput
    from monitor.text.embed import load_encoder
    from monitor.yamlfile import seconds

    try:
        window = timedelta(seconds=seconds(since))
    except ValueError as error:
        raise click.UsageError(f"--since: {error}") from None
    encoder = load_encoder()
    discovery = Discovery(encoder.dimension)
    with configured(config_path) as (config, store):
        posts = store.recent(window)
        while ids := [post.id for post in islice(posts, 256)]:
            found = [item for item in map(store.get, ids) if item and _fits_none(item)]
            told = [item for item in found if item.analysis.followed or config.keep_others]
            vectors = encoder.encode([item.post.full_text for item in told])
            discovery.add_many(
                [
                    DiscoveryInput(lp.post, vector, lp.analysis.language.code, lp.analysis.places)
                    for lp, vector in zip(told, vectors, strict=True)
                ]
            )
    return discovery.emerging(least)


def _fits_none(item: LinkedPost) -> bool:
    """Whether a post is about no known event, as far as machine and people say."""
    linked = any(link.status != "rejected" for link in item.analysis.links)
    return not linked and bool(item.post.full_text.strip()) and item.deleted_at is None


def _cluster(cluster: Cluster) -> dict[str, object]:
    return {
        "id": cluster.key,
        "title": cluster.title,
        "size": cluster.size,
        "recent": cluster.recent,
        "earlier": cluster.earlier,
        "first_at": cluster.first_at.isoformat(),
        "last_at": cluster.last_at.isoformat(),
        "sources": dict(cluster.sources),
        "languages": dict(cluster.languages),
        "places": dict(cluster.places.most_common(10)),
        "typical": list(cluster.typical),
    }


def _told(cluster: Cluster) -> list[str]:
    """One story as lines for people."""

    def counted(counts: Counter[str], most: int) -> str:
        said = ", ".join(f"{_safe(name)} {n}" for name, n in counts.most_common(most))
        return said + (f" and {len(counts) - most} more" if len(counts) > most else "")

    first, last = f"{cluster.first_at:%d %b %H:%M}", f"{cluster.last_at:%d %b %H:%M}"
    growth = f"{cluster.recent} in the last 6 h of it, {cluster.earlier} in the 6 h before"
    lines = [
        f"{cluster.key}  {_safe(cluster.title)}",
        f"        {cluster.size} posts, {first} to {last} UTC; {growth}",
        f"        languages: {counted(cluster.languages, 5)};"
        f" sources: {counted(cluster.sources, 4)}",
    ]
    if cluster.places:
        lines.append(f"        places: {counted(cluster.places, 6)}")
    for text in cluster.typical[1:4]:
        line = _safe(" ".join(text.split()))
        lines.append(f"        – {line if len(line) <= 110 else line[:109] + '…'}")
    return lines


def _add(config_path: Path, events: list[Event]) -> int:
    """Append to the first events file; it is replaced only by one that can be read.

    Returns how many were added: those that are known already are left out.
    """
    from monitor.assemble import events_of
    from monitor.link import load_events
    from monitor.link.write_event import append

    config = load_config(config_path)
    known = {event.id for event in events_of(config)}
    new = [event for event in events if event.id not in known]
    there = [event.id for event in events if event.id in known]
    for event_id in there[:_MOST_TOLD]:
        click.echo(f"{_safe(event_id)} is already known", err=True)
    if len(there) > _MOST_TOLD:
        click.echo(f"{len(there)} are already known, these among them", err=True)
    if not config.events:
        raise InputError(f"{config_path}: names no events file; add `events: [events.yaml]`")
    path = config.path(config.events[0])
    if path.is_dir():
        path = path / "added.yaml"
    text = path.read_text("utf-8") if path.exists() else ""
    try:
        text = append(text, path.suffix.lower(), new)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    draft = path.with_name(f".{path.stem}.new{path.suffix}")
    draft.write_text(text, "utf-8")
    try:
        if new:
            load_events([draft])
            draft.replace(path)
    except ConfigError as error:
        first = error.problems[0].message
        raise InputError(f"{path}: an event cannot be added at its end ({first})") from None
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"{len(new)} event{'s' if len(new) != 1 else ''} added to {path}")
    return len(new)


def _bytes(source: str, config_path: Path) -> bytes:
    if source.startswith(("http://", "https://")):
        from monitor.net import Client, Limits

        net = load_config(config_path).net

        async def get() -> bytes:
            limits = Limits(contact=net.contact, allow=net.allow, proxy=net.proxy)
            async with Client(limits) as client:
                return (await client.get(source)).body

        return asyncio.run(get())
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}") from None


def _safe(text: str) -> str:
    from monitor.text.clean import clean_line

    return clean_line(text)

"""``monitor status``: how the feeds, the queues and the store are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.config import Config
from monitor.model import FeedState
from monitor.show.json import moment
from monitor.store import Counts, FeedFigures, Owed, Queue, Store
from monitor.text.clean import clean_line


@click.command()
@config_option
@json_option
def command(config_path: Path, as_json: bool) -> None:
    """Show each feed's last good poll, the next one, its habit and its troubles; what waits for
    each stage and since when; how large the store and the models are."""
    now = datetime.now(UTC)
    with configured(config_path) as (config, store):
        found = look(config, store, now)
    if as_json:
        print_json(_document(found, now))
        return
    for line in _lines(found, now):
        click.echo(clean_line(line))


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to say."""

    running: bool
    counts: Counts
    queues: list[Queue]
    owed: list[Owed]
    store_bytes: int
    models_bytes: int
    feeds: list[tuple[FeedState, FeedFigures]]


def look(config: Config, store: Store, now: datetime) -> Found:
    names = [feed.name for feed in config.feeds]
    states = store.feed_states(names)
    return Found(
        store.held(),
        store.counts(),
        store.queues(now),
        store.owed_translations(),
        store.size(),
        _size(config.path(config.translate.models)),
        [(state, store.feed_figures(state.feed, now)) for state in states],
    )


def _size(models: Path) -> int:
    """Bytes of the models a person installed and of the one that came with the program."""
    from monitor.translate.folder import shipped

    places = (models, *shipped())
    files = {path.resolve() for place in places for path in place.rglob("*") if path.is_file()}
    return sum(path.stat().st_size for path in files)


# for programs


def _document(found: Found, now: datetime) -> dict[str, Any]:
    return {
        "running": found.running,
        "posts": found.counts.posts,
        "pending": found.counts.pending,
        "linked": found.counts.linked,
        "oldest_pending_at": moment(found.counts.oldest_pending_at),
        "queues": [
            {"stage": q.stage, "posts": q.posts, "oldest_at": moment(q.oldest_at)}
            for q in found.queues
        ],
        "owed_translations": [
            {"language": o.language, "posts": o.posts, "oldest_at": moment(o.oldest_at)}
            for o in found.owed
        ],
        "store_bytes": found.store_bytes,
        "models_bytes": found.models_bytes,
        "feeds": [_feed(state, figures, now) for state, figures in found.feeds],
    }


def _feed(state: FeedState, figures: FeedFigures, now: datetime) -> dict[str, Any]:
    from monitor.daemon.house import quiet

    gap = figures.longest_gap
    return {
        "feed": state.feed,
        "state": _said(state, figures, now),
        "last_ok_at": moment(state.last_ok_at),
        "next_at": moment(state.next_at),
        "newest_at": moment(state.newest_at),
        "posts_per_day": round(figures.per_day, 2),
        "longest_silence_s": gap.total_seconds() if gap else None,
        "quiet": quiet(state, figures, now),
        "failures": state.failures,
        "last_error": state.last_error,
        "moved_to": state.moved_to,
        "stopped": state.stopped,
    }


# for people


def _lines(found: Found, now: datetime) -> list[str]:
    counts = found.counts
    runs = "a daemon runs" if found.running else "NO DAEMON RUNS"
    lines = [f"{counts.posts} posts, {counts.linked} linked, {counts.pending} waiting; {runs}"]
    for queue in found.queues:
        if queue.posts and queue.oldest_at:
            wait = _ago(now, queue.oldest_at)
            lines.append(f"{queue.posts} wait for {queue.stage}, the longest for {wait}")
    lines += _owed(found.owed, now)
    lines.append(f"store {_mb(found.store_bytes)}, models {_mb(found.models_bytes)}")
    return lines + [f"{state.feed}: {_said(state, figures, now)}" for state, figures in found.feeds]


def _owed(owed: list[Owed], now: datetime) -> list[str]:
    if not owed:
        return []
    many = sorted(owed, key=lambda each: each.posts, reverse=True)
    said = ", ".join(f"{each.language} {each.posts}" for each in many)
    wait = _ago(now, min(each.oldest_at for each in owed))
    posts = sum(each.posts for each in owed)
    return [
        f"{posts} wait for a translation ({said}), the longest for {wait};"
        " `monitor models list` says what translates"
    ]


def _said(state: FeedState, figures: FeedFigures, now: datetime) -> str:
    from monitor.daemon.house import quiet, silence

    if state.stopped:
        return f"STOPPED: {state.stopped}"
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        said = f"failed {times}: {state.last_error}"
        if state.last_ok_at:
            said += f"; last well {_ago(now, state.last_ok_at)} ago"
    elif state.last_ok_at is None:
        return "never asked yet"
    else:
        said = f"well, last asked {_ago(now, state.last_ok_at)} ago"
    if quiet(state, figures, now):
        said = f"SILENT for longer than usual: {silence(figures, now)}; {said}"
    if figures.posts:
        said += f"; {figures.per_day:.1f} posts a day"
    if state.moved_to:
        said += f"; moved to {state.moved_to}"
    if state.next_at:
        wait = _ago(state.next_at, now) if state.next_at > now else "now"
        said += f"; next {'in ' if wait != 'now' else ''}{wait}"
    return said


def _ago(later: datetime, earlier: datetime) -> str:
    return str(later - earlier).partition(".")[0]


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"

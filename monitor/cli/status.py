"""``monitor status``: how the feeds and the queue are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.model import FeedState
from monitor.show.json import moment


@click.command()
@config_option
@json_option
def command(config_path: Path, as_json: bool) -> None:
    """Show each feed's last good poll, the next one and its troubles, and the queue."""
    with configured(config_path) as (config, store):
        states = store.feed_states([feed.name for feed in config.feeds])
        counts = store.counts()
    now = datetime.now(UTC)
    feeds = [_feed(state, now) for state in states]
    if as_json:
        queue = {
            "posts": counts.posts,
            "pending": counts.pending,
            "linked": counts.linked,
            "oldest_pending_at": moment(counts.oldest_pending_at),
        }
        print_json({**queue, "feeds": feeds})
        return
    click.echo(f"{counts.posts} posts, {counts.linked} linked, {counts.pending} waiting")
    for feed in feeds:
        click.echo(f"{feed['feed']}: {feed['state']}")


def _feed(state: FeedState, now: datetime) -> dict[str, Any]:
    return {
        "feed": state.feed,
        "state": _said(state, now),
        "last_ok_at": moment(state.last_ok_at),
        "next_at": moment(state.next_at),
        "newest_at": moment(state.newest_at),
        "failures": state.failures,
        "last_error": state.last_error,
        "moved_to": state.moved_to,
        "stopped": state.stopped,
    }


def _said(state: FeedState, now: datetime) -> str:
    if state.stopped:
        return f"STOPPED: {state.stopped}"
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        said = f"failed {times}: {state.last_error}"
    elif state.last_ok_at is None:
        return "never asked yet"
    else:
        said = f"well, last asked {_ago(now, state.last_ok_at)} ago"
    if state.moved_to:
        said += f"; moved to {state.moved_to}"
    if state.next_at:
        wait = _ago(state.next_at, now) if state.next_at > now else "now"
        said += f"; next {'in ' if wait != 'now' else ''}{wait}"
    return said


def _ago(later: datetime, earlier: datetime) -> str:
    return str(later - earlier).partition(".")[0]

"""Rules, and stores with posts, that alerts are tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.model import FeedState, LinkedPost
from monitor.show.alerts.settings import Rule
from monitor.store import SqliteStore
from tests.show.samples import NOON, STRIKES, link, linked

TO = [{"kind": "command", "run": ["true"]}]


def rule(name: str = "strikes", **more: Any) -> Rule:
    return Rule.model_validate({"name": name, "to": TO, "grace": "1s", **more})


def about(
    n: int, event: str = STRIKES, at: datetime = NOON, feed: str = "presse", **changes: Any
) -> LinkedPost:
    """A post about ``event`` published at ``at``; ``changes`` are to its link."""
    lp = linked(n)
    one = replace(link(f"x:{n}", event, title=f"Title of {event}"), **changes)
    post = replace(lp.post, published_at=at, collected_at=at, source=feed)
    return replace(lp, post=post, analysis=replace(lp.analysis, links=(one,)))


def a_store(folder: Path, posts: Sequence[LinkedPost] = ()) -> SqliteStore:
    store = SqliteStore(folder / "monitor.db")
    keep(store, posts)
    return store


def keep(store: SqliteStore, posts: Sequence[LinkedPost]) -> None:
    """Keep ``posts`` as analysed, in this order."""
    store.record_poll(FeedState("presse"), [lp.post for lp in posts], NOON)
    pending = {item.post.id: item for item in store.pending(1000, NOON + timedelta(days=1))}
    found = [(pending.get(lp.post.id), lp.analysis) for lp in posts]
    store.save_analyses([(item, analysis) for item, analysis in found if item])

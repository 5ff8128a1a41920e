"""``monitor demo``: the real daemon, on sample feeds served over HTTP on loopback.

Nothing is hard-coded: the feeds' posts are ``fixtures/posts.yaml``, the events are
``fixtures/events.yaml``, and the daemon runs on a ``config.yaml`` written like any user's. Change
a fixture and the result changes.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import yaml

from monitor.assemble import events_of
from monitor.config import load_config
from monitor.daemon import AnalysisProcess, Daemon, Parts
from monitor.demo.server import serving
from monitor.model import Feed, LinkedPost
from monitor.pipeline import Polled
from monitor.show.json import dumps, linked_post
from monitor.store import Store, open_store

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo came to. ``languages`` and ``statuses`` count posts and links."""

    posts: int
    embedded: int
    languages: Counter[str]
    statuses: Counter[str]
    translated: int
    near_duplicates: int
    edited: int
    not_followed: int
    output: Path


def write_config(folder: Path, base: str, models: Path) -> Path:
    """A ``config.yaml`` and ``events.yaml`` in ``folder``, for the feeds served at ``base``."""
    shutil.copyfile(FIXTURES / "events.yaml", folder / "events.yaml")
    settings = {
        "store": "monitor.db",
        "events": ["events.yaml"],
        "translate": {"models": str(models)},
        "poll": {"every": "2s", "at_least": "3s"},
        "net": {"allow": ["127.0.0.1"]},
        "feeds": [
            {"name": "courrier", "kind": "feed", "url": f"{base}/courrier.rss", "articles": True},
            {"name": "marsad", "kind": "telegram", "channel": "marsad_alfurat", "base_url": base},
            {"name": "desk", "kind": "feed", "url": f"{base}/desk.atom"},
            {"name": "rafida", "kind": "mastodon", "server": base, "account": "rafida_osint"},
            {
                "name": "masson",
                "kind": "bluesky",
                "actor": "clairemasson.example",
                "base_url": base,
            },
        ],
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), "utf-8")
    return path


def run_demo(
    folder: Path,
    models: Path,
    seconds: float | None,
    *,
    on_linked: Callable[[LinkedPost], None],
    on_polled: Callable[[Feed, Polled], None],
    content: dict[str, Any] | None = None,
) -> Summary:
    """Serve the sample feeds, run the daemon on them for ``seconds``, write ``linked.jsonl``.

    With ``seconds`` None the daemon asks every feed once and finishes all work, as ``run --once``.
    ``folder`` is the demo's own: what an earlier run left there is replaced. ``content`` stands in
    for ``fixtures/posts.yaml``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("monitor.db*"):
        old.unlink()
    started: float | None = None  # the models' loading time is not the demo's

    def elapsed() -> float:
        return monotonic() - started if started is not None else 0.0

    def begin() -> None:
        nonlocal started
        started = monotonic()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, daemon.stop)

    content = content or yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))
    with serving(content, elapsed) as base:
        config = load_config(write_config(folder, base, models.resolve()))
        events = events_of(config)
        store = open_store(config.store_url)
        try:
            with store.exclusive():
                daemon = Daemon(
                    Parts(config, AnalysisProcess(config, events, store)),
                    store,
                    on_linked=on_linked,
                    on_polled=on_polled,
                    on_ready=begin,
                )
                if seconds is None:
                    begin()
                    asyncio.run(daemon.run_once())
                else:
                    asyncio.run(daemon.run())
            return _summary(store, folder / "linked.jsonl")
        finally:
            store.close()


def _summary(store: Store, output: Path) -> Summary:
    posts = list(store.linked())
    output.write_text("".join(dumps(linked_post(item)) + "\n" for item in posts), "utf-8")
    return Summary(
        posts=len(posts),
        embedded=sum(bool(item.post.parents) for item in posts),
        languages=Counter(item.analysis.language.code for item in posts),
        statuses=Counter(link.status for item in posts for link in item.analysis.links),
        translated=sum(item.analysis.translation is not None for item in posts),
        near_duplicates=sum(item.duplicates.of is not None for item in posts),
        edited=sum(item.versions > 1 for item in posts),
        not_followed=store.counts().posts - len(posts),
        output=output,
    )

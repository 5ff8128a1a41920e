"""Speed and memory of showing: `python benchmarks/show.py [POSTS]`. Posts are made here."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.model import Analysis, Evidence, Language, Link, LinkedPost, Place, Post, Translation
from monitor.show.alerts.rounds import look
from monitor.show.alerts.settings import Rule
from monitor.show.block import Look
from monitor.show.export import FORMATS, export
from monitor.show.html import Nowhere, card
from monitor.show.live import Stats
from monitor.show.watch.draw import screen
from monitor.show.watch.state import WatchState, add
from monitor.store import SqliteStore

NOW = datetime(2024, 2, 3, tzinfo=UTC)
TEXT = "انفجارات في مدينة القائم في العراق قرب الحدود مع سوريا " * 3


def posts(number: int) -> Iterator[LinkedPost]:
    reason = (Evidence("place", 2.1, "القائم ↔ al-Qaim"), Evidence("time", 0.8, "the same day"))
    place = Place("القائم", 16, 22, "Al-Qaim", "IQ", 34.4, 41.1, 99762)
    english = Translation("Explosions in the city of al-Qaim in Iraq", "ar", "en", "e", "m")
    base = Post(platform="x", external_id="0", source="s", text=TEXT, collected_at=NOW)
    for n in range(number):
        post = replace(base, external_id=str(n))
        link = Link(
            post.id, "strikes", "US strikes", 0.97, "confirmed", reason, "It names al-Qaim."
        )
        yield LinkedPost(post, Analysis(Language("ar", 0.99), english, (place,), (link,)), seq=n)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for form in FORMATS:
        begun = time.process_time()
        size = sum(len(piece) for piece in export(form, posts(number)))
        rate = number / (time.process_time() - begun)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{form:9} {rate:8.0f} posts/s of one core {size / 1e6:6.1f} MB, peak {peak:.0f} MB")
    state, coming, wide = WatchState(), posts(60 * 200), Look(200)
    begun = time.process_time()
    for quarter in range(240):
        batch = [next(coming) for _ in range(50)]
        state = add(state, batch, NOW + timedelta(seconds=quarter / 4))
        screen(state, Stats(), wide, 60)
    used = time.process_time() - begun
    print(f"watch, a minute at 200 posts/s, 4 pictures/s, 200x60: {used:.1f} s of one core")

    _alerts(number)
    begun = time.process_time()
    for lp in posts(2000):
        card(lp, Nowhere())
    print(f"web page, cards: {2000 / (time.process_time() - begun):.0f} posts/s of one core")


def _alerts(number: int) -> None:
    """Ten rules over recent posts of which a tenth fits two of them, with a store on disk."""
    near = {"lat": 34.4, "lon": 41.1, "km": 50}
    to = [{"kind": "command", "run": ["true"]}]
    asked = [{"near": near}, {"keywords": ["القائم"]}, *({"events": [f"e{n}"]} for n in range(8))]
    rules = [Rule.model_validate({"name": f"r{n}", "to": to, **a}) for n, a in enumerate(asked)]
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "monitor.db")
        told, begun = 0, time.process_time()
        for batch in batched(posts(number), 500):
            some = [lp if n % 10 == 0 else _elsewhere(lp) for n, lp in enumerate(batch)]
            changes = look(rules, store, some, NOW)
            store.note(changes, NOW)
            told += len(changes)
        used = time.process_time() - begun
        store.close()
    print(f"alerts, 10 rules: {number / used:.0f} posts/s of one core, {told} notes written")


def _elsewhere(lp: LinkedPost) -> LinkedPost:
    analysis = replace(lp.analysis, places=(), translation=None)
    return replace(lp, post=replace(lp.post, text="لا شيء هنا"), analysis=analysis)


def batched(items: Iterator[LinkedPost], size: int) -> Iterator[list[LinkedPost]]:
    while batch := list(islice(items, size)):
        yield batch


if __name__ == "__main__":
    main()

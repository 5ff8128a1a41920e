"""Speed and memory of showing: `python benchmarks/show.py [POSTS]`. Posts are made here."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import Analysis, Evidence, Language, Link, LinkedPost, Place, Post, Translation
from monitor.show.block import Look
from monitor.show.export import FORMATS, export
from monitor.show.live import Stats
from monitor.show.watch.draw import screen
from monitor.show.watch.state import WatchState, add

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
        begun = time.perf_counter()
        size = sum(len(piece) for piece in export(form, posts(number)))
        rate = number / (time.perf_counter() - begun)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{form:9} {rate:8.0f} posts/s  {size / 1e6:6.1f} MB  peak memory {peak:.0f} MB")
    state, coming, look = WatchState(), posts(60 * 200), Look(200)
    begun = time.process_time()
    for quarter in range(240):
        batch = [next(coming) for _ in range(50)]
        state = add(state, batch, NOW + timedelta(seconds=quarter / 4))
        screen(state, Stats(), look, 60)
    used = time.process_time() - begun
    print(f"watch, a minute at 200 posts/s, 4 pictures/s, 200x60: {used:.1f} s of one core")


if __name__ == "__main__":
    main()

"""What `monitor tune` learns from a reviewer, on posts whose events the weights were not fitted on.

    python benchmarks/linking_fit.py KAWARITH CRISISLEX EVENT2012 --write /tmp/others.json
    python benchmarks/tune.py benchmarks/corpus /tmp/others.json

Every sixth post of the set is linked as the daemon does (no translation), by weights that have not
seen the set. A simulated reviewer accepts each link that is right and rejects the others; posts
without a link are never shown to anybody. Measured is what tuning reports: decisions it did not
learn from.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from monitor.link.evaluate import read_posts
from monitor.link.events_file import load_events
from monitor.link.inputs import LinkInput
from monitor.link.learn import Thresholds, learn
from monitor.link.linker import Linker
from monitor.link.score import load_weights
from monitor.model import CONFIRM, SUGGEST, Decision
from monitor.text.embed import load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.places import Gazetteer

EVERY, BATCH = 6, 64
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    folder, weights = Path(sys.argv[1]), load_weights(Path(sys.argv[2]))
    events = load_events([folder / "events.jsonl"])
    rows = [json.loads(line) for line in (folder / "posts.jsonl").open(encoding="utf-8")][::EVERY]
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    items = [
        LinkInput(post, language, None, gazetteer.find(post.full_text, language.code))
        for post in read_posts(rows, dated=True)
        for language in [detector.detect(post.full_text, post.language_tag)]
    ]
    right = {item.post.id: row["event_id"] for item, row in zip(items, rows, strict=True)}
    items.sort(key=lambda item: item.post.at)
    linker = Linker(events, encoder=encoder, gazetteer=gazetteer, weights=weights)
    decisions = [
        Decision(
            link.post_id,
            link.event_id,
            "accept" if link.event_id == right[link.post_id] else "reject",
            "reviewer",
            NOW,
        )
        for start in range(0, len(items), BATCH)
        for links in linker.link_many(items[start : start + BATCH])
        for link in links
    ]
    learned = learn(
        Linker(events, encoder=encoder, gazetteer=gazetteer, weights=weights),
        {item.post.id: item for item in items},
        decisions,
        shipped=weights,
        now=weights,
        thresholds=Thresholds(SUGGEST, CONFIRM),
    )
    accepted = sum(decision.verdict == "accept" for decision in decisions)
    print(f"{len(items)} posts, {len(decisions)} links shown, {accepted} accepted")
    print(f"{learned.decisions} decisions on {learned.events} events; better: {learned.better}")
    print(f"suggest {learned.thresholds.suggest:.2f}, confirm {learned.thresholds.confirm:.2f}")
    for name, before in learned.before.items():
        after = learned.after[name]
        print(f"{name:20} {before or 0:8.3f} {after or 0:8.3f}")


if __name__ == "__main__":
    main()

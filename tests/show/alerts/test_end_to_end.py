"""`monitor run` with a rule: what comes in is told; and stories about no known event are found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from monitor.alerting import emerging_stories
from monitor.store import SqliteStore
from tests.show.alerts.receivers import web
from tests.show.alerts.samples import keep
from tests.show.samples import NOON, linked, plain

RUN = [sys.executable, "-c", "from monitor.cli import main; main()", "run", "--once"]


def test_a_post_that_comes_in_is_told_with_everything_found_out(tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat()
    text = "انفجارات عنيفة تهز مدينة القائم في العراق قرب الحدود السورية"
    row = {"id": "1", "platform": "x", "text": text, "published_at": now, "url": "https://x.com/1"}
    (tmp_path / "posts.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    with web() as receiver:
        settings = {
            "feeds": [{"name": "replay", "kind": "file", "path": "posts.jsonl"}],
            "alerts": [
                {
                    "name": "al-qaim",
                    "near": {"place": "al-Qaim", "km": 50},
                    "to": [{"kind": "webhook", "url": receiver.url}],
                }
            ],
        }
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        for _ in range(2):
            ended = subprocess.run(
                RUN, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
            )
            assert (ended.returncode, ended.stderr) == (0, "")
    (got,) = receiver.requests
    document = json.loads(got.body)
    assert document["rule"] == "al-qaim"
    (post,) = document["posts"]
    assert post["post"]["text"] == text
    assert "IQ" in {place["country"] for place in post["places"]}


class Directions:
    """An encoder that knows two things: fires and everything else."""

    name = "directions"
    dimension = 2

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [(1.0, 0.0) if "fire" in text.lower() else (0.0, 1.0) for text in texts]
        return np.asarray(rows, np.float32)


def test_posts_about_no_known_event_that_tell_one_thing_are_a_story(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "monitor.db")
    said = "Large fire in the port warehouse of Beirut, thick smoke over the city"
    fires = [plain(n, f"{said} {'now' * n}", source=f"feed{n % 2}") for n in range(4)]
    old = plain(9, said)
    old = replace(old, post=replace(old.post, collected_at=NOON - timedelta(days=3)))
    keep(store, [*fires, plain(5, "A quiet Sunday at the lake"), linked(6, said), old])
    stories = emerging_stories(store, Directions(), NOON - timedelta(days=1))
    store.close()
    (story,) = stories
    assert set(story.post_ids) == {f"web:{n}" for n in range(4)}
    assert (story.size, story.feeds) == (4, 2)
    assert story.title.startswith("Large fire in the port")

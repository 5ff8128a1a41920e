"""`monitor tune`: learns from decisions in the store, and changes nothing without being told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.errors import InputError
from monitor.model import Analysis, Decision, FeedState, Language
from monitor.store import SqliteStore
from tests.builders import NOW, a_post

TOWNS = ("Basra", "Derna", "Khartoum", "Marseille", "Aleppo", "Tunis")
KINDS = ("Bridge collapse", "Ferry disaster")


@pytest.fixture
def reviewed(tmp_path: Path) -> Path:
    """A store with 36 decisions: a person says yes where town and kind are those of the event."""
    events = [
        {"id": f"{kind[:5].lower()}-{town.lower()}", "title": f"{kind} in {town}"}
        for town in TOWNS
        for kind in KINDS
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "config.yaml").write_text("events: [events.jsonl]\n")
    store = SqliteStore(tmp_path / "monitor.db")
    posts = [
        a_post(f"{i}-{j}", f"{kind.split()[0]} {said} {town}")
        for i, town in enumerate(TOWNS)
        for j, (kind, said) in enumerate(
            [(kind, said) for kind in KINDS for said in ("in", "news from", "is lovely in")]
        )
    ]
    store.record_poll(FeedState("marsad"), posts, NOW)
    store.save_analyses([(item, Analysis(Language("en", 1.0))) for item in store.pending(99, NOW)])
    for n, post in enumerate(posts):
        kind, town = post.text.split()[0][:5].lower(), post.text.split()[-1].lower()
        verdict: Any = "none" if "lovely" in post.text else "assign"
        event = None if verdict == "none" else f"{kind}-{town}"
        store.decide(Decision(post.id, event, verdict, "ana", NOW + timedelta(minutes=n)))
    store.close()
    return tmp_path / "config.yaml"


def run(config: Path, *options: str) -> str:
    ended = CliRunner().invoke(
        cli, ["tune", "--config", str(config), *options], catch_exceptions=False
    )
    assert ended.exit_code == 0
    return ended.stdout


def test_before_and_after_are_shown_and_nothing_is_changed_until_it_is_applied(
    reviewed: Path,
) -> None:
    said = run(reviewed)
    assert "36 decisions on 12 events" in said
    assert "before" in said
    assert "after" in said
    assert "Nothing was changed" in said
    assert not (reviewed.parent / "tuned").exists()
    applied = json.loads(run(reviewed, "--apply", "--json"))
    assert applied["better"]
    assert applied["after"]["log_loss"] < applied["before"]["log_loss"]
    path = reviewed.parent / "tuned" / "weights-1.json"
    assert applied["applied"] == str(path)
    assert json.loads(path.read_text())["fitted_on"] == "36 decisions on 12 events"
    assert "weights-1.json.reverted" in run(reviewed, "--revert")
    assert not path.exists()


def test_without_decisions_it_says_what_is_needed(reviewed: Path) -> None:
    (reviewed.parent / "monitor.db").unlink()
    with pytest.raises(InputError, match="can be learned from: 0"):
        run(reviewed)
    with pytest.raises(InputError, match="no tuned weights"):
        run(reviewed, "--revert")

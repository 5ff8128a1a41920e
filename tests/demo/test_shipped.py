"""The demo with the translator that comes with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.demo.test_case import CONTENT, EVENT, POST, at_once, run


def test_posts_are_translated_as_drafts_and_linked_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONITOR_SHIPPED_MODELS", raising=False)
    rows, summary = run(tmp_path, at_once(CONTENT))
    made = [row["translation"] for row in rows.values() if row["translation"]]
    assert summary.translated == len(made) > 0
    assert all(translation["draft"] for translation in made)
    post = rows[POST]
    assert "Iraq" in post["translation"]["text"]
    assert {link["event_id"]: link["status"] for link in post["links"]} == {EVENT: "confirmed"}

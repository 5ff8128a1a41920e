"""Posts, analyses and links for tests, with only what a test cares about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from monitor.model import Analysis, Language, Link, Post

NOW = datetime(2024, 2, 3, 12, tzinfo=UTC)


def a_post(external_id: str = "1", text: str = "Explosions in al-Qaim", **more: Any) -> Post:
    given: dict[str, Any] = {
        "platform": "telegram",
        "source": "marsad",
        "collected_at": NOW,
        "published_at": NOW,
    }
    return Post(external_id=external_id, text=text, **{**given, **more})


def an_analysis(code: str = "en", links: tuple[Link, ...] = (), **more: Any) -> Analysis:
    return Analysis(language=Language(code, 0.99), links=links, **more)


def a_link(post_id: str, event_id: str = "qaim", probability: float = 0.95, **more: Any) -> Link:
    status = "confirmed" if probability >= 0.9 else "suggested"
    given: dict[str, Any] = {
        "title": "Strikes on al-Qaim",
        "status": status,
        "evidence": (),
        "explanation": "Names al-Qaim.",
    }
    return Link(post_id, event_id, probability=probability, **{**given, **more})

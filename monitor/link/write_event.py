"""Adding an event to a file of events, as text; what a person wrote in it stays as it is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import yaml

from monitor.model import Event


def plain(event: Event) -> dict[str, Any]:
    """An event as the values an events file holds; what is empty is left out."""

    def moment(at: datetime | None) -> str | None:
        if at is None:
            return None
        return at.date().isoformat() if event.day_precision else at.isoformat()

    value = {
        "id": event.id,
        "title": event.title,
        "titles": dict(event.titles),
        "summary": event.summary,
        "started_at": moment(event.started_at),
        "ended_at": moment(event.ended_at),
        "places": list(event.places),
        "actors": list(event.actors),
        "aliases": list(event.aliases),
        "sources": list(event.sources),
        "text": event.text,
    }
    return {key: item for key, item in value.items() if item}


def append(text: str, suffix: str, event: Event) -> str:
    """The content of an events file (``.yaml`` or ``.jsonl``) with ``event`` added at its end.

    Raises :class:`ValueError` where the file is of another kind.
    """
    start = text if not text or text.endswith("\n") else text + "\n"
    if suffix == ".jsonl":
        return start + json.dumps(plain(event), ensure_ascii=False) + "\n"
    if suffix not in (".yaml", ".yml"):
        raise ValueError(
            f"events can be added to .yaml and .jsonl files, not to {suffix or 'this'}"
        )
    item = yaml.safe_dump([plain(event)], allow_unicode=True, sort_keys=False, width=100)
    return start + item

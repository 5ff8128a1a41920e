"""Adding an event to a file of events, as text; what a person wrote in it stays as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import yaml

from monitor.model import Event

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml's is ten times faster


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


def append(text: str, suffix: str, events: Sequence[Event]) -> str:
    """The content of an events file (``.yaml`` or ``.jsonl``) with ``events`` added at its end.

    Raises :class:`ValueError` where the file is of another kind.
    """
    start = text if not text or text.endswith("\n") else text + "\n"
    if suffix == ".jsonl":
        return start + "".join(json.dumps(plain(e), ensure_ascii=False) + "\n" for e in events)
    if suffix not in (".yaml", ".yml"):
        raise ValueError(
            f"events can be added to .yaml and .jsonl files, not to {suffix or 'this'}"
        )
    if not events:
        return text
    values = [plain(event) for event in events]
    return start + yaml.dump(values, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=100)

"""What alerting keeps in the store, as notes: keys and JSON.

======================  =====================================================================
``cursor``              how far the changes of the store have been looked at
``began/RULE``          when a rule first looked
``seen/RULE/…``         what a rule has told of, or will; kept as long as it can be met again
``rate/RULE/EVENT``     what is usual
``waiting/RULE/EVENT``  what will be told together
``last/RULE/EVENT``     when the rule last told of the event
``outbox/ALERT/CHANNEL``  what is still to be sent
``document/ALERT/CHANNEL``  the JSON text that is sent, the same bytes at every try
``sent/…, failed/…``    what was, and what never could be
======================  =====================================================================

All keys begin with ``alerts/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.rate import Rate
from monitor.show.alerts.waiting import Group

CURSOR = "alerts/cursor"
WAITING, OUTBOX, DOCUMENT, SENT, FAILED, SEEN = (
    f"alerts/{name}/" for name in ("waiting", "outbox", "document", "sent", "failed", "seen")
)

_ADAPTERS = {kind: TypeAdapter(kind) for kind in (Entry, Group, Rate, datetime)}

T = TypeVar("T", Entry, Group, Rate, datetime)


class Noted(Protocol):
    def notes(self, prefix: str) -> Mapping[str, str]: ...


def key(kind: str, *parts: str) -> str:
    """``alerts/kind/part/part``."""
    return "/".join(("alerts", kind, *parts))


def dump(value: Entry | Group | Rate | datetime) -> str:
    return _ADAPTERS[type(value)].dump_json(value).decode()


def load(kind: type[T], text: str) -> T:
    adapter: TypeAdapter[T] = _ADAPTERS[kind]  # type: ignore[assignment]
    return adapter.validate_json(text)


def one(store: Noted, kind: type[T], name: str) -> T | None:
    """The note at exactly ``name``."""
    text = store.notes(name).get(name)
    return None if text is None else load(kind, text)


def every(store: Noted, kind: type[T], prefix: str) -> dict[str, T]:
    """All notes under ``prefix``, by their whole keys."""
    return {name: load(kind, text) for name, text in store.notes(prefix).items()}

"""A feed whose items are events (disaster alerts, agency wires): RSS or Atom bytes to events."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime

import feedparser

from monitor.errors import InputError
from monitor.link.importers.article import event_id
from monitor.model import Event
from monitor.text.arabic import is_arabic

MAX_BYTES = 16 * 1024 * 1024
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def read_feed(data: bytes, name: str) -> list[Event]:
    """The items of a feed as events, each with a title of its own.

    Raises :class:`InputError` for what is no feed, is larger than 16 MB, or declares entities.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: the feed is larger than 16 MB")
    if _DOCTYPE.search(data[:4096]) and b"<html" not in data[:4096].lower():
        raise InputError(f"{name}: the feed declares a document type or entities; refused")
    feed = feedparser.parse(data)
    if not feed.entries:
        raise InputError(f"{name}: no feed with items was found")
    events: dict[str, Event] = {}
    for entry in feed.entries:
        title = " ".join(_TAG.sub(" ", entry.get("title", "")).split())
        if not title:
            continue
        moment = entry.get("published_parsed") or entry.get("updated_parsed")
        at = datetime.fromtimestamp(timegm(moment), UTC) if moment else None
        summary = " ".join(_TAG.sub(" ", entry.get("summary", "")).split())[:20_000]
        number = event_id(title, at)
        events[number] = Event(
            id=number,
            title=title,
            titles={"ar": title} if is_arabic(title) else {},
            summary=summary,
            started_at=at,
            day_precision=False,
            sources=(entry["link"],) if entry.get("link") else (),
        )
    return list(events.values())

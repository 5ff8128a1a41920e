"""A feed whose items are events (disaster alerts, agency wires): RSS or Atom bytes to events."""

from __future__ import annotations

import html
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from monitor.errors import InputError
from monitor.link.importers.article import event_id
from monitor.link.profile import Gazetteer
from monitor.model import Event
from monitor.text.arabic import is_arabic

MAX_BYTES = 16 * 1024 * 1024
# Entities anywhere; a document type only before the root, for an item's HTML may quote one.
_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|RDF)[\s>]", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def read_feed(data: bytes, name: str, gazetteer: Gazetteer | None = None) -> list[Event]:
    """The items of a feed as events, each with a title of its own; places are drawn from it.

    Raises :class:`InputError` for what is no feed, is larger than 16 MB, or declares entities.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: the feed is larger than 16 MB")
    ascii_bytes = data.replace(b"\0", b"")  # of UTF-16 too
    root = _ROOT.search(ascii_bytes)
    prolog = ascii_bytes[: root.start()] if root else ascii_bytes
    if _ENTITY.search(ascii_bytes) or _DOCTYPE.search(prolog):
        raise InputError(f"{name}: the feed declares a document type or entities; refused")
    feed = feedparser.parse(data)
    if not feed.entries:
        raise InputError(f"{name}: no feed with items was found")
    language = str(feed.feed.get("language", ""))[:2].casefold()
    events: dict[str, Event] = {}
    for entry in feed.entries:
        title = _plain(entry.get("title", ""))
        if not title:
            continue
        at = _moment(entry)
        number = event_id(title, at)
        code = "ar" if is_arabic(title) else language
        places = gazetteer.find(title, code or None) if gazetteer else ()
        link = entry.get("link", "")
        events[number] = Event(
            id=number,
            title=title,
            titles={code: title} if code in ("ar", "fr") else {},
            summary=_plain(entry.get("summary", ""))[:20_000],
            places=tuple(dict.fromkeys(place.name for place in places)),
            started_at=at,
            day_precision=False,
            # A feed may hold javascript: and worse.
            sources=(link,) if link.startswith(("http://", "https://")) else (),
        )
    return list(events.values())


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(timegm(moment), UTC) if moment else None
    except (ValueError, OverflowError):  # the year 0, the year 20,000
        return None

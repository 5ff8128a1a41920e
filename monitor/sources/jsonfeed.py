"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) into entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.sources import dates
from monitor.sources.entries import Document, Entry
from monitor.sources.urls import web_url


def read(text: str, *, url: str) -> Document:
    """The entries of a JSON Feed. Raises ParseError where it is not one.

    A document cut off in transit keeps the items that are whole.
    """
    told = []
    try:
        document = json.loads(text)
    except RecursionError:
        raise ParseError(f"{url}: JSON nested too deep to be read") from None
    except ValueError as error:
        document = _whole_items(text)
        if document is None:
            raise ParseError(f"{url}: not valid JSON: {error}") from None
        told.append(f"damaged feed, kept what could be read ({error})")
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ParseError(f"{url}: JSON, but not a JSON Feed (no list of items)")
    items = [item for item in document["items"] if isinstance(item, dict)]
    if len(items) < len(document["items"]):
        told.append(f"{len(document['items']) - len(items)} items are not objects; left out")
    return Document(
        entries=tuple(_entry(item, document, url) for item in items),
        title=_string(document.get("title")),
        older=web_url(_string(document.get("next_url")), url),
        warnings=tuple(told),
    )


def _whole_items(text: str) -> dict[str, Any] | None:
    start = text.find("[", text.find('"items"'))
    if '"items"' not in text or start < 0:
        return None
    decoder, at = json.JSONDecoder(), start + 1
    items: list[Any] = []
    while True:
        at = next((i for i in range(at, len(text)) if text[i] not in " \t\r\n,"), len(text))
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return {"items": items}
        items.append(item)


def _entry(item: Mapping[str, Any], document: Mapping[str, Any], url: str) -> Entry:
    people = item.get("authors") or [item.get("author")] if item.get("author") else []
    people = item.get("authors") or people or document.get("authors") or [document.get("author")]
    person = next((p for p in people if isinstance(p, dict)), {})
    written = _string(item.get("date_published")) or _string(item.get("date_modified"))
    link = item.get("url") or item.get("external_url")
    return Entry(
        guid=_string(item.get("id")),
        link=web_url(_string(link), url),
        title=_string(item.get("title")) or "",
        html=_string(item.get("content_html"))
        or _escaped(_string(item.get("content_text")) or _string(item.get("summary")) or ""),
        author=_string(person.get("name")),
        author_url=web_url(_string(person.get("url")), url),
        published_at=dates.parse(written),
        published_raw=written,
        updated_at=dates.parse(_string(item.get("date_modified"))),
        media=tuple(dict.fromkeys(_media(item, url))),
        tags=tuple(tag for tag in item.get("tags") or () if isinstance(tag, str)),
        language=_string(item.get("language")) or _string(document.get("language")),
    )


def _string(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _escaped(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace("\n", "<br>") if "&" in escaped or "http" in escaped else escaped


def _media(item: Mapping[str, Any], url: str) -> Iterable[str]:
    attachments = [a.get("url") for a in item.get("attachments") or () if isinstance(a, dict)]
    for address in (item.get("image"), item.get("banner_image"), *attachments):
        found = web_url(_string(address), url)
        if found is not None:
            yield found

"""Damaged and unusual RSS, RDF and Atom documents into entries, by feedparser in a child process.

feedparser recovers what can be recovered, and some documents make it take for ever or eat all
memory. Run as a module, this file is the child; :func:`ask` is how the rest of the program talks to
it. feedparser's HTML sanitiser is off: bodies become plain text later and their frames are looked
at for embedded posts, neither of which any markup survives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from monitor.errors import ParseError
from monitor.sources import dates
from monitor.sources.child import Child, serve
from monitor.sources.entries import Document, Entry
from monitor.sources.markup import plain
from monitor.sources.urls import web_url
from monitor.sources.wellformed import person

CUT_OFF_S = 10.0
_CHILD = Child((sys.executable, "-m", "monitor.sources.recovery"), CUT_OFF_S)
_DOCUMENT = TypeAdapter(Document)


def ask(document: str, url: str, child: Child = _CHILD) -> Document:
    """As :func:`read`, in the child. Raises ParseError also where that had to be cut off."""
    answer = child.ask({"document": document, "url": url})
    if answer is None:
        raise ParseError(
            f"{url}: not well-formed, and reading what can be recovered took more than"
            f" {child.cut_off_s:g} s or too much memory; it was cut off"
        )
    if "error" in answer:
        raise ParseError(answer["error"])
    return _DOCUMENT.validate_python(answer)


def _answer(question: dict[str, str]) -> Any:
    try:
        found = read(question["document"], question["url"])
    except ParseError as error:
        return {"error": str(error)}
    return _DOCUMENT.dump_python(found, mode="json")


def read(document: str, url: str) -> Document:
    """The entries of a document without a DTD. Raises ParseError where it holds none."""
    parsed = _parsed(document, url)
    warnings = []
    if not parsed.version and not parsed.entries:
        why = f": {parsed.bozo_exception}" if parsed.get("bozo") else ""
        raise ParseError(f"{url}: not a feed that can be read{why}")
    if parsed.get("bozo"):
        warnings.append(f"damaged feed, kept what could be read ({_reason(parsed)})")
    channel = parsed.feed
    return Document(
        entries=tuple(_entry(raw, channel, url) for raw in parsed.entries),
        title=plain(channel.get("title", "")) or None,
        older=_older(channel.get("links", ()), url),
        warnings=tuple(warnings),
    )


def _parsed(document: str, url: str) -> Any:
    import feedparser  # in the child only

    try:
        return feedparser.parse(
            document.encode(),
            # Without an address of its own feedparser leaves relative links and ids as they are.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # broken documents break feedparser in many ways
        raise ParseError(f"{url}: not a feed that can be read: {error!r}") from error


def _reason(parsed: Any) -> str:
    return " ".join(str(parsed.bozo_exception).split())[:200]


def _entry(raw: dict[str, Any], channel: Mapping[str, Any], url: str) -> Entry:
    title = raw.get("title_detail") or {}
    name = title.get("value", "")
    body, language = _body(raw)
    # Asked in the usual way, feedparser gives "published" for a missing "updated".
    updated_raw, updated_parsed = dict.get(raw, "updated"), dict.get(raw, "updated_parsed")
    published_raw = raw.get("published") or raw.get("created") or updated_raw
    parsed = raw.get("published_parsed") or raw.get("created_parsed") or updated_parsed
    published, updated = _date(published_raw, parsed), _date(updated_raw, updated_parsed)
    link = raw.get("feedburner_origlink") or raw.get("link")
    if link == raw.get("id") and web_url(link) is None:
        link = None  # feedparser takes any guid for a permalink unless it says otherwise
    return Entry(
        guid=raw.get("id") or None,
        link=web_url(link, url) or _first_link(raw.get("links", ()), url),
        title=plain(name) if title.get("type") != "text/plain" else name.strip(),
        html=body,
        author=person(raw.get("author") or channel.get("author")),
        author_url=web_url((raw.get("author_detail") or {}).get("href"), url),
        published_at=published,
        published_raw=published_raw,
        updated_at=updated,
        media=tuple(dict.fromkeys(_media(raw, url))),
        tags=tuple(dict.fromkeys(_tags(raw))),
        language=language or raw.get("language") or channel.get("language") or None,
        metrics=_metrics(raw),
        video=raw.get("yt_videoid") or None,
    )


def _body(raw: Mapping[str, Any]) -> tuple[str, str | None]:
    """The fullest body. feedparser puts every description after the first into ``content``."""
    parts = [*raw.get("content", ()), raw.get("summary_detail") or {}]
    fullest = max(parts, key=lambda part: len(part.get("value", "")))
    return fullest.get("value", ""), fullest.get("language") or None


def _date(written: str | None, parsed: Any) -> datetime | None:
    found = dates.parse(written)
    if found is None and parsed is not None:
        try:
            year, month, day, hour, minute, second = parsed[:6]
            found = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except (TypeError, ValueError):
            return None
    return found


def _first_link(links: Iterable[Mapping[str, Any]], url: str) -> str | None:
    for link in links:
        if link.get("rel", "alternate") == "alternate":
            found = web_url(link.get("href"), url)
            if found is not None:
                return found
    return None


def _older(links: Iterable[Mapping[str, Any]], url: str) -> str | None:
    """The next page of a paged feed or the archive before this document (RFC 5005)."""
    by_rel = {link.get("rel"): web_url(link.get("href"), url) for link in links}
    return by_rel.get("next") or by_rel.get("prev-archive")


def _media(raw: Mapping[str, Any], url: str) -> Iterable[str]:
    held = (
        *raw.get("enclosures", ()),
        *raw.get("media_content", ()),
        *raw.get("media_thumbnail", ()),
    )
    for item in held:
        found = web_url(item.get("href") or item.get("url"), url)
        if found is not None:
            yield found


def _tags(raw: Mapping[str, Any]) -> Iterable[str]:
    for tag in raw.get("tags", ()):
        name = plain(tag.get("label") or tag.get("term") or "")
        if name:
            yield name


def _metrics(raw: Mapping[str, Any]) -> dict[str, int]:
    counted = {
        "views": (raw.get("media_statistics") or {}).get("views"),
        "likes": (raw.get("media_starrating") or {}).get("count"),
        "replies": raw.get("slash_comments"),
    }
    return {key: int(v) for key, v in counted.items() if v is not None and str(v).isdecimal()}


if __name__ == "__main__":
    import feedparser  # noqa: F401 - before the first question is asked

    serve(_answer)

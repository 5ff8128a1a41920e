"""RSS, RDF and Atom documents and JSON Feed into entries.

Well-formed documents are read by :mod:`monitor.sources.wellformed`, all others by feedparser.
Both get bytes, after the text was decoded and checked for a DTD; for feedparser it is also cleaned
of characters XML cannot hold. Its HTML sanitiser is off: bodies become plain text here and their
frames are looked at for embedded posts, neither of which any markup survives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from monitor.errors import ParseError
from monitor.sources import dates, jsonfeed, wellformed
from monitor.sources.charsets import decode
from monitor.sources.entries import Document, Entry
from monitor.sources.markup import plain
from monitor.sources.urls import web_url

ACCEPT = (
    "application/atom+xml,application/rss+xml,application/feed+json,application/rdf+xml,"
    "application/xml;q=0.9,application/json;q=0.8,text/xml;q=0.8,text/html;q=0.5,*/*;q=0.1"
)
# What may stand before the root element and declares nothing.
_PROLOG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^>\[]*(?P<subset>\[)?>?", re.IGNORECASE)
_ENTITY = re.compile(r"<!(?:ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class NotAFeed(ParseError):
    """The document is an HTML page; ``html`` is its text, to look for a feed it names."""

    def __init__(self, url: str, html: str) -> None:
        self.html = html
        super().__init__(f"{url}: this is a web page, not a feed")


def read(body: bytes, *, url: str, charset: str | None = None) -> Document:
    """The entries of a feed document. ``url`` resolves relative links, ``charset`` is the header's.

    Raises ParseError for a document with a DTD, one that is no feed, and NotAFeed for a page.
    """
    decoded = decode(body, charset)
    warnings = [decoded.warning] if decoded.warning else []
    text = decoded.text.lstrip("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return jsonfeed.read(_NOT_XML.sub("", text), url=url, warnings=warnings)
    usual = wellformed.read(_without_prolog(text, url), url)
    if usual is not None:
        return replace(usual, warnings=tuple(warnings))
    return _by_feedparser(_NOT_XML.sub("", text), url, warnings)


def _by_feedparser(text: str, url: str, warnings: list[str]) -> Document:
    parsed = _parsed(_without_prolog(text, url), url)
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


def _without_prolog(text: str, url: str) -> str:
    """The document from its root element on.

    A document type that declares nothing (RSS 0.91 prescribes one) is dropped; one with
    declarations is refused: a few nested entities become gigabytes.
    """
    at = 0
    while True:
        blank = _PROLOG.match(text, at)
        if blank is not None:
            at = blank.end()
            continue
        doctype = _DOCTYPE.match(text, at)
        if doctype is None:
            break
        if doctype.group("subset") or _ENTITY.search(text[at : at + 100_000]):
            raise ParseError(
                f"{url}: the document declares entities in a DTD; such documents are refused"
            )
        if re.match(r"<!DOCTYPE\s+html\b", doctype.group(), re.IGNORECASE):
            raise NotAFeed(url, text)
        at = doctype.end()
    root = text[at:]
    if _ENTITY.match(root):
        raise ParseError(f"{url}: the document declares entities; such documents are refused")
    if re.match(r"<html\b", root, re.IGNORECASE):
        raise NotAFeed(url, text)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + root


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
        author=wellformed.person(raw.get("author") or channel.get("author")),
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

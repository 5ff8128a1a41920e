"""RSS, RDF and Atom documents and JSON Feed into entries.

Well-formed documents are read by :mod:`monitor.sources.wellformed`, all others by feedparser
(:mod:`monitor.sources.recovery`), after the text was decoded, checked for a DTD and, for
feedparser, cleaned of characters XML cannot hold.
"""

from __future__ import annotations

import re
from dataclasses import replace

from monitor.errors import ParseError
from monitor.sources import jsonfeed, recovery, wellformed
from monitor.sources.charsets import decode
from monitor.sources.entries import Document

ACCEPT = (
    "application/atom+xml,application/rss+xml,application/feed+json,application/rdf+xml,"
    "application/xml;q=0.9,application/json;q=0.8,text/xml;q=0.8,text/html;q=0.5,*/*;q=0.1"
)
MOST_ENTRIES = 2_000  # of one document; feeds have the newest first
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
    document = _document(decoded.text.lstrip("\ufeff"), url)
    warnings.extend(document.warnings)
    if len(document.entries) > MOST_ENTRIES:
        warnings.append(
            f"holds {len(document.entries):,} entries; the first {MOST_ENTRIES:,} were read"
        )
    return replace(document, entries=document.entries[:MOST_ENTRIES], warnings=tuple(warnings))


def _document(text: str, url: str) -> Document:
    if text.lstrip()[:1] in ("{", "["):
        return jsonfeed.read(_NOT_XML.sub("", text), url=url)
    usual = wellformed.read(_without_prolog(text, url), url)
    if usual is not None:
        return usual
    return recovery.ask(_without_prolog(_NOT_XML.sub("", text), url), url)


def _without_prolog(text: str, url: str) -> str:
    """The document from its root element on.

    A document type that declares nothing (RSS 0.91 prescribes one) is dropped; one with
    declarations is refused: a few nested entities become gigabytes.
    """
    at = _after_blanks(text, 0)
    doctype = _DOCTYPE.match(text, at)
    if doctype is not None:
        if doctype.group("subset") or _ENTITY.search(text[at : at + 100_000]):
            raise ParseError(
                f"{url}: the document declares entities in a DTD; such documents are refused"
            )
        if re.match(r"<!DOCTYPE\s+html\b", doctype.group(), re.IGNORECASE):
            raise NotAFeed(url, text)
        at = _after_blanks(text, doctype.end())
        if _DOCTYPE.match(text, at):
            raise ParseError(f"{url}: more than one DTD; such documents are refused")
    root = text[at:]
    if _ENTITY.match(root):
        raise ParseError(f"{url}: the document declares entities; such documents are refused")
    if re.match(r"<html\b", root, re.IGNORECASE):
        raise NotAFeed(url, text)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + root


def _after_blanks(text: str, at: int) -> int:
    while (blank := _PROLOG.match(text, at)) is not None:
        at = blank.end()
    return at

"""Well-formed RSS, RDF and Atom documents into entries, by lxml.

Most feeds are well-formed and use a handful of vocabularies; feedparser, which can read anything,
takes some thirty times as long over them. This module reads what it knows for certain and gives up
on everything else: a document that is not well-formed, mark-up where text is meant, ``xhtml``
content, a vocabulary under an unknown address, a date it cannot read, text that was encoded twice.
feedparser reads those. Tests hold the two to the same entries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from monitor.sources import dates
from monitor.sources.entries import Document, Entry
from monitor.sources.markup import plain
from monitor.sources.urls import web_url

_ATOM = "http://www.w3.org/2005/atom"  # tags are compared in lower case
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_CORE = ("", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", _ATOM)
_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
# Namespaces → element → what it is to us. What stands in a known namespace and not here says
# nothing that a post has room for.
_VOCABULARIES: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (
        _CORE,
        {
            "title": "title",
            "link": "link",
            "guid": "id",
            "id": "id",
            "description": "body",
            "summary": "body",
            "content": "body",
            "pubdate": "published",
            "published": "published",
            "issued": "published",
            "created": "created",
            "updated": "updated",
            "modified": "updated",
            "lastbuilddate": "updated",
            "author": "author",
            "managingeditor": "author",
            "category": "category",
            "keywords": "category",
            "enclosure": "enclosure",
            "language": "language",
            "abstract": "unusual",
            "body": "unusual",
            "fullitem": "unusual",
            "tags": "unusual",
        },
    ),
    (
        ("http://purl.org/dc/elements/1.1/",),
        {
            "title": "title",
            "creator": "author",
            "author": "author",
            "date": "updated",
            "subject": "category",
            "description": "body",
            "language": "language",
        },
    ),
    (
        ("http://purl.org/dc/terms/",),
        {"created": "created", "issued": "published", "modified": "updated"},
    ),
    (("http://purl.org/rss/1.0/modules/content/",), {"encoded": "body"}),
    (
        _MEDIA,
        {
            "group": "media:group",
            "community": "media:group",
            "content": "media:content",
            "thumbnail": "media:thumbnail",
            "title": "media:title",
            "description": "media:description",
            "category": "category",
            "keywords": "keywords",
            "statistics": "media:statistics",
            "starrating": "media:starrating",
        },
    ),
    (
        ("http://www.itunes.com/dtds/podcast-1.0.dtd",),
        {"author": "author", "summary": "media:description", "keywords": "keywords"},
    ),
    (("http://purl.org/rss/1.0/modules/slash/",), {"comments": "replies"}),
    (("http://rssnamespace.org/feedburner/ext/1.0",), {"origlink": "origlink"}),
    (("http://www.youtube.com/xml/schemas/2015",), {"videoid": "video"}),
    (("http://www.w3.org/1999/xhtml",), {"body": "unusual", "div": "unusual"}),
)
_FIELDS = {
    f"{{{namespace}}}{name}" if namespace else name: field
    for namespaces, names in _VOCABULARIES
    for namespace in namespaces
    for name, field in names.items()
}
_KNOWN = {namespace for namespaces, _ in _VOCABULARIES for namespace in namespaces}
_PREFIXES = {None, "atom", "dc", "dcterms", "content", "media", "itunes", "slash", "yt"}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
# What UTF-8 looks like that was taken for a Western encoding and encoded once more.
_ENCODED_TWICE = "ÂÃØÙ"
_C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_MARKUP = re.compile(r"</\w+>|&#?\w+;")
LONGEST_NAME = 300  # also: looking for an address takes time that grows with the square
_EMAIL = re.compile(r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")

Fields = dict[str, list[Any]]


class _UnusualError(Exception):
    """The document holds something that feedparser should judge."""


def read(text: str, url: str) -> Document | None:
    """The entries of a document that declares UTF-8 and no DTD, or None where it is unusual.

    ``url`` resolves relative links. Never raises for what the document holds.
    """
    document = text.encode("utf-8", "replace")
    if any(letter in text for letter in _ENCODED_TWICE) or _C1_CONTROL.search(document):
        return None
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document, parser)
        return _document(root, url, document)
    except (etree.XMLSyntaxError, _UnusualError):
        return None


def _document(root: Any, url: str, document: bytes) -> Document:
    channel, items = _parts(root)
    if channel is None or not items or root.getroottree().docinfo.internalDTD is not None:
        raise _UnusualError
    base = _base(root, url, document)
    has_lang, atom = b"lang=" in document, channel is root
    fields = _fields(channel, skip=items[0].tag)
    language = _last(fields["language"]) or _lang(root)
    author = _author(fields["author"])[0]
    by_rel = {link.get("rel"): web_url(link.get("href"), base) for link in fields["link"]}
    return Document(
        entries=tuple(
            _entry(item, base, author, language, has_lang=has_lang, atom=atom) for item in items
        ),
        title=plain(_last(fields["title"]) or "") or None,
        older=by_rel.get("next") or by_rel.get("prev-archive"),
    )


def _parts(root: Any) -> tuple[Any | None, list[Any]]:
    """The element that describes the feed, and its entries."""
    tag = root.tag.lower()
    if tag == f"{{{_ATOM}}}feed":
        return root, root.findall(f"{{{etree.QName(root).namespace}}}entry")
    if tag == "rss":
        channel = root.find("channel")
        return channel, [] if channel is None else channel.findall("item")
    if tag == f"{_RDF}rdf":
        for namespace in _CORE[1:3]:
            channel = root.find(f"{{{namespace}}}channel")
            if channel is not None:
                return channel, root.findall(f"{{{namespace}}}item")
    return None, []


def _base(root: Any, url: str, document: bytes) -> str:
    """What relative links are relative to: ``xml:base`` where the root alone has one."""
    uses = document.count(b"xml:base=")
    if not uses:
        return url
    if uses > 1 or root.get(_BASE) is None:
        raise _UnusualError
    return urljoin(url, str(root.get(_BASE)))


def _fields(element: Any, skip: str | None = None) -> Fields:
    """The known children by what they are to us, those of Media RSS groups among them."""
    fields: Fields = defaultdict(list)
    for child in _children(element):
        tag = child.tag
        if tag == skip:
            continue
        field = _FIELDS.get(tag.lower())
        if field is not None:
            fields[field].append(child)
        elif _is_foreign(child):
            raise _UnusualError
    if fields["unusual"]:
        raise _UnusualError
    return fields


def _children(element: Any) -> Iterator[Any]:
    for child in element:
        yield child
        if _FIELDS.get(child.tag.lower()) in ("media:group", "media:content"):
            yield from _children(child)


def _is_foreign(element: Any) -> bool:
    """Whether it is written like one of ours under an address that is none of ours."""
    if element.prefix not in _PREFIXES:
        return False
    namespace = etree.QName(element).namespace or ""
    return namespace.lower() not in _KNOWN


def _entry(
    item: Any, base: str, author: str | None, language: str | None, *, has_lang: bool, atom: bool
) -> Entry:
    fields = _fields(item)
    body, html = _body(fields)
    spoken = _lang(body) if has_lang and body is not None else None
    own_author, author_url = _author(fields["author"])
    published_raw = _last(fields["published"]) or _last(fields["created"])
    updated_raw = _last(fields["updated"])
    guid, permalink = _guid(item, fields["id"], base)
    link = _last(fields["origlink"]) or _link(fields["link"], base) or (guid if permalink else None)
    return Entry(
        guid=guid,
        link=web_url(link, base) or _first_alternate(fields["link"], base),
        title=_title(fields, atom=atom),
        html=html,
        author=own_author or author,
        author_url=web_url(author_url, base),
        published_at=_date(published_raw or updated_raw),
        published_raw=published_raw or updated_raw,
        updated_at=_date(updated_raw),
        media=tuple(dict.fromkeys(_media(fields, base))),
        tags=tuple(dict.fromkeys(_tags(fields))),
        language=spoken or _last(fields["language"]) or language,
        metrics=_metrics(fields),
        video=_last(fields["video"]),
    )


def _text(element: Any) -> str:
    if len(element):
        raise _UnusualError
    return (element.text or "").strip()


def _last(elements: list[Any]) -> str | None:
    return (_text(elements[-1]) or None) if elements else None


def _body(fields: Fields) -> tuple[Any | None, str]:
    """The fullest body, and its text; a picture's caption only where there is nothing else."""
    fullest, html = None, ""
    for body in fields["body"] or fields["media:description"]:
        kind = body.get("type", "html")
        if kind not in ("html", "text", "text/html", "text/plain", "plain") or body.get("mode"):
            raise _UnusualError
        text = _text(body)
        if fullest is None or len(text) > len(html):
            fullest, html = body, text
    return fullest, html


def _lang(element: Any) -> str | None:
    """The ``xml:lang`` of the element or the nearest one above it."""
    for above in (element, *element.iterancestors()):
        found: str | None = above.get(_LANG) or above.get("lang")
        if found:
            return found.replace("_", "-")
    return None


def _title(fields: Fields, *, atom: bool) -> str:
    """The first title that is not empty. RSS does not say whether it is HTML; Atom does."""
    for element in (*fields["title"], *fields["media:title"]):
        text = _text(element)
        kind = element.get("type", "text")
        if kind not in ("text", "html", "plain", "text/plain", "text/html"):
            raise _UnusualError
        if text:
            is_html = "html" in kind or (not atom and _MARKUP.search(text) is not None)
            return plain(text) if is_html else text
    return ""


def _guid(item: Any, elements: list[Any], base: str) -> tuple[str | None, bool]:
    """The entry's id, and whether it may serve as its address."""
    if not elements:
        return item.get(f"{_RDF}about"), False
    text = _text(elements[-1]) or None
    permalink = elements[-1].get("isPermaLink", "true") == "true"
    if text and permalink and item.getroottree().getroot().get(_BASE):
        text = urljoin(base, text)
    return text, permalink


def _link(elements: list[Any], base: str) -> str | None:
    """The last link to a page: RSS writes the address as text, Atom as an attribute."""
    found = None
    for element in elements:
        href = _href(element)
        if href is None:
            found = _text(element).replace("&amp;", "&") or found
        elif element.get("rel", "alternate") == "alternate" and element.get("type", "html") in (
            "html",
            "text/html",
            "xhtml",
            "application/xhtml+xml",
        ):
            found = urljoin(base, href)
    return found


def _href(element: Any) -> str | None:
    href: str | None = element.get("url") or element.get("uri") or element.get("href")
    return href


def _first_alternate(elements: list[Any], base: str) -> str | None:
    for element in elements:
        if element.get("rel", "alternate") == "alternate":
            found = web_url(_href(element) or _text(element), base)
            if found is not None:
                return found
    return None


def _author(elements: list[Any]) -> tuple[str | None, str | None]:
    """Name and address of the last author."""
    if not elements:
        return None, None
    author = elements[-1]
    if not len(author):
        return person(_text(author)), None
    parts = {etree.QName(part).localname.lower(): _text(part) for part in author}
    return person(parts.get("name") or parts.get("email")), parts.get("uri") or parts.get("url")


def person(text: str | None) -> str | None:
    """The name in ``editor@example.org (Name)`` or ``Name (editor@example.org)``."""
    if not text:
        return None
    text = name = text[:LONGEST_NAME]
    if "@" in text:
        name = _EMAIL.sub("", text).replace("()", "").replace("<>", "").strip()
        name = name.removeprefix("(").removesuffix(")").strip() or text
    return plain(name) or None


def _date(written: str | None) -> datetime | None:
    found = dates.parse(written)
    if found is None and written:
        raise _UnusualError  # feedparser knows a few more ways to write a date
    return found


def _media(fields: Fields, base: str) -> Iterable[str]:
    enclosed = (link for link in fields["link"] if link.get("rel") == "enclosure")
    for element in (*fields["enclosure"], *enclosed, *fields["media:content"]):
        found = web_url(_href(element), base)
        if found is not None:
            yield found
    for element in fields["media:thumbnail"]:
        found = web_url(element.get("url") or _text(element), base)
        if found is not None:
            yield found


def _tags(fields: Fields) -> Iterable[str]:
    for element in fields["category"]:
        for name in (element.get("label") or element.get("term") or "", _text(element)):
            if name and (found := plain(name)):
                yield found
    for element in fields["keywords"]:
        yield from (word for part in _text(element).split(",") if (word := plain(part)))


def _metrics(fields: Fields) -> dict[str, int]:
    counted = {
        "views": next((e.get("views") for e in fields["media:statistics"][-1:]), None),
        "likes": next((e.get("count") for e in fields["media:starrating"][-1:]), None),
        "replies": _last(fields["replies"]),
    }
    return {key: int(value) for key, value in counted.items() if value and value.isdecimal()}

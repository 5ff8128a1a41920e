"""What an embedded post is, and what every platform's file has to offer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborNode

from monitor.model import Author, Parent, Post
from monitor.sources.dates import settled
from monitor.sources.markup import text_of
from monitor.sources.urls import web_url

NOBODY = Author()


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """A post found in a page. ``complete`` says that its own text was there."""

    platform: str
    external_id: str
    url: str
    text: str = ""
    author: Author = NOBODY
    published_at: datetime | None = None
    published_raw: str | None = None
    media: tuple[str, ...] = ()
    language_tag: str | None = None
    complete: bool = False

    def post(self, *, source: str, parent: Parent, now: datetime) -> Post:
        """The embed as a post of its own, found by feed ``source`` in ``parent``."""
        return Post(
            platform=self.platform,
            external_id=self.external_id,
            source=source,
            text=self.text,
            collected_at=now,
            url=self.url,
            author=self.author,
            published_at=settled(self.published_at, now),
            published_raw=self.published_raw,
            parents=(parent,),
            media=self.media,
            language_tag=self.language_tag,
            complete=self.complete,
        )


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform's posts look in other people's pages.

    ``reference`` turns the URL of a post (a link, an embed frame) into a bare reference, None for
    any other URL. ``selector`` finds the mark-up that the platform gives out for embedding;
    ``read`` turns such an element into the post, with ``language`` the page's for reading dates.
    """

    name: str
    reference: Callable[[str], Embed | None]
    selector: str
    read: Callable[[LexborNode, str | None], Embed | None]


# "— Name (@handle) date": how X and Bluesky sign. The dash is an em dash in the original; content
# systems turn it into others.
_SIGNATURE = re.compile(
    r"(?:^|\s)(?:—|–|―|--?|&mdash;)\s*(?P<name>[^\n]*?)\s*\(\s*(?P<handle>@[\w.-]+)\s*\)(?P<rest>[^()]*)$"
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A quotation taken apart: what it says, who signed it, and the date as written."""

    text: str
    name: str | None
    handle: str | None
    date: str | None


def signed(quote: LexborNode) -> Signed:
    """Take apart ``<p>text</p>&mdash; Name (@handle) <a>date</a>``.

    Also where a content system merged everything into one paragraph, or split the text into many.
    """
    paragraphs = [p for p in quote.css("p") if not _SIGNATURE.search(text_of(p))]
    outside = quote.clone()
    for paragraph in outside.css("p"):
        if not _SIGNATURE.search(text_of(paragraph)):
            paragraph.decompose()
    whole = text_of(quote)
    match = _SIGNATURE.search(text_of(outside)) if paragraphs else None
    if match is not None:
        text = "\n\n".join(filter(None, map(text_of, paragraphs)))
    else:
        match = _SIGNATURE.search(whole)
        text = whole[: match.start()].strip() if match else whole
    if match is None:
        return Signed("\n\n".join(map(text_of, paragraphs)) or text, None, None, None)
    date = match.group("rest").strip() or None
    return Signed(text, match.group("name") or None, match.group("handle"), date)


def attribute(node: LexborNode, *names: str) -> str | None:
    """The first of the attributes that is there and not empty."""
    for name in names:
        value = node.attributes.get(name)
        if value:
            return value
    return None


def links(node: LexborNode) -> list[tuple[str, LexborNode]]:
    """Every http(s) address linked below the node, with its element, in document order."""
    return [(url, a) for a in node.css("a[href]") if (url := web_url(a.attributes.get("href")))]

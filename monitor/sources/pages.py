"""Article pages: the article as a post, and every post embedded in it as a post of its own."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from monitor.errors import (
    AddressBlocked,
    BadRedirect,
    BadStatus,
    FetchError,
    RobotsDenied,
    TooLarge,
)
from monitor.model import Author, Parent, Post
from monitor.net.values import Response
from monitor.sources import dates, embeds
from monitor.sources.base import Context
from monitor.sources.charsets import decode
from monitor.sources.extraction import Extractor
from monitor.sources.markup import parse, raw_text, text_of
from monitor.sources.urls import canonical, web_url

ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
EXTRACTOR = Extractor()
_LD_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')


@dataclass(frozen=True, slots=True)
class Page:
    """What an article page held. ``embedded`` have the article as their parent."""

    article: Post
    embedded: tuple[Post, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    """What a page says about itself, before its text is looked at."""

    html: str
    url: str
    title: str | None
    language: str | None
    published_raw: str | None
    author: str | None
    description: str
    found: tuple[embeds.Embed, ...]
    warning: str | None


async def open_page(
    url: str, context: Context, *, source: str, extractor: Extractor = EXTRACTOR
) -> Page:
    """Fetch and read an article page, honouring robots.txt. Raises FetchError."""
    response = await context.client.get(url, accept=ACCEPT, robots=True)
    return await read_page(response, source=source, now=context.now, extractor=extractor)


async def read_page(
    response: Response, *, source: str, now: datetime, extractor: Extractor = EXTRACTOR
) -> Page:
    """The article and the embedded posts of a page that was fetched.

    The article is a ``web`` post known by its address. Where its text took too long to extract it
    has the page's own description instead and is not ``complete``.
    """
    if response.content_type and "htm" not in response.content_type:
        article = _article(_nothing(response.url), "", source, now)
        return Page(article, (), (f"{response.url}: {response.content_type}, not a page",))
    head = await asyncio.to_thread(_head, response)
    extracted = await extractor.extract(head.html, head.url)
    warnings = [f"{response.url}: {head.warning}"] if head.warning else []
    text = head.description
    if extracted is None:
        warnings.append(
            f"{response.url}: extracting the text took more than {extractor.cut_off_s:g} s and was"
            " cut off; embedded posts were still looked for"
        )
    else:
        text = extracted.text or text
        head = replace(
            head,
            title=head.title or extracted.title,
            author=head.author or extracted.author,
            published_raw=head.published_raw or extracted.date,
        )
    article = _article(head, text, source, now)
    if extracted is None or not extracted.text:
        article = replace(article, complete=False)
    parent = Parent(head.url, article.title)
    embedded = tuple(embed.post(source=source, parent=parent, now=now) for embed in head.found)
    return Page(article, embedded, tuple(warnings))


def _nothing(url: str) -> _Head:
    return _Head("", url, None, None, None, None, "", (), None)


def _article(head: _Head, text: str, source: str, now: datetime) -> Post:
    date = dates.parse(head.published_raw, head.language)
    settled = dates.settled(date, now)
    return Post(
        platform="web",
        external_id=canonical(head.url),
        source=source,
        text=text,
        title=head.title,
        collected_at=now,
        url=head.url,
        author=Author(head.author),
        published_at=settled,
        published_raw=head.published_raw if settled != date or date is None else None,
        language_tag=head.language,
        complete=bool(text),
    )


def _head(response: Response) -> _Head:
    decoded = decode(response.body, response.charset)
    tree = parse(decoded.text)
    language = _attribute(tree, "html[lang]", "lang")
    title = _first(_meta(tree, ["og:title", "twitter:title"])) or _text(tree, "h1, title")
    script = " ".join(map(raw_text, tree.css("script[type='application/ld+json']")))
    written = _LD_DATE.search(script)
    published = (
        _first(_meta(tree, ["article:published_time", "datePublished", "date", "pubdate"]))
        or (json.loads(f'"{written.group(1)}"') if written and "\\" not in written[1] else None)
        or _attribute(tree, "article time[datetime], time[datetime]", "datetime")
        or _text(tree, "article time, time")
    )
    return _Head(
        # Before the text is extracted the embedded posts are taken out of the tree.
        found=tuple(embeds.find(tree, language)),
        html=tree.html or "",
        url=web_url(_attribute(tree, "link[rel=canonical]", "href"), response.url) or response.url,
        title=title,
        language=language,
        published_raw=published,
        author=_first(_meta(tree, ["author", "article:author"]), url=False),
        description=_first(_meta(tree, ["og:description", "description"])) or "",
        warning=decoded.warning,
    )


def _meta(tree: LexborHTMLParser, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        for key in ("property", "name", "itemprop"):
            yield from (
                value
                for node in tree.css(f"meta[{key}='{name}']")
                if (value := (node.attributes.get("content") or "").strip())
            )


def _first(values: Iterable[str], *, url: bool = True) -> str | None:
    return next((v for v in values if url or not v.startswith(("http:", "https:"))), None)


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = tree.css_first(selector)
    return node.attributes.get(name) if node is not None else None


def _text(tree: LexborHTMLParser, selector: str) -> str | None:
    node = tree.css_first(selector)
    if node is None:
        return None
    if node.tag == "title":
        return " ".join((node.text() or "").split()) or None
    return " ".join(text_of(node).split()) or None


def is_final(error: FetchError) -> bool:
    """Whether opening the page again later would fail the same way."""
    if isinstance(error, BadStatus):
        return 400 <= error.status < 500 and error.status not in (408, 425, 429)
    return isinstance(error, TooLarge | AddressBlocked | BadRedirect | RobotsDenied)

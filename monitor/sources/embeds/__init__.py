"""Posts embedded in other people's pages, each as a post of its own.

A post can stand in a page as the platform's own quotation (with its text), as a frame or widget
(a bare id), lazy-loaded in a ``data-`` attribute, a ``<template>`` or ``<noscript>``, or as a plain
link. The same post found twice in a page is one :class:`Embed`, the one that holds its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.sources.embeds import bluesky, mastodon, meta, telegram, video, x
from monitor.sources.embeds.base import Embed, Platform
from monitor.sources.markup import parse, raw_text
from monitor.sources.urls import web_url

__all__ = ["PLATFORMS", "Embed", "Platform", "find", "possible", "reference"]

PLATFORMS: tuple[Platform, ...] = (
    x.PLATFORM,
    telegram.PLATFORM,
    bluesky.PLATFORM,
    meta.INSTAGRAM,
    meta.THREADS,
    meta.FACEBOOK,
    video.TIKTOK,
    video.YOUTUBE,
    mastodon.PLATFORM,  # last: it goes by the shape of the path, on any host
)
# Where frames, placeholders and content systems keep the address of what they show.
_ADDRESSES = (
    "src",
    "data-src",
    "data-lazy-src",
    "data-lazy",
    "data-original",
    "data-url",
    "data-href",
    "data-embed-url",
    "data-oembed-url",
    "data-iframe-src",
    "data-frame-src",
    "data-cookieblock-src",
    "data-cmp-src",
    "url",
    "data-link",
)
_FRAMES = "iframe, amp-iframe, embed, oembed, " + ", ".join(
    f"[{name}]" for name in _ADDRESSES if name not in ("src", "url")
)
# Attributes and elements in which lazy loaders keep whole mark-up.
_HELD_MARKUP = (
    "[srcdoc], [data-html], [data-embed-html], [data-content], [data-embed], [data-embed-code]"
)
_HOLDERS = "script[type='text/template'], script[type='text/html'], script[type='text/x-template']"
# A cheap first look: a page has hundreds of links, and nearly none leads to a post.
_MAYBE_A_POST = re.compile(
    r"twitter\.|tter\.net|[/.]x\.com|fixupx\.|fixvx\.|[/.]t\.me|telegram\.|bsky|instagr|threads\."
    r"|facebook\.|fb\.watch|tiktok\.|youtu|/\d{17,19}",
    re.IGNORECASE,
)
# Without one of these in its source, in lower case, a fragment of HTML holds no post.
# The last ones are characters that write a dot another way, as ``t&#46;me``.
_SIGNS = (
    *("tweet", "twitter", "tter.net", "x.com", "xup", "xvx", "telegram", "t.me", "bsky", "bluesky"),
    *("insta", "threads", "text-post", "facebook", "fb-", "fb.", "tiktok", "youtu", "mastodon"),
    *("&#46", "&#x2e", "&period", "%2e"),
)
_STATUS_NUMBER = re.compile(r"[0-9]{17}")  # Mastodon's, on servers of any name
_BARE_URL = re.compile(r"https?://[^\s<>\"'\u200b\u2000-\u206f]+")
# The content of a template is no part of the tree; its serialisation has it.
_TEMPLATE_TAG = re.compile(r"</?template[^>]*>")
# Bounds that pages made to be slow run into and no other.
DEEPEST = 200  # elements around an element that are looked at
MOST_QUOTATIONS = 1_000  # of one platform in one page
MOST_INSIDE = 10_000  # paragraphs and links in those; what is nested counts each time
_ASIDE = {"nav", "footer", "aside", "header"}


def possible(html: str) -> bool:
    """Whether a fragment can hold a post at all: a first look that costs next to nothing."""
    lower = html.lower()
    return any(sign in lower for sign in _SIGNS) or _STATUS_NUMBER.search(html) is not None


def find(tree: LexborHTMLParser, language: str | None = None) -> list[Embed]:
    """Every post embedded in the page or linked from it, in order of first appearance.

    The elements that hold embedded posts are taken out of ``tree``: what stays is the page's own.
    ``language`` is the page's, for the dates.
    """
    found: dict[tuple[str, str], Embed] = {}
    for embed in (*_quoted(tree, language), *_held(tree, language), *_framed(tree)):
        _keep(found, embed)
    for embed in _linked(tree):
        _keep(found, embed)
    return list(found.values())


def reference(url: str | None) -> Embed | None:
    """The post that a URL leads to, as a bare reference; None where it is no post's address."""
    if not url or not _MAYBE_A_POST.search(url):
        return None
    address = web_url(url, "https://relative.invalid/")
    if address is None:
        return None
    for platform in PLATFORMS:
        found = platform.reference(address)
        if found is not None:
            return found
    return None


def _keep(found: dict[tuple[str, str], Embed], embed: Embed) -> None:
    key = (embed.platform, embed.external_id)
    before = found.get(key)
    if before is None or (embed.complete and not before.complete):
        found[key] = embed


def _quoted(tree: LexborHTMLParser, language: str | None) -> Iterator[Embed]:
    for platform in PLATFORMS:
        taken: dict[int, LexborNode] = {}
        inside = 0
        for node in tree.css(platform.selector)[:MOST_QUOTATIONS]:
            # What stands inside a post that was taken is part of it, and goes with it.
            if any(above.mem_id in taken for above in _above(node)):
                continue
            inside += len(node.css("p, a"))
            if inside > MOST_INSIDE:
                break
            embed = platform.read(node, language)
            if embed is not None:
                yield embed
                taken[node.mem_id] = node
        for node in reversed(taken.values()):  # what stands inside goes first
            node.decompose()


def _held(tree: LexborHTMLParser, language: str | None) -> Iterator[Embed]:
    for markup in _held_markup(tree):
        if "<" in markup:
            inner = parse(markup)
            yield from _quoted(inner, language)
            yield from _framed(inner)


def _held_markup(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css(_HELD_MARKUP):
        yield from (
            v for k, v in node.attributes.items() if v and k.startswith(("data-", "srcdoc"))
        )
    for node in tree.css(_HOLDERS):
        yield raw_text(node)
    for node in tree.css("template"):
        yield _TEMPLATE_TAG.sub("", node.html or "")


def _framed(tree: LexborHTMLParser) -> Iterator[Embed]:
    taken: dict[int, LexborNode] = {}
    for node in tree.css(_FRAMES):
        if any(above.mem_id in taken for above in _above(node)):
            continue
        for name in _ADDRESSES:
            embed = _framed_address(node.attributes.get(name))
            if embed is not None:
                yield embed
                taken[node.mem_id] = node
                break
    for node in reversed(taken.values()):
        node.decompose()


def _framed_address(address: str | None) -> Embed | None:
    if not address or not address.startswith(("http", "//")):
        return None
    direct = reference(address)
    if direct is not None:
        return direct
    # Embed services (embedly, iframely, twitframe) carry the post's address as a parameter.
    try:
        fields = parse_qsl(urlsplit(address).query)
    except ValueError:
        return None
    inner = (value for _, value in fields if value.startswith(("http", "//")))
    return next((e for value in inner if (e := reference(value)) is not None), None)


def _linked(tree: LexborHTMLParser) -> Iterator[Embed]:
    for node in tree.css("a[href]"):
        embed = reference(node.attributes.get("href"))
        if embed is not None and not _beside_the_article(node):
            yield embed
    for node in tree.css("p, li, div, figure"):
        for text in node.iter(include_text=True):
            if text.tag == "-text" and "http" in (text.text_content or ""):
                for url in _BARE_URL.findall(text.text_content or ""):
                    embed = reference(url.rstrip(".,;:!?)»”'\""))
                    if embed is not None:
                        yield embed


def _beside_the_article(node: LexborNode) -> bool:
    """In a menu, footer or sidebar, where links are the site's own accounts and other stories."""
    return any(above.tag in _ASIDE for above in _above(node))


def _above(node: LexborNode) -> Iterator[LexborNode]:
    """The elements around a node, from the inside: all of them in a page that people wrote."""
    above = node.parent
    for _ in range(DEEPEST):
        if above is None:
            return
        yield above
        above = above.parent

"""X (Twitter) posts in pages: ``blockquote.twitter-tweet``, its AMP and frame forms, and links.

The mark-up is what publish.twitter.com and publish.x.com give out: the post's text in ``<p lang>``,
then ``— Name (@handle)`` and a link to the post around its date.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources import dates, ids
from monitor.sources.embeds.base import Embed, Platform, attribute, links, signed
from monitor.sources.urls import host_of

# The last five show X posts under another name so that chat programs preview them.
_HOSTS = re.compile(
    r"^(?:mobile\.|m\.)?(?:twitter\.com|x\.com|fxtwitter\.com|vxtwitter\.com|fixupx\.com|fixvx\.com"
    r"|nitter\.net)$"
)
_STATUS = re.compile(r"^/(?:#!/)?(?:i/(?:web/)?|(\w{1,15})/)?status(?:es)?/(\d{1,20})(?!\d)")
_PICTURE = re.compile(r"\bpic\.(?:twitter|x)\.com/\w+")


def reference(url: str) -> Embed | None:
    parts = urlsplit(url)
    host = host_of(url)
    if host in ("platform.twitter.com", "platform.x.com"):
        query = parse_qs(parts.query or parts.fragment.lstrip("?"))
        tweet = query.get("id", query.get("tweetId", [""]))[0]
        return _embed(tweet, None) if tweet.isdecimal() else None
    if not _HOSTS.match(host):
        return None
    path = parts.path if parts.path != "/" or not parts.fragment else f"/#{parts.fragment}"
    match = _STATUS.match(path)
    return _embed(match.group(2), match.group(1)) if match else None


def _embed(post_id: str, name: str | None) -> Embed:
    account = None if name in (None, "i") else name
    return Embed(
        platform="x",
        external_id=post_id,
        url=f"https://x.com/{account or 'i'}/status/{post_id}",
        author=_author(None, f"@{account}" if account else None),
        published_at=ids.x_time(post_id),
    )


def _author(name: str | None, handle: str | None) -> Author:
    return Author(name, handle, f"https://x.com/{handle.lstrip('@')}" if handle else None)


def read(node: LexborNode, language: str | None) -> Embed | None:
    tweet = attribute(node, "data-tweetid", "data-tweet-id")
    # The text may link to other posts; the post's own link comes last, around the date.
    own = next((e for href, _ in reversed(links(node)) if (e := reference(href))), None)
    if own is None and tweet and tweet.isdecimal():
        own = _embed(tweet, None)
    if own is None:
        return None
    if node.tag != "blockquote":
        quote = node.css_first("blockquote")
        if quote is None:
            return own
        node = quote
    parts = signed(node)
    paragraph = node.css_first("p[lang]")
    page_language = attribute(node, "data-lang", "lang") or language
    handle = parts.handle or own.author.handle
    return Embed(
        platform="x",
        external_id=own.external_id,
        url=_embed(own.external_id, handle.lstrip("@") if handle else None).url,
        text=parts.text if parts.handle or paragraph is not None else "",
        author=_author(parts.name, handle),
        published_at=ids.x_time(own.external_id) or dates.parse(parts.date, page_language),
        published_raw=parts.date,
        media=tuple(dict.fromkeys(_PICTURE.findall(parts.text))),
        language_tag=attribute(paragraph, "lang") if paragraph is not None else None,
        complete=bool(parts.text) and (parts.handle is not None or paragraph is not None),
    )


PLATFORM = Platform(
    name="x",
    reference=reference,
    selector="blockquote.twitter-tweet, blockquote.twitter-video,"
    " blockquote.twitter-tweet-rendered, amp-twitter, twitter-widget, [data-tweet-id]",
    read=read,
)

"""Instagram, Facebook and Threads posts in pages.

What their embed mark-up holds differs: Instagram's old captioned form and Facebook's
``fb-xfbml-parse-ignore`` quotation hold text, author and date; today's Instagram and Threads forms
hold the author's name at best, and are references.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from monitor.model import Author
from monitor.sources import dates, ids
from monitor.sources.embeds.base import Embed, Platform, attribute, links
from monitor.sources.markup import text_of
from monitor.sources.urls import host_of, web_url

_INSTAGRAM = re.compile(r"^/(?:([\w.]+)/)?(?:p|reel|reels|tv)/([\w-]{5,})")
_INSTAGRAM_BYLINE = re.compile(r"(?P<name>[^()]*?)\s*\(@(?P<handle>[\w.]+)\)")
# The words around the author's name, in the languages of the pages.
_SHARED_BY = re.compile(
    r"^.*?(?:shared by|partagée? par|تمت مشاركته بواسطة|تمت مشاركة منشور بواسطة"
    r"|compartid[ao] (?:de|por)|geteilter Beitrag)\s*",
    re.IGNORECASE | re.DOTALL,
)
_THREADS = re.compile(r"^/(?:@([\w.]+)/post|t)/([\w-]{5,})")
_FACEBOOK = (
    re.compile(
        r"^/(?:watch/live|groups/[^/]+/(?:permalink|posts)|reel|videos|share/[prv])/([\w-]+)"
    ),
    re.compile(r"^/([^/]+)/(?:posts|videos|photos)/(?:[^/]+/)*?(pfbid\w+|\d{6,})/?$"),
)
_FACEBOOK_HOSTS = {"facebook.com", "m.facebook.com", "web.facebook.com", "fr-fr.facebook.com"}


def instagram(url: str) -> Embed | None:
    if host_of(url) not in ("instagram.com", "instagr.am"):
        return None
    match = _INSTAGRAM.match(urlsplit(url).path)
    if match is None:
        return None
    user, code = match.groups()
    handle = f"@{user}" if user else None
    return Embed(
        platform="instagram",
        external_id=code,
        url=f"https://www.instagram.com/p/{code}/",
        author=_account("https://www.instagram.com/", None, handle),
        published_at=ids.instagram_time(code),
    )


def _account(base: str, name: str | None, handle: str | None) -> Author:
    return Author(name, handle, base + handle.lstrip("@") if handle else None)


def read_instagram(node: LexborNode, language: str | None) -> Embed | None:
    code = attribute(node, "data-shortcode")
    named = attribute(node, "data-instgrm-permalink", "cite")
    urls = [named] if named else [href for href, _ in links(node)]
    if code:
        urls.insert(0, f"https://www.instagram.com/p/{code}/")
    own = next((e for u in urls if (url := web_url(u)) and (e := instagram(url))), None)
    if own is None:
        return None
    paragraphs = [text_of(p) for p in node.css("p")]
    byline = next((i for i, t in enumerate(paragraphs) if _INSTAGRAM_BYLINE.search(t)), None)
    if byline is None:
        return own
    words = _INSTAGRAM_BYLINE.search(_SHARED_BY.sub("", paragraphs[byline]))
    handle = f"@{words.group('handle')}" if words else own.author.handle
    caption = "\n\n".join(filter(None, paragraphs[:byline]))
    time = node.css_first("time[datetime]")
    return Embed(
        platform="instagram",
        external_id=own.external_id,
        url=own.url,
        text=caption,
        author=_account(
            "https://www.instagram.com/", words.group("name") if words else None, handle
        ),
        published_at=own.published_at
        or (dates.parse(attribute(time, "datetime"), language) if time is not None else None),
        published_raw=text_of(time) or None if time is not None else None,
        complete=bool(caption),
    )


def threads(url: str) -> Embed | None:
    if host_of(url) not in ("threads.net", "threads.com"):
        return None
    match = _THREADS.match(urlsplit(url).path)
    if match is None:
        return None
    user, code = match.groups()
    handle = f"@{user}" if user else None
    post = f"@{user}/post/{code}" if user else f"t/{code}"
    return Embed(
        platform="threads",
        external_id=code,
        url=f"https://www.threads.net/{post}",
        author=_account("https://www.threads.net/@", None, handle),
        published_at=ids.instagram_time(code),
    )


def read_threads(node: LexborNode, language: str | None) -> Embed | None:  # noqa: ARG001
    named = attribute(node, "data-text-post-permalink", "cite")
    for href in (named, *(href for href, _ in links(node))):
        url = web_url(href)
        found = threads(url) if url else None
        if found is not None:
            return found
    return None


def facebook(url: str) -> Embed | None:
    parts = urlsplit(url)
    host = host_of(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if host == "fb.watch" and len(parts.path) > 2:
        code = parts.path.strip("/")
        return Embed(platform="facebook", external_id=code, url=f"https://fb.watch/{code}/")
    if host not in _FACEBOOK_HOSTS:
        return None
    if parts.path.startswith("/plugins/") or parts.path.endswith("/plugins/post.php"):
        inner = web_url(query.get("href"))
        return facebook(inner) if inner and "/plugins/" not in urlsplit(inner).path else None
    for name in ("story_fbid", "fbid", "v"):
        if query.get(name) and parts.path.strip("/") in (
            "permalink.php",
            "story.php",
            "photo.php",
            "photo",
            "watch",
            "video.php",
        ):
            return _facebook(query[name], url, None)
    by_number = _FACEBOOK[0].match(parts.path)
    if by_number:
        return _facebook(by_number.group(1), url, None)
    by_page = _FACEBOOK[1].match(parts.path)
    return _facebook(by_page.group(2), url, by_page.group(1)) if by_page else None


def _facebook(number: str, url: str, page: str | None) -> Embed:
    handle = None if page is None or page.isdigit() else f"@{page}"
    return Embed(
        platform="facebook",
        external_id=number,
        url=url,
        author=_account("https://www.facebook.com/", None, handle),
    )


def read_facebook(node: LexborNode, language: str | None) -> Embed | None:
    quote = node if node.tag == "blockquote" else node.css_first("blockquote")
    named = attribute(node, "data-href", "cite") or (attribute(quote, "cite") if quote else None)
    url = web_url(named, "https://www.facebook.com/")
    own = facebook(url) if url else None
    if own is None or quote is None:
        return own
    text = "\n\n".join(filter(None, (text_of(p) for p in quote.css("p"))))
    for paragraph in quote.css("p"):
        paragraph.decompose()
    signature = [a for _, a in links(quote)]
    name = text_of(signature[0]) if signature else None
    date = text_of(signature[-1]) if len(signature) > 1 else None
    return Embed(
        platform="facebook",
        external_id=own.external_id,
        url=own.url,
        text=text,
        author=Author(name or None, own.author.handle, own.author.url),
        published_at=dates.parse(date, language),
        published_raw=date,
        complete=bool(text),
    )


INSTAGRAM = Platform(
    name="instagram",
    reference=instagram,
    selector="blockquote.instagram-media, amp-instagram",
    read=read_instagram,
)
THREADS = Platform(
    name="threads",
    reference=threads,
    selector="blockquote.text-post-media",
    read=read_threads,
)
FACEBOOK = Platform(
    name="facebook",
    reference=facebook,
    selector=".fb-post, .fb-video, blockquote.fb-xfbml-parse-ignore, amp-facebook",
    read=read_facebook,
)

"""The web preview of a Telegram channel (``t.me/s/…``) into posts.

Class names are Telegram's own (``tgme_widget_message…``), in use since 2018. A page without its
frame (``tgme_channel_history``, the channel's header) is no preview, and a message that has neither
text nor anything else we know says so: changed mark-up must not look like silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from monitor.errors import PreviewUnavailable
from monitor.model import Author, Parent, Post
from monitor.net.values import Response
from monitor.sources import dates
from monitor.sources.charsets import decode
from monitor.sources.embeds import telegram
from monitor.sources.markup import parse, text_of
from monitor.sources.urls import web_url

_MESSAGE = ".tgme_widget_message"
_IMAGE = re.compile(r"url\(['\"]?(.*?)['\"]?\)")
_UNITS = {"": 1, "K": 1_000, "M": 1_000_000}


@dataclass(frozen=True, slots=True)
class Preview:
    """One page: its posts, and the numbers of all its messages, service messages too."""

    posts: tuple[Post, ...]
    numbers: tuple[int, ...]
    warnings: tuple[str, ...] = ()

    @property
    def oldest(self) -> int | None:
        return min(self.numbers, default=None)


def read(response: Response, *, channel: str, source: str, now: datetime) -> Preview:
    """The posts of a preview page. Raises PreviewUnavailable where the channel shows none."""
    tree = parse(decode(response.body, response.charset).text)
    frame = tree.css_first(".tgme_channel_history, .tgme_channel_info")
    messages = tree.css(f"{_MESSAGE}[data-post]")
    if frame is None and not messages:
        raise PreviewUnavailable(
            f"channel @{channel}: no public preview at {response.url}"
            " (private, a group, restricted, closed by its owner, or Telegram changed the page)"
        )
    counter = tree.css_first(".tgme_channel_history")
    if not messages and counter is not None and not tree.css(".tme_no_messages_found"):
        inside = [node for node in counter.iter() if node.tag == "div"]
        if inside:
            raise PreviewUnavailable(
                f"channel @{channel}: the preview at {response.url} has a form that is not known;"
                " Telegram may have changed the page"
            )
    posts: list[Post] = []
    numbers: list[int] = []
    warnings: list[str] = []
    for node in messages:
        name, _, number = (node.attributes.get("data-post") or "").partition("/")
        if not number.isdecimal():
            warnings.append(f"channel @{channel}: a message without a number was left out")
            continue
        numbers.append(int(number))
        if "service_message" not in (node.attributes.get("class") or ""):
            posts.append(_post(node, name, int(number), source, now))
    return Preview(tuple(posts), tuple(numbers), tuple(warnings))


def _post(node: LexborNode, channel: str, number: int, source: str, now: datetime) -> Post:
    forwarded = node.css_first(".tgme_widget_message_forwarded_from_name")
    origin = _address(forwarded) if forwarded is not None else None
    original = telegram.reference(origin) if origin else None
    reply = node.css_first("a.tgme_widget_message_reply")
    answered = telegram.reference(_address(reply) or "") if reply is not None else None
    footer = node.css_first("a.tgme_widget_message_date time[datetime]") or node.css_first(
        ".tgme_widget_message_meta time[datetime]"
    )
    written = footer.attributes.get("datetime") if footer is not None else None
    date = dates.settled(dates.parse(written), now)
    media = tuple(dict.fromkeys(_media(node)))
    text = _text(node)
    parents: tuple[Parent, ...] = ()
    if forwarded is not None and (original or origin):
        parents = (
            Parent(original.url if original else origin or "", text_of(forwarded), "telegram"),
        )
    return Post(
        platform="telegram",
        external_id=telegram.external_id(channel, number),
        source=source,
        text=text,
        collected_at=now,
        url=f"https://t.me/{channel}/{number}",
        author=Author(
            _inner(node, ".tgme_widget_message_owner_name"),
            f"@{channel}",
            f"https://t.me/{channel}",
        ),
        published_at=date,
        published_raw=written if date is None else None,
        # The preview marks an edit and keeps the time of publication, not of the edit.
        edited_at=now if "edited" in (_inner(node, ".tgme_widget_message_meta") or "") else None,
        parents=parents,
        media=media,
        repost_of=f"telegram:{original.external_id}" if original else None,
        reply_to=f"telegram:{answered.external_id}" if answered else None,
        metrics=_metrics(node),
        complete=bool(text or media),
    )


def _text(node: LexborNode) -> str:
    """The message's own text: not the answered message's, which is shown above it."""
    for text in node.css(".tgme_widget_message_text"):
        above = text.parent
        while above is not None and "tgme_widget_message_reply" not in _classes(above):
            above = above.parent
        if above is None:
            return text_of(text)
    question = _inner(node, ".tgme_widget_message_poll_question")
    options = [text_of(o) for o in node.css(".tgme_widget_message_poll_option_text")]
    return "\n".join(filter(None, [question, *options]))


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _inner(node: LexborNode, selector: str) -> str | None:
    found = node.css_first(selector)
    return text_of(found) or None if found is not None else None


def _address(node: LexborNode) -> str | None:
    own = web_url(node.attributes.get("href"))
    # On a server of one's own the links still mean Telegram's posts.
    return f"https://t.me{urlsplit(own).path}" if own else None


_KINDS = (
    ("photo", ".tgme_widget_message_photo_wrap"),
    ("video", ".tgme_widget_message_video_player"),
    ("round video", ".tgme_widget_message_roundvideo_player"),
    ("voice message", ".tgme_widget_message_voice_player"),
    ("document", ".tgme_widget_message_document_wrap"),
    ("sticker", ".tgme_widget_message_sticker_wrap"),
    ("location", ".tgme_widget_message_location_wrap"),
    ("poll", ".tgme_widget_message_poll"),
    ("media too big for the preview", ".message_media_not_supported"),
)


def _media(node: LexborNode) -> Iterable[str]:
    """URLs where the page has them, else what kind of media it is and its description."""
    for kind, selector in _KINDS:
        for item in node.css(selector):
            image = _IMAGE.search(item.attributes.get("style") or "")
            video = item.css_first("video[src], audio[src]")
            thumb = item.css_first("[style*='background-image']")
            if video is None and image is None and thumb is not None:
                image = _IMAGE.search(thumb.attributes.get("style") or "")
            address = video.attributes.get("src") if video is not None else None
            url = web_url(address or (image.group(1) if image else None))
            title = _inner(item, ".tgme_widget_message_document_title")
            extra = _inner(item, ".tgme_widget_message_document_extra")
            details = [title, extra, _inner(item, "time")]
            described = " ".join(filter(None, details))
            if url is not None and kind not in ("document", "location"):
                yield url
            else:
                yield f"{kind}: {described}" if described else kind
    preview = node.css_first("a.tgme_widget_message_link_preview[href]")
    if preview is not None:
        target = web_url(preview.attributes.get("href"))
        if target is not None:
            yield target


def _metrics(node: LexborNode) -> dict[str, int]:
    shown = _inner(node, ".tgme_widget_message_views") or ""
    match = re.fullmatch(r"([\d.]+)([KM]?)", shown)
    if match is None:
        return {}
    return {"views": round(float(match.group(1)) * _UNITS[match.group(2)])}

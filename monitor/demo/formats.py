"""The demo's posts in the formats the platforms really serve: bytes a monitor meets in the wild.

Each function takes what stands in ``fixtures/posts.yaml``, already cut down to what is published
at the moment, and returns a document. Formats: RSS 2.0 (rssboard.org), RFC 4287 (Atom), X's embed
mark-up (publish.twitter.com), ``t.me/s`` previews, Mastodon's ``/api/v1`` entities, and the Bluesky
lexicon ``app.bsky.feed.getAuthorFeed``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

Item = Mapping[str, Any]


def rss(feed: Item, entries: Sequence[Item], base: str) -> bytes:
    items = "".join(
        f"<item><title>{escape(e['title'])}</title>"
        f"<link>{base}/articles/{e['id']}</link>"
        f'<guid isPermaLink="true">{base}/articles/{e["id"]}</guid>'
        f"<pubDate>{format_datetime(e['at'])}</pubDate>"
        f"<dc:creator>{escape(e['author'])}</dc:creator>"
        f"<description>{escape(e['paragraphs'][0])}</description></item>"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(feed['title'])}</title><link>{base}/</link>"
        f"<description>Actualités</description><language>fr</language>{items}</channel></rss>"
    ).encode()


def article(feed: Item, entry: Item, embeds: Mapping[str, Item]) -> bytes:
    """The page of one entry, with the embedded post between its paragraphs."""
    first, *rest = (f"<p>{escape(text)}</p>" for text in entry["paragraphs"])
    embed = embeds.get(entry.get("embeds", ""))
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">'
        f"<title>{escape(entry['title'])} - {escape(feed['title'])}</title>"
        f'<meta property="og:title" content="{escape(entry["title"])}">'
        f'<meta property="article:published_time" content="{entry["at"].isoformat()}">'
        "</head><body><nav><a href='/'>Accueil</a></nav>"
        f"<article><h1>{escape(entry['title'])}</h1>{first}"
        f"{tweet(embed) if embed else ''}{''.join(rest)}</article>"
        "<footer>Tous droits réservés</footer></body></html>"
    ).encode()


def tweet(post: Item) -> str:
    """X's own embed code, as its publishing tool hands it out."""
    text, _, media = post["text"].rpartition(" pic.twitter.com/")
    return (
        '<blockquote class="twitter-tweet">'
        f'<p lang="{post["lang"]}" dir="rtl">{_hashtags(text)} '
        f'<a href="https://t.co/{media}">pic.twitter.com/{media}</a></p>'
        f"&mdash; {escape(post['name'])} (@{post['handle']}) "
        f'<a href="https://twitter.com/{post["handle"]}/status/{post["id"]}?ref_src=twsrc%5Etfw">'
        f"{post['date']}</a></blockquote>"
        '<script async src="https://platform.twitter.com/widgets.js" charset="utf-8"></script>'
    )


def _hashtags(text: str) -> str:
    """``text`` escaped, with each hashtag linked as X links it."""
    link = r'<a href="https://twitter.com/hashtag/\1?src=hash&amp;ref_src=twsrc%5Etfw">#\1</a>'
    return re.sub(r"(?<!&)#(\w+)", link, escape(text))


def atom(feed: Item, entries: Sequence[Item], embeds: Mapping[str, Item], base: str) -> bytes:
    def content(entry: Item) -> str:
        body = f"<p>{escape(entry['summary'])}</p>"
        if name := entry.get("embeds"):
            body += tweet(embeds[name])
        return escape(body)

    items = "".join(
        f"<entry><id>tag:desk.example,2024:{e['id']}</id><title>{escape(e['title'])}</title>"
        f'<link rel="alternate" href="{base}/desk/{e["id"]}"/>'
        f"<published>{e['at'].isoformat()}</published><updated>{e['at'].isoformat()}</updated>"
        f'<content type="html">{content(e)}</content></entry>'
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xml:lang="en"><id>tag:desk.example,2024:feed</id><title>{escape(feed["title"])}</title>'
        f'<link rel="self" href="{base}/desk.atom"/><author><name>{escape(feed["title"])}</name>'
        f"</author><updated>{_newest(entries)}</updated>{items}</feed>"
    ).encode()


def _newest(entries: Sequence[Item]) -> str:
    return str(max(entry["at"] for entry in entries).isoformat())


def telegram(feed: Item, posts: Sequence[Item]) -> bytes:
    """The preview page ``t.me/s/<channel>``: oldest message first."""
    channel, title = feed["channel"], escape(feed["title"])
    messages = "".join(
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message text_not_supported_wrap js-widget_message" '
        f'data-post="{channel}/{p["id"]}">'
        '<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author">'
        f'<a class="tgme_widget_message_owner_name" href="https://t.me/{channel}">'
        f'<span dir="auto">{title}</span></a></div>'
        '<div class="tgme_widget_message_text js-message_text" dir="auto">'
        f"{escape(p['text'])}</div>"
        '<div class="tgme_widget_message_footer compact js-message_footer">'
        '<div class="tgme_widget_message_info short js-message_info">'
        f'<span class="tgme_widget_message_views">{p["views"]}</span>'
        '<span class="tgme_widget_message_meta">'
        f"{'edited &nbsp;' if p.get('is_edited') else ''}"
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{p["id"]}">'
        f'<time datetime="{p["at"].isoformat()}" class="time">{p["at"]:%H:%M}</time></a>'
        "</span></div></div></div></div></div>"
        for p in sorted(posts, key=lambda post: int(post["id"]))
    )
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{title} – Telegram</title>"
        f'<meta property="og:title" content="{title}"></head><body class="widget_frame_base">'
        '<div class="tgme_channel_info"><div class="tgme_channel_info_header">'
        f'<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div>'
        f'<div class="tgme_channel_info_header_username"><a href="https://t.me/{channel}">'
        f"@{channel}</a></div></div></div>"
        f'<section class="tgme_channel_history js-message_history">{messages}</section>'
        "</body></html>"
    ).encode()


def mastodon_account(feed: Item, base: str) -> dict[str, Any]:
    name = feed["account"]
    return {
        "id": "109000000000000042",
        "username": name,
        "acct": name,
        "display_name": feed["name"],
        "url": f"{base}/@{name}",
        "bot": False,
        "locked": False,
    }


def mastodon_statuses(feed: Item, statuses: Sequence[Item], base: str) -> bytes:
    account = mastodon_account(feed, base)
    return json.dumps(
        [
            {
                "id": s["id"],
                "created_at": _z(s["at"]),
                "edited_at": None,
                "in_reply_to_id": None,
                "in_reply_to_account_id": None,
                "sensitive": False,
                "spoiler_text": "",
                "visibility": "public",
                "language": s["language"],
                "uri": f"{base}/users/{feed['account']}/statuses/{s['id']}",
                "url": f"{base}/@{feed['account']}/{s['id']}",
                "replies_count": 0,
                "reblogs_count": 0,
                "favourites_count": 0,
                "content": f"<p>{escape(s['text'])}</p>",
                "reblog": None,
                "account": account,
                "media_attachments": [],
                "mentions": [],
                "tags": [],
                "emojis": [],
                "card": None,
                "poll": None,
            }
            for s in statuses
        ]
    ).encode()


def bluesky(feed: Item, posts: Sequence[Item]) -> bytes:
    did = "did:plc:7clairemassondemo00000x"
    author = {"did": did, "handle": feed["handle"], "displayName": feed["name"]}
    views = [
        {
            "post": {
                "uri": f"at://{did}/app.bsky.feed.post/{p['id']}",
                "cid": f"bafyreidemo{p['id']}",
                "author": author,
                "record": {
                    "$type": "app.bsky.feed.post",
                    "createdAt": _z(p["at"]),
                    "langs": p["langs"],
                    "text": p["text"],
                },
                "replyCount": 0,
                "repostCount": 0,
                "likeCount": 0,
                "quoteCount": 0,
                "indexedAt": _z(p["at"]),
                "labels": [],
            }
        }
        for p in posts
    ]
    return json.dumps({"feed": views}).encode()


def _z(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

"""The words of the program. Every room speaks in these and nothing else.

All are immutable values. Every ``datetime`` carries a zone and is in UTC. Character offsets count
Unicode code points of ``Post.text`` (Python string indices), end exclusive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

LinkStatus = Literal["confirmed", "suggested", "accepted", "rejected"]
Verdict = Literal["accept", "reject", "assign", "none"]
#: Probabilities from which a link is suggested and confirmed. Of all links from 0.7 on about nine
#: in ten are right, measured on events not fitted on (benchmarks/README.md).
SUGGEST, CONFIRM = 0.5, 0.7


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post, as the platform shows it: ``name`` for people, ``handle`` to find them."""

    name: str | None = None
    handle: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """The page or post in which a post was found embedded, quoted or forwarded."""

    url: str
    title: str | None = None
    platform: str = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing somebody published, as it was found.

    ``id`` is ours and stable: ``platform:external_id``. The same post found in ten articles is one
    ``Post`` with ten ``parents``.
    """

    platform: str  # x, telegram, mastodon, bluesky, web, youtube, reddit, instagram, file, …
    external_id: str  # the platform's own id, unique within the platform
    source: str  # name of the feed that found it
    text: str  # plain text in logical order, line breaks kept; "" for a bare reference
    collected_at: datetime
    title: str | None = None  # headline of an article or entry; part of what the post says
    url: str | None = None
    author: Author = Author()
    published_at: datetime | None = None  # never after collected_at: future dates are clamped
    published_raw: str | None = None  # the date as it was written, where it had to be interpreted
    edited_at: datetime | None = None
    parents: tuple[Parent, ...] = ()
    media: tuple[str, ...] = ()  # URLs, or the platform's short form, or "photo: description"
    tags: tuple[str, ...] = ()  # categories or hashtags as the source lists them beside the text
    language_tag: str | None = None  # what the platform claims; evidence, not truth
    repost_of: str | None = None  # id of the original post
    reply_to: str | None = None  # id of the post answered
    quotes: str | None = None  # id of the post quoted
    content_warning: str | None = None
    metrics: Mapping[str, int] = field(default_factory=dict)  # views, replies, likes where shown
    complete: bool = True  # False: a reference only, the page did not hold the post's own text

    @property
    def id(self) -> str:
        return f"{self.platform}:{self.external_id}"

    @property
    def full_text(self) -> str:
        """Title and text as one, without saying the title twice."""
        if not self.title or self.text.startswith(self.title):
            return self.text
        return f"{self.title}\n{self.text}" if self.text else self.title

    @property
    def at(self) -> datetime:
        """When it was published, or, where that is not known, found."""
        return self.published_at or self.collected_at


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch ``[start, end)`` of the text in one language."""

    start: int
    end: int
    code: str


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a text.

    ``code`` is ISO 639-1 where there is one: ``ar``, ``fr``, ``en``, any other (``fa``, ``de``), or
    ``und`` where the text holds no language (emoji, links, numbers, a lone name). Romanised Arabic
    (Arabizi) is ``ar-Latn``. ``confidence`` is calibrated: of texts given 0.9, nine in ten are
    right.
    """

    code: str
    confidence: float
    spans: tuple[Span, ...] = ()

    @property
    def base(self) -> str:
        """The language without its script: ``ar`` for ``ar-Latn``."""
        return self.code.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Translation:
    """A machine translation. The original is always shown beside it.

    ``warnings`` are short sentences, each naming one thing that was checked and looks wrong.
    ``trust`` in 0…1 is what the safety checks leave of it; the linker weighs by it.
    """

    text: str
    source: str  # language translated from
    language: str  # language translated to
    engine: str
    model: str
    warnings: tuple[str, ...] = ()
    trust: float = 1.0
    draft: bool = False  # made by the small embedded model

    @property
    def doubtful(self) -> bool:
        """A draft that is more likely wrong than right: kept, but shown only to who asks for it."""
        return self.draft and self.trust < 0.4


@dataclass(frozen=True, slots=True)
class Place:
    """A town, region or country that a text mentions."""

    mention: str  # as written
    start: int
    end: int
    name: str  # English name
    country: str  # ISO 3166-1 alpha-2
    lat: float  # degrees north, WGS 84
    lon: float  # degrees east
    geonameid: int  # GeoNames id; a country has its own
    kind: Literal["town", "region", "country"] = "town"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A known event, as a person or an import described it. Only ``id`` and ``title`` are needed.

    ``started_at`` and ``ended_at`` are instants; a day given without a time means the whole day:
    its first instant for the start, its last for the end (``day_precision`` is then True).
    """

    id: str
    title: str
    summary: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)  # language code → title
    started_at: datetime | None = None
    ended_at: datetime | None = None
    day_precision: bool = True
    places: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against a link. ``weight`` is in log-odds: positive speaks for it."""

    kind: str  # meaning, words, place, actor, number, time, parent, …
    weight: float
    detail: str


@dataclass(frozen=True, slots=True)
class Link:
    """Post *is about* event, with a calibrated probability and why."""

    post_id: str
    event_id: str
    title: str
    probability: float
    status: LinkStatus
    evidence: tuple[Evidence, ...]
    explanation: str  # one sentence a person would say

    @property
    def id(self) -> str:
        """Ten hexadecimal digits, short enough to type: what ``monitor review accept`` takes."""
        return link_id(self.post_id, self.event_id)


def link_id(post_id: str, event_id: str) -> str:
    """The id of the link between a post and an event; the same on every machine."""
    return hashlib.sha256(f"{post_id}\0{event_id}".encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a link. Kept append-only; the latest counts.

    ``assign`` says the post is about ``event_id``; ``none`` says it is about no known event (and
    ``event_id`` is None).
    """

    post_id: str
    event_id: str | None
    verdict: Verdict
    who: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Near-duplicates of a post: ``of`` is the id of the first one seen, ``count`` how many others
    repeat this one, ``sources`` from how many independent feeds."""

    of: str | None = None
    count: int = 0
    sources: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the monitor found out about one version of a post."""

    language: Language
    translation: Translation | None = None
    places: tuple[Place, ...] = ()
    links: tuple[Link, ...] = ()
    warnings: tuple[str, ...] = ()  # about the post as a whole: why there is no translation, …
    followed: bool = True  # its language is one the config follows
    duplicate_of: str | None = None  # id of the first near-duplicate seen
    translate_after: datetime | None = None  # a translation is owed, not to be tried earlier


@dataclass(frozen=True, slots=True)
class LinkedPost:
    """What people see: the post, what was found out, and who repeats it."""

    post: Post
    analysis: Analysis
    duplicates: Duplicates = Duplicates()
    versions: int = 1  # how many texts this post has had
    deleted_at: datetime | None = None
    seq: int = 0  # grows with every change in one store; what `watch` and `--follow` go by


@dataclass(frozen=True, slots=True)
class Feed:
    """One entry of ``feeds`` in ``config.yaml``, checked. ``options`` are its source kind's own."""

    name: str
    kind: str
    options: Any = None  # an instance of the kind's Options model


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the store remembers of a feed between polls; saved together with the posts found."""

    feed: str
    next_at: datetime | None = None  # None: due at once
    etag: str | None = None  # as received, byte for byte (latin-1)
    last_modified: str | None = None
    cursor: Mapping[str, Any] = field(default_factory=dict)  # the source kind's own, JSON values
    failures: int = 0  # in a row
    last_ok_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    moved_to: str | None = None  # after a permanent redirect
    stopped: str | None = None  # why it is not asked any more (410)
    newest_at: datetime | None = None  # publication time of the newest post seen
    interval_s: float | None = None  # seconds between posts, a running mean
    not_modified: int = 0  # 304 answers in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which linked posts somebody wants to see. Empty means no restriction."""

    languages: tuple[str, ...] = ()
    events: tuple[str, ...] = ()  # event ids
    statuses: tuple[LinkStatus, ...] = ()
    sources: tuple[str, ...] = ()  # feed names
    min_probability: float = 0.0
    search: str = ""  # words, matched on the normalised original and the translation
    since: datetime | None = None  # by Post.at
    until: datetime | None = None
    linked: bool | None = None  # True: only with links, False: only without
    others: bool = False  # also posts in languages that are not followed

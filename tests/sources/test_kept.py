"""What polls find, as it is kept: once, with its parents, versions and repeats; failures, too."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.cli.sources import _check_one
from monitor.cli.status import _said
from monitor.config import PollRate
from monitor.model import Feed, FeedState, LinkedPost
from monitor.net import Client
from monitor.pipeline import WRITERS, Polled, poll_feed
from monitor.sources import kinds
from monitor.store import SqliteStore
from monitor.store.base import FeedFigures
from monitor.text.near import NearDuplicates
from tests.builders import an_analysis
from tests.net.server import OPEN, Request, Server, reply
from tests.sources.support import NOW
from tests.sources.test_embeds import TEXT, TWEET
from tests.sources.test_telegram import message, page

Site = dict[str, str]


def polled(store: SqliteStore, site: Site, now: datetime = NOW, **feeds: Any) -> dict[str, Polled]:
    """Ask each feed once, one after the other. A feed is its kind and options."""

    async def all_of_them() -> dict[str, Polled]:
        async with (
            Server(lambda request: reply(site.get(request.path, "").encode())) as server,
            Client(replace(OPEN, spacing_s=0.0)) as client,
        ):
            return {
                name: await poll_feed(
                    feed_of(name, kind, options, server.url("")),
                    store,
                    client,
                    PollRate(),
                    now,
                    random.Random(0),
                    asyncio.Semaphore(WRITERS),
                )
                for name, (kind, options) in feeds.items()
            }

    return asyncio.run(all_of_them())


def feed_of(name: str, kind: str, options: dict[str, Any], base: str = "") -> Feed:
    filled = {k: v.replace("{base}", base) for k, v in options.items()}
    return Feed(name, kind, kinds()[kind].options(**filled))


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>c</title>{"".join(items)}</channel></rss>'


def item(number: int, title: str, body: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>http://a.example/{number}</link>"
        f"<description><![CDATA[{body}]]></description></item>"
    )


def analysed(store: SqliteStore) -> list[LinkedPost]:
    """What is kept once every post was looked at for repeats, the one place that is done here."""
    near = NearDuplicates()
    found = [
        (waiting, an_analysis(duplicate_of=near.add(post.id, post.full_text, post.at)))
        for waiting in store.pending(100, NOW)
        for post in [waiting.post]
    ]
    store.save_analyses(found)
    return list(store.linked())


def test_a_post_embedded_in_ten_articles_of_two_feeds_is_one_post_with_ten_parents(
    store: SqliteStore,
) -> None:
    articles = [item(n, f"Article {n}", f"<p>Texte</p>{TWEET}") for n in range(10)]
    site = {"/a": rss(*articles[:6]), "/b": rss(*articles[6:])}
    polled(store, site, a=("feed", {"url": "{base}/a"}), b=("feed", {"url": "{base}/b"}))
    (tweet,) = [p.post for p in store.pending(100, NOW) if p.post.platform == "x"]
    assert (tweet.text, tweet.source) == (TEXT, "a")
    assert {parent.url for parent in tweet.parents} == {f"http://a.example/{n}" for n in range(10)}


def test_the_same_text_in_other_feeds_is_grouped_with_a_count_of_independent_sources(
    store: SqliteStore,
) -> None:
    text = "Trois soldats tués dans une attaque de drone contre une base en Jordanie"
    site = {
        "/a": rss(item(1, text), item(2, f"URGENT | {text} #Jordanie")),
        "/b": rss(item(3, "Trois soldats tués dans une attaque de drone contre une base…")),
        "/c": rss(item(4, text.replace("soldats", "soladts")), item(5, "Tempête en Bretagne")),
    }
    feeds: dict[str, Any] = {name[1:]: ("feed", {"url": f"{{base}}{name}"}) for name in site}
    polled(store, site, **feeds)
    first, *others = sorted(analysed(store), key=lambda found: -found.duplicates.count)
    assert (first.duplicates.count, first.duplicates.sources) == (3, 3)
    assert {o.duplicates.of for o in others} == {first.post.id, None}
    assert [o.post.title for o in others if o.duplicates.of is None] == ["Tempête en Bretagne"]


def test_an_edited_message_is_no_new_one_and_keeps_the_earlier_text(store: SqliteStore) -> None:
    channel = ("telegram", {"channel": "almayadeen", "base_url": "{base}"})
    address = "/s/almayadeen"
    polled(store, {address: page(message(7, text="Cinq morts"))}, c=channel)
    edited = page(message(7, text="Six morts", meta="edited "))
    again = polled(store, {address: edited}, NOW + timedelta(hours=1), c=channel)["c"].recorded
    assert (again.new, again.edited, again.seen) == (0, 1, 0)
    assert [p.text for p in store.versions("telegram:almayadeen/7")] == ["Cinq morts", "Six morts"]


def test_a_deleted_message_is_kept_and_marked(store: SqliteStore) -> None:
    channel = ("telegram", {"channel": "almayadeen", "base_url": "{base}"})
    polled(store, {"/s/almayadeen": page(*map(message, (6, 7, 8)))}, c=channel)
    later = polled(store, {"/s/almayadeen": page(*map(message, (6, 8)))}, c=channel)
    assert later["c"].recorded.deleted == 1
    deleted = {item.post.external_id for item in analysed(store) if item.deleted_at}
    assert deleted == {"almayadeen/7"}


# ── a failed feed is never lost silently ──


async def _answer(request: Request) -> bytes | None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>'
    answers = {
        "/gone": reply(status=410),
        "/missing": reply(status=404),
        "/broken": reply(status=500),
        "/busy": reply(b"", ("Retry-After", "120"), status=429),
        "/cut": None,
        "/circle": reply(b"", ("Location", "/circle"), status=302),
        "/large": reply(b"x" * 5000),
        "/bomb": reply(bomb.encode()),
        "/garbage": reply(bytes(range(256)) * 4),
        "/page": reply(b"<!DOCTYPE html><html><body>Bonjour</body></html>"),
        "/deep": reply(b"[" * 3000),
        "/s/almayadeen": reply(b"<html><body>Telegram: Contact</body></html>"),
        "/robots.txt": reply(b"User-agent: *\nDisallow: /closed"),
        "/api/v1/timelines/public?limit=40": reply(b"{}", status=422),
        "/xrpc/app.bsky.feed.getAuthorFeed?actor=a.example&filter=posts_with_replies&limit=50": (
            reply(b"{}", status=400)
        ),
    }
    if request.path == "/silent":
        await asyncio.Event().wait()
    return answers[request.path]


FAILURES = {
    "gone": ("feed", {"url": "{base}/gone"}, "BadStatus", "HTTP 410"),
    "missing": ("feed", {"url": "{base}/missing"}, "BadStatus", "HTTP 404"),
    "broken": ("feed", {"url": "{base}/broken"}, "BadStatus", "HTTP 500"),
    "busy": ("feed", {"url": "{base}/busy"}, "BadStatus", "HTTP 429"),
    "cut": ("feed", {"url": "{base}/cut"}, "Unreachable", "not valid HTTP"),
    "refused": ("feed", {"url": "http://127.0.0.1:9/"}, "Unreachable", "no connection"),
    "inside": ("feed", {"url": "http://10.0.0.1/"}, "AddressBlocked", "not a public address"),
    "silent": ("feed", {"url": "{base}/silent"}, "TimedOut", "no data"),
    "circle": ("feed", {"url": "{base}/circle"}, "BadRedirect", "in a circle"),
    "large": ("feed", {"url": "{base}/large"}, "TooLarge", "larger than"),
    "bomb": ("feed", {"url": "{base}/bomb"}, "ParseError", "refused"),
    "garbage": ("feed", {"url": "{base}/garbage"}, "ParseError", "not a feed"),
    "page": ("feed", {"url": "{base}/page"}, "ParseError", "names no feed"),
    "deep": ("feed", {"url": "{base}/deep"}, "ParseError", "nested too deep"),
    "closed": ("article", {"url": "{base}/closed"}, "RobotsDenied", "asks robots not"),
    "file": ("file", {"path": "/no/such/file.jsonl"}, "InputError", "/no/such/file.jsonl"),
    "channel": (
        "telegram",
        {"channel": "almayadeen", "base_url": "{base}"},
        "PreviewUnavailable",
        "no public preview",
    ),
    "instance": (
        "mastodon",
        {"server": "{base}", "timeline": "true"},
        "PreviewUnavailable",
        "without an account",
    ),
    "account": (
        "bluesky",
        {"actor": "a.example", "base_url": "{base}"},
        "PreviewUnavailable",
        "logged-in people only",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_told_by_status_and_by_check(store: SqliteStore, name: str) -> None:
    kind, options, error, said = FAILURES[name]
    limits = replace(OPEN, read_s=0.1 if name == "silent" else 20.0, max_bytes=4000)
    unasked: Any = None  # the detector: there is no text

    async def both() -> Any:
        async with Server(_answer) as server, Client(limits) as client:
            feed = feed_of("one", kind, options, server.url(""))
            rng, writers = random.Random(0), asyncio.Semaphore(WRITERS)
            failed = await poll_feed(feed, store, client, PollRate(), NOW, rng, writers)
        async with Server(_answer) as server, Client(limits) as client:
            feed = feed_of("one", kind, options, server.url(""))
            return failed, await _check_one(feed, FeedState("one"), client, unasked)

    failed, row = asyncio.run(both())
    (state,) = store.feed_states(["one"])
    assert state.failures == 1
    assert state.next_at is not None
    assert state.next_at > NOW
    assert said in _said(state, FeedFigures(), NOW)
    assert ("STOPPED" in _said(state, FeedFigures(), NOW)) == (name == "gone")
    assert type(failed.error).__name__ == row.status == error
    assert said in row.error


def test_a_bug_of_ours_is_told_by_check_and_stops_no_other_feed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("monitor.sources.poll", broken)
    feed = feed_of("one", "feed", {"url": "http://a.example/"})

    async def check() -> Any:
        async with Client(OPEN) as client:
            unasked: Any = None
            return await _check_one(feed, FeedState("one"), client, unasked)

    row = asyncio.run(check())
    assert row.status == "failed"
    assert "a bug in us" in row.error
    assert "nobody thought of this" in row.error


def test_a_feed_that_works_again_is_well_again(store: SqliteStore) -> None:
    feed = ("feed", {"url": "{base}/feed"})
    assert polled(store, {"/feed": "nonsense"}, f=feed)["f"].error is not None
    later = NOW + timedelta(days=1)
    assert polled(store, {"/feed": rss(item(1, "t"))}, later, f=feed)["f"].recorded.new == 1
    (state,) = store.feed_states(["f"])
    assert _said(state, FeedFigures(), later).startswith("well")
    assert state.last_ok_at == later.astimezone(UTC)

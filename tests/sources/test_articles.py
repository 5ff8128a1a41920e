"""Article pages: opened once, read within limits, and never mixed with what is embedded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from monitor.model import FeedState
from monitor.net.values import Headers, Response
from monitor.sources import extraction, pages
from monitor.sources.child import Child
from monitor.sources.extraction import Extractor
from tests.sources.support import NOW, World, one
from tests.sources.test_embeds import ARTICLE, TEXT

FEED = """<rss version="2.0"><channel><title>c</title>
<item><title>Un</title><link>{base}/a1</link><description>Résumé un</description></item>
<item><title>Deux</title><link>{base}/a2</link><description>Résumé deux</description></item>
</channel></rss>"""


def test_articles_true_opens_each_entry_for_its_text_and_its_posts() -> None:
    world = World({"/feed": FEED, "/a1": ARTICLE, "/a2": ARTICLE.replace("417870", "417871")})
    poll = world.poll("feed", url="{base}/feed", articles=True)
    articles = [post for post in poll.posts if post.platform == "web"]
    assert [(a.title, "ont mené vendredi" in a.text) for a in articles] == [
        ("Un", True),
        ("Deux", True),
    ]
    tweets = [post for post in poll.posts if post.platform == "x"]
    assert {tweet.text for tweet in tweets} == {TEXT}
    assert [url.rpartition("/")[2] for url in poll.pages] == ["a1", "a2"]


def test_a_page_opened_before_is_not_opened_or_reported_again() -> None:
    world = World({"/feed": FEED, "/a2": ARTICLE})
    poll = world.poll(
        "feed",
        unseen=lambda urls: [u for u in urls if u.endswith("a2")],
        url="{base}/feed",
        articles=True,
    )
    assert [post.title for post in poll.posts if post.platform == "web"] == ["Deux"]
    assert "/a1" not in world.requests


def test_a_page_that_fails_is_a_warning_and_the_poll_goes_on() -> None:
    world = World({"/feed": FEED, "/a1": (503, ""), "/a2": ARTICLE})
    poll = world.poll("feed", url="{base}/feed", articles=True)
    first, second = (post for post in poll.posts if post.platform == "web")
    assert (first.text, first.complete) == ("Résumé un", False)
    assert second.complete
    assert any("/a1" in warning and "503" in warning for warning in poll.warnings)
    assert [url.rpartition("/")[2] for url in poll.pages] == ["a2"]


def test_a_page_that_is_gone_is_not_tried_for_ever() -> None:
    poll = World({"/feed": FEED, "/a2": ARTICLE}).poll("feed", url="{base}/feed", articles=True)
    assert [url.rpartition("/")[2] for url in poll.pages] == ["a1", "a2"]


def test_robots_txt_is_honoured_for_article_pages() -> None:
    world = World({"/feed": FEED, "/robots.txt": "User-agent: *\nDisallow: /a", "/a1": ARTICLE})
    poll = world.poll("feed", url="{base}/feed", articles=True)
    assert "/a1" not in world.requests
    assert any("robots.txt" in warning for warning in poll.warnings)


def test_pages_left_for_the_next_poll_are_counted() -> None:
    world = World({"/feed": FEED, "/a1": ARTICLE, "/a2": ARTICLE})
    poll = world.poll("feed", url="{base}/feed", articles=True, pages=1)
    assert [post.complete for post in poll.posts if post.platform == "web"] == [True, False]
    assert any("1 article pages are left" in warning for warning in poll.warnings)


def test_a_watched_page_that_did_not_change_brings_nothing() -> None:
    world = World(lambda request: (304 if request.path == "/a" else 404, b""))
    poll = world.poll("article", FeedState("test", etag='"v1"'), url="{base}/a")
    assert (poll.not_modified, poll.posts) == (True, ())


@pytest.fixture
def endless() -> Iterator[Extractor]:
    """An extractor whose child never answers."""
    busy = "import sys; print(flush=True)\nfor _ in sys.stdin:\n while 1: pass"
    extractor = Extractor(0.2, [sys.executable, "-c", busy])
    yield extractor
    extractor.close()


def test_an_article_that_takes_for_ever_is_cut_off_and_its_posts_are_still_found(
    endless: Extractor,
) -> None:
    response = Response("http://a.example/1", 200, Headers(), ARTICLE.encode(), "text/html")
    page = asyncio.run(pages.read_page(response, source="test", now=NOW, extractor=endless))
    assert one(page.embedded, "x").text == TEXT
    assert not page.article.complete
    assert "cut off" in page.warnings[0]


def test_extraction_goes_on_after_a_cut_off(endless: Extractor) -> None:
    async def twice() -> tuple[object, object]:
        first = await endless.extract("<p>x</p>", "http://a.example/")
        endless._child = Child(extraction._COMMAND, cut_off_s=60)
        return first, await endless.extract(ARTICLE, "http://a.example/")

    first, second = asyncio.run(twice())
    assert first is None
    assert "ont mené vendredi" in str(second)


def test_a_page_that_is_no_html_is_a_warning() -> None:
    world = World({"/a": (200, b"%PDF-1.7", {"Content-Type": "application/pdf"})})
    poll = world.poll("article", url="{base}/a")
    assert "not a page" in poll.warnings[0]
    assert not poll.posts[0].complete

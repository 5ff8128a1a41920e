"""The demo serves what the platforms serve: the monitor's own sources read it back."""

from __future__ import annotations

from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from monitor.demo import FIXTURES
from monitor.demo.server import published, serving


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))
    return loaded


def fetch(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return answer.status, answer.read().decode(), dict(answer.headers)


def test_posts_appear_as_time_goes_by(content: dict[str, Any]) -> None:
    posts = content["telegram"]["posts"]
    assert len(published(posts, 0)) < len(published(posts, 100)) == len(posts)


def test_an_edit_replaces_the_text_when_its_time_has_come(content: dict[str, Any]) -> None:
    def text(elapsed: float) -> str:
        shown = published(content["telegram"]["posts"], elapsed)
        return next(str(post["text"]) for post in shown if post["id"] == 4105)

    assert "25" in text(0)
    assert "36" in text(60)


def test_an_article_page_embeds_the_post_as_x_marks_it_up(content: dict[str, Any]) -> None:
    with serving(content, elapsed=lambda: 0) as base:
        _, page, _ = fetch(f"{base}/articles/1201")
    assert '<blockquote class="twitter-tweet">' in page
    assert "ref_src=twsrc%5Etfw" in page
    assert "(@AlMayadeenNews)" in page


def test_an_unchanged_feed_answers_304_to_its_etag(content: dict[str, Any]) -> None:
    with serving(content, elapsed=lambda: 0) as base:
        _, _, headers = fetch(f"{base}/courrier.rss")
        with pytest.raises(Exception, match="304"):
            fetch(f"{base}/courrier.rss", **{"If-None-Match": headers["ETag"]})


def test_about_forty_posts_in_five_feeds(content: dict[str, Any]) -> None:
    lists = [
        content["rss"]["entries"],
        content["telegram"]["posts"],
        content["atom"]["entries"],
        content["mastodon"]["statuses"],
        content["bluesky"]["posts"],
    ]
    assert 35 <= sum(map(len, lists)) <= 45
    assert any(item.get("after") for items in lists for item in items)

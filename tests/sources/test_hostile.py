"""Whatever arrives, the readers answer with posts or a MonitorError and never with a crash."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.sources import charsets, dates, embeds, entries, syndication
from monitor.sources.markup import parse, plain
from monitor.sources.urls import canonical, web_url
from tests.sources.support import NOW
from tests.sources.test_embeds import ARTICLE, BLUESKY, FACEBOOK, INSTAGRAM_OLD, TIKTOK
from tests.sources.test_feeds import RSS

QUICK = settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
PIECES = st.sampled_from(
    [ARTICLE, BLUESKY, FACEBOOK, INSTAGRAM_OLD, TIKTOK, RSS, '{"items": [{"id": 1}]}', "<p>"]
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Mark-up with a stretch cut out and something else put in."""
    text = draw(PIECES)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 200)))
    return (
        text[:start]
        + draw(st.text(max_size=12) | st.sampled_from(['"', "<", "]]>", "&#x0;"]))
        + text[end:]
    )


@QUICK
@given(damaged())
def test_damaged_pages(html: str) -> None:
    tree = parse(html)
    for embed in embeds.find(tree, "fr"):
        assert embed.external_id
        assert web_url(embed.url)
    plain(html)


@QUICK
@given(damaged())
def test_damaged_feeds(document: str) -> None:
    with contextlib.suppress(ParseError):
        read = syndication.read(document.encode("utf-8", "surrogatepass"), url="http://a.example/f")
        for known, entry in entries.identified(read.entries, "feed"):
            post, _ = entries.posts(entry, known, source="feed", now=NOW)
            assert post.published_at is None or post.published_at <= NOW
            assert post.url is None or post.url.startswith("http")


@QUICK
@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "windows-1256", "rot13", "x" * 99]))
def test_any_bytes_become_text(body: bytes, label: str | None) -> None:
    assert isinstance(charsets.decode(body, label).text, str)


@QUICK
@given(st.text(max_size=40) | st.from_regex(r"\d{1,5}[-/. ]\w{1,8}[-/. ]\d{1,5}", fullmatch=True))
def test_any_text_as_a_date(written: str) -> None:
    date = dates.settled(dates.parse(written, "ar"), NOW)
    assert date is None or date <= NOW


@QUICK
@given(st.text(max_size=30).map(lambda tail: "http://" + tail) | st.text(max_size=30))
def test_any_text_as_an_address(written: str) -> None:
    url = web_url(written)
    if url is not None:
        assert canonical(url)
        embeds.reference(url)

"""Documents made to be slow, or too large, cost what is theirs and nobody else's time."""

from __future__ import annotations

import sys

import pytest

from monitor.errors import ParseError
from monitor.sources import embeds, entries, recovery, syndication, wellformed
from monitor.sources.child import Child
from monitor.sources.markup import parse
from tests.sources.support import NOW, World
from tests.sources.test_embeds import TWEET

URL = "https://site.example/feed"
HEAD = '<rss version="2.0"><channel><title>c</title>'
# A child that never answers, and one that runs out of memory.
ENDLESS = (sys.executable, "-c", "import sys; print(flush=True)\nfor line in sys.stdin: pass")
DYING = (sys.executable, "-c", "raise SystemExit(1)")


@pytest.mark.parametrize("command", [ENDLESS, DYING])
def test_a_damaged_feed_that_takes_for_ever_is_cut_off(command: tuple[str, ...]) -> None:
    child = Child(command, cut_off_s=0.2)
    with pytest.raises(ParseError, match="cut off"):
        recovery.ask(f"{HEAD}&", URL, child)
    child.close()


def test_after_a_cut_off_the_next_damaged_feed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(ENDLESS, cut_off_s=0.2)
    assert child.ask({}) is None
    monkeypatch.setattr(child, "_command", recovery._CHILD._command)
    monkeypatch.setattr(child, "cut_off_s", 60)
    document = f"{HEAD}<item><title>A & B</title></item></channel></rss>"
    assert [entry.title for entry in recovery.ask(document, URL, child).entries] == ["A & B"]
    child.close()


def test_a_damaged_feed_is_the_same_whether_read_here_or_in_the_child() -> None:
    document = f"{HEAD}<item><title>A & B</title><pubDate>Fri, 02 Feb 2024 10:00:00 GMT</pubDate>"
    assert recovery.ask(document, URL) == recovery.read(document, URL)


def test_a_child_that_wrote_no_whole_answer_gave_none() -> None:
    half = (sys.executable, "-c", "print(flush=True); input(); print('{', end='')")
    child = Child(half, cut_off_s=60)
    assert child.ask({"a": 1}) is None


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE a>" * 50_000,
        "<!--" * 50_000,
        "[" * 500_000,
        '{"items": [' + "[" * 500_000,
        "<?" * 200_000,
    ],
    ids=["doctypes", "comments", "json lists", "json lists in an item", "instructions"],
)
def test_what_is_endless_before_the_feed_begins_is_no_feed(document: str) -> None:
    with pytest.raises(ParseError):
        syndication.read(document.encode(), url=URL)


def test_an_author_without_end_is_cut() -> None:
    text = f"{HEAD}<item><author>{'a.' * 500_000}@</author></item></channel></rss>"
    found = wellformed.read(text, URL)
    assert found is not None
    assert len(found.entries[0].author or "") == wellformed.LONGEST_NAME


def test_quotations_nested_without_end_are_read_in_time() -> None:
    for each in ("<p>", "<a href=https://x.com/a/status/1>", ""):
        html = f"<blockquote class=twitter-tweet>{each}" * 2_000
        embeds.find(parse(html + TWEET))


def test_links_at_the_bottom_of_a_deep_page_are_read_in_time() -> None:
    link = '<a href="https://x.com/a/status/{}">x</a>'
    html = "<div>" * 3_000 + "".join(link.format(10**18 + n) for n in range(5_000))
    assert len(embeds.find(parse(html))) == 5_000


def test_posts_inside_a_post_that_was_taken_go_with_it() -> None:
    html = TWEET.replace("</p>&mdash;", f"</p>{TWEET}&mdash;")
    tree = parse(f"<p>avant</p>{html}<p>après</p>")
    assert [embed.external_id for embed in embeds.find(tree)] == ["1753552223372177870"]
    assert tree.body is not None
    assert "انفجارات" not in tree.body.text()


def test_of_a_feed_with_too_many_entries_the_first_are_read_and_it_is_said() -> None:
    items = "".join(f"<item><title>t{n}</title></item>" for n in range(2_500))
    poll = World({"/feed": f"{HEAD}{items}</channel></rss>"}).poll("feed", url="{base}/feed")
    assert len(poll.posts) == syndication.MOST_ENTRIES
    assert any("2,500 entries; the first 2,000" in warning for warning in poll.warnings)


def test_entries_that_all_have_one_id_are_told_apart() -> None:
    items = "".join(f"<item><title>t{n}</title><guid>1</guid></item>" for n in range(500))
    document = syndication.read(f"{HEAD}{items}</channel></rss>".encode(), url=URL)
    named = entries.identified(document.entries, "f")
    assert len({known for known, _ in named}) == 500


def test_a_body_of_ten_megabytes_in_one_line_is_read() -> None:
    body = "mot " * 2_400_000
    text = f"{HEAD}<item><title>t</title><description>{body}</description></item></channel></rss>"
    ((_, entry),) = entries.identified(syndication.read(text.encode(), url=URL).entries, "f")
    post, _ = entries.posts(entry, "1", source="f", now=NOW)
    assert len(post.text) == len(body) - 1

"""Well-formed feeds are read by lxml, and give what feedparser would have given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources import entries, recovery, syndication, wellformed
from monitor.sources.entries import Document
from tests.sources import test_feeds, test_kinds
from tests.sources.documents import USUAL
from tests.sources.support import NOW

URL = "https://site.example/feed"
ATOM = "http://www.w3.org/2005/Atom"
FIXTURES = {
    **USUAL,
    **{name: text for name, text in test_feeds.FORMATS.items() if text.startswith("<")},
    "rss": test_feeds.RSS.replace("{base}", "https://site.example"),
    "youtube": test_kinds.YOUTUBE,
    "reddit": test_kinds.REDDIT,
}


def by_lxml(text: str) -> Any:
    found = wellformed.read(syndication._without_prolog(text, URL), URL)
    return None if found is None else told(found)


def by_feedparser(text: str) -> Any:
    return told(recovery.read(syndication._without_prolog(text, URL), URL))


def told(document: Document) -> Any:
    """All that a document comes to: its name, its next page and its posts."""
    named = entries.identified(document.entries, "f")
    posts = [entries.posts(entry, known, source="f", now=NOW) for known, entry in named]
    return document.title, document.older, posts


@pytest.mark.parametrize("name", FIXTURES)
def test_both_readers_give_the_same_posts(name: str) -> None:
    assert by_lxml(FIXTURES[name]) == by_feedparser(FIXTURES[name])


# At most one of each line stands in an entry, in any order: what counts where an element is there
# twice the two readers answer differently.
CHILDREN = (
    (
        "<title>Un titre</title>",
        "<title>A &amp;amp; B</title>",
        "<title/>",
        "<title><![CDATA[<i>Penché</i> et droit]]></title>",
    ),
    ("<link>https://site.example/1</link>", "<link>/1</link>", "<link/>"),
    ('<a:link href="https://site.example/2"/>',),
    (
        '<a:link rel="enclosure" href="https://site.example/son.ogg"/>',
        '<enclosure url="https://site.example/son.mp3" type="audio/mpeg" length="1"/>',
    ),
    ("<guid>https://site.example/3</guid>", '<guid isPermaLink="false">quatre</guid>'),
    ("<description>&lt;p&gt;Un corps &amp;amp; un autre&lt;/p&gt;</description>", "<description/>"),
    ("<c:encoded><![CDATA[<p>Le corps entier, plus long que tous les autres</p>]]></c:encoded>",),
    ("<pubDate>Fri, 02 Feb 2024 10:00:00 GMT</pubDate>", "<pubDate/>"),
    ("<d:date>2024-02-03T10:00:00Z</d:date>",),
    (
        "<d:creator>Une rédactrice</d:creator>",
        "<author>toi@site.example</author>",
        "<author>moi@site.example (Moi-même)</author>",
    ),
    ("<category>Irak</category>", '<category domain="x">Irak</category>'),
    ("<d:subject>Syrie</d:subject>",),
    ('<m:content url="/photo.jpg"><m:credit>AFP</m:credit></m:content>',),
    ('<m:thumbnail url="/petite.jpg"/>',),
    ('<m:group><m:content url="/film.mp4"/><m:category>Monde</m:category></m:group>',),
    ("<s:comments>4</s:comments>",),
    ("<source url='https://autre.example/'>Autre</source>",),
    ("<comments>https://site.example/1#comments</comments>",),
    ("<x:autre>rien</x:autre>",),
)
NAMESPACES = (
    f'xmlns:a="{ATOM}" xmlns:c="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:m="http://search.yahoo.com/mrss/"'
    ' xmlns:s="http://purl.org/rss/1.0/modules/slash/" xmlns:x="https://site.example/ns"'
)


ENTRIES = st.permutations(CHILDREN).flatmap(
    lambda lines: st.tuples(*(st.sampled_from(line) for line in lines[:8]))
)


@given(st.lists(ENTRIES, min_size=1, max_size=3))
def test_both_readers_agree_on_entries_put_together_at_random(
    items: list[tuple[str, ...]],
) -> None:
    body = "".join(f"<item>{''.join(children)}</item>" for children in items)
    text = f'<rss version="2.0" {NAMESPACES}><channel><title>c</title>{body}</channel></rss>'
    assert by_lxml(text) == by_feedparser(text)


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("<title>Un titre</title>", "<title>Un & titre</title>"),
        ("<title>Un titre</title>", "<title>Un <b>titre</b></title>"),
        ("<title>Un titre</title>", "<title>Un&nbsp;titre</title>"),
        ("<title>Un titre</title>", "<title>Frappes Ã  la frontiÃ¨re</title>"),
        ("<title>Un titre</title>", "<title>Un\x92 titre</title>"),
        ("<title>Un titre</title>", "<title>Un\x01 titre</title>"),
        ("<title>Un titre</title>", '<title type="xhtml">Un titre</title>'),
        ("</item>", '<dc:creator xmlns:dc="http://odd.example/">Moi</dc:creator></item>'),
        ("</item>", "<pubDate>Παρ, 02 Φεβ 2024 10:00:00 +0200</pubDate></item>"),
        ("</item>", '<body xmlns="http://www.w3.org/1999/xhtml"><p>x</p></body></item>'),
        ('version="2.0"', 'version="2.0" xmlns="http://backend.userland.com/rss2"'),
        ("</rss>", ""),
        ("<item>", "<items>"),
    ],
)
def test_what_is_unusual_is_left_to_feedparser(change: str, to: str) -> None:
    text = '<rss version="2.0"><channel><item><title>Un titre</title></item></channel></rss>'
    assert by_lxml(text) is not None
    assert change in text
    assert by_lxml(text.replace(change, to)) is None


def test_a_caption_longer_than_the_summary_is_not_taken_for_the_body() -> None:
    text = (
        f'<rss version="2.0" {NAMESPACES}><channel><item><title>t</title><description>Bref.'
        '</description><m:content url="https://site.example/p.jpg"><m:description>Une longue'
        " légende</m:description></m:content></item></channel></rss>"
    )
    (entry,) = syndication.read(text.encode(), url=URL).entries
    assert entry.html == "Bref."


@given(st.text(alphabet=st.sampled_from('<>/&;"= abitemrsschannel!-[]?'), max_size=60))
def test_no_document_breaks_the_reader(noise: str) -> None:
    text = f"<rss><channel><item>{noise}</item></channel></rss>"
    found = wellformed.read(text, URL)
    assert found is None or len(found.entries) >= 1

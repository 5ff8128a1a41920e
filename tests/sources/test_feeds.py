# ruff: noqa: E501 - mark-up stands as platforms write it
"""Feeds of every format become posts, and what is wrong with a feed is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import ParseError
from monitor.model import FeedState
from monitor.sources import Poll
from tests.sources.support import NOW, World, one

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Agence</title><link>{base}/</link><language>fr</language>
<item><title>Frappes &amp; représailles</title><link>{base}/a1?utm_source=rss</link>
<guid isPermaLink="false">a-1</guid><pubDate>Fri, 02 Feb 2024 23:10:00 +0100</pubDate>
<dc:creator>Une rédactrice</dc:creator><category>Irak</category><category>Syrie</category>
<enclosure url="{base}/son.mp3" type="audio/mpeg" length="1"/>
<media:content url="{base}/photo.jpg" medium="image"><media:description>Une photo</media:description>
</media:content><description>Résumé court</description>
<content:encoded><![CDATA[<p>Premier paragraphe.</p><p>Second<br>paragraphe.</p>
<blockquote class="twitter-tweet"><p lang="ar">انفجارات في القائم</p>&mdash; قناة (@q) <a
 href="https://twitter.com/q/status/1753552223372177870">2 février 2024</a></blockquote>]]></content:encoded>
</item></channel></rss>"""


def polled(document: str | bytes, state: FeedState | None = None) -> Poll:
    return World({"/feed": document}).poll("feed", state, url="{base}/feed")


def test_rss_2_with_its_modules() -> None:
    poll = polled(RSS)
    post = one(poll.posts, "web")
    assert (post.title, post.external_id) == ("Frappes & représailles", "test/a-1")
    assert post.text == "Premier paragraphe.\n\nSecond\nparagraphe."
    assert post.published_at == datetime(2024, 2, 2, 22, 10, tzinfo=UTC)
    assert post.author.name == "Une rédactrice"
    assert post.tags == ("Irak", "Syrie")
    assert [m.rpartition("/")[2] for m in post.media] == ["son.mp3", "photo.jpg"]
    assert post.language_tag == "fr"
    tweet = one(poll.posts, "x")
    assert tweet.text == "انفجارات في القائم"
    assert [(p.url, p.title) for p in tweet.parents] == [(post.url, post.title)]


ITEM = "<item><title>Un titre</title><link>http://a.example/1</link></item>"
FORMATS = {
    "rss 0.90": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>c</title></channel>'
    f"{ITEM}</rdf:RDF>",
    "rss 0.91": '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
    ' "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>'
    f"<title>c</title>{ITEM}</channel></rss>",
    "rss 0.92": f'<rss version="0.92"><channel><title>c</title>{ITEM}</channel></rss>',
    "rss 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns="http://purl.org/rss/1.0/"><channel rdf:about="http://a.example/"><title>c</title>'
    f'</channel><item rdf:about="http://a.example/1">{ITEM[6:]}</rdf:RDF>',
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>c</title><entry><title>Un titre</title>'
    '<link href="http://a.example/1"/><id>http://a.example/1</id>'
    "<updated>2024-02-02T10:00:00Z</updated></entry></feed>",
    "json feed": '{"version": "https://jsonfeed.org/version/1.1", "title": "c", "items": [{"id":'
    ' "http://a.example/1", "url": "http://a.example/1", "title": "Un titre", "content_text": ""}]}',
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_entry(name: str) -> None:
    (post,) = polled(FORMATS[name]).posts
    assert (post.title, post.url, post.external_id) == (
        "Un titre",
        "http://a.example/1",
        "a.example/1",
    )


def test_json_feed_in_full() -> None:
    item = {
        "id": "7",
        "url": "{base}/7",
        "content_html": "<p>Texte &amp; suite</p>",
        "date_published": "2024-02-02T23:10:00+01:00",
        "date_modified": "2024-02-03T00:10:00+01:00",
        "authors": [{"name": "Rédaction", "url": "{base}/r"}],
        "tags": ["Irak"],
        "attachments": [{"url": "{base}/son.mp3", "mime_type": "audio/mpeg"}],
        "language": "fr",
    }
    poll = World({"/f": {"version": "x", "items": [item]}}).poll("feed", url="{base}/f")
    (post,) = poll.posts
    assert (post.external_id, post.text) == ("test/7", "Texte & suite")
    assert post.published_at == datetime(2024, 2, 2, 22, 10, tzinfo=UTC)
    assert post.edited_at == datetime(2024, 2, 2, 23, 10, tzinfo=UTC)
    assert (post.author.name, post.tags, post.language_tag) == ("Rédaction", ("Irak",), "fr")


def test_a_page_leads_to_the_feed_it_names_and_is_not_asked_again() -> None:
    page = (
        "<!DOCTYPE html><html><head><link rel=alternate type='application/rss+xml'"
        " href='/comments/feed/'><link rel='alternate' type='application/rss+xml' href='/feed'></head>"
    )
    world = World({"/": page, "/feed": RSS})
    poll = world.poll("feed", url="{base}/")
    assert len(poll.posts) == 2
    assert world.requests == ["/", "/feed"]
    assert poll.state.cursor["feed"].endswith("/feed")


def test_a_page_that_names_no_feed_says_so() -> None:
    with pytest.raises(ParseError, match="names no feed"):
        polled("<!DOCTYPE html><html><body>Bonjour</body></html>")


@pytest.mark.parametrize("body", ["", "not a feed", '{"a": 1}', "[1, 2]", "\0\0\0", "<x/>"])
def test_what_is_no_feed_is_an_error_and_not_an_empty_feed(body: str) -> None:
    with pytest.raises(ParseError):
        polled(body)


def test_validators_go_back_and_an_unchanged_feed_is_not_parsed_again() -> None:
    world = World(
        lambda request: (
            (304, b"")
            if request.headers.get("if-none-match") == '"v1"'
            else (200, RSS, {"ETag": '"v1"'})
        )
    )
    first = world.poll("feed", url="{base}/feed")
    second = world.poll("feed", first.state, url="{base}/feed")
    assert first.state.etag == '"v1"'
    assert (second.not_modified, second.posts, second.state.etag) == (True, (), '"v1"')


def test_a_body_that_looks_like_an_address_or_a_path_is_never_opened() -> None:
    for body in ("{base}/secret", "/etc/hostname", "file:///etc/hostname"):
        world = World({"/feed": body, "/secret": RSS})
        with pytest.raises(ParseError):
            world.poll("feed", url="{base}/feed")
        assert world.requests == ["/feed"]


# ── identity ──


def ids(*items: str) -> list[str]:
    body = f'<rss version="2.0"><channel><title>c</title>{"".join(items)}</channel></rss>'
    return [post.external_id for post in polled(body).posts]


def item(link: str = "", guid: str = "", permalink: str = "true", title: str = "t") -> str:
    named = f'<guid isPermaLink="{permalink}">{guid}</guid>' if guid else ""
    return f"<item><title>{title}</title>{f'<link>{link}</link>' if link else ''}{named}</item>"


def test_ids_of_entries_follow_the_rules_in_entries_py() -> None:
    site = "http://www.a.example"
    assert ids(item(f"{site}/1?utm_source=rss")) == ["www.a.example/1"]
    assert ids(item(f"{site}/1", guid=f"{site}/?p=1", permalink="false")) == ["www.a.example/?p=1"]
    assert ids(item(f"{site}/1", guid=f"{site}/1#0"), item(f"{site}/2", guid=f"{site}/2#3")) == [
        "www.a.example/1",
        "www.a.example/2",
    ]
    assert ids(item(f"{site}/1", guid="17")) == ["test/17"]
    assert ids(item(f"{site}/1", guid="http://elsewhere.example/9")) == [
        "test/http://elsewhere.example/9"
    ]


def test_entries_that_share_one_link_are_kept_apart_by_their_titles() -> None:
    first = ids(item("http://a.example/", title="un"), item("http://a.example/", title="deux"))
    again = ids(item("http://a.example/", title="deux"), item("http://a.example/", title="un"))
    assert len(set(first)) == 2
    assert set(first) == set(again)


def test_ids_are_stable_across_polls_and_formats_of_one_address() -> None:
    assert ids(item("http://a.example/x?id=1&utm_medium=rss")) == ids(
        item("https://A.example:443/x?id=1")
    )


# ── hostile documents: HARDENING, Parsing ──

BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<rss version="2.0"><channel><title>&b;</title><item><title>&b;</title></item></channel></rss>'
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        b'<?xml version="1.0"?>\n<!-- <rss> -->\n' + BOMB.encode(),
        BOMB.encode("utf-16"),
        BOMB.replace("<!DOCTYPE", "<!doctype").encode(),
        b'<?xml version="1.0" encoding="utf-16"?>' + BOMB.encode(),
        b'<!ENTITY a "x">' + RSS.encode(),
    ],
)
def test_a_document_with_a_dtd_is_refused_before_parsing(body: bytes) -> None:
    with pytest.raises(ParseError, match="refused"):
        polled(body)


def test_a_doctype_inside_an_entry_is_just_text() -> None:
    assert (
        len(polled(RSS.replace("<p>Premier", "<!DOCTYPE html [<!ENTITY a 'b'>]><p>Premier")).posts)
        == 2
    )


@pytest.mark.parametrize(
    ("broken", "title"),
    [
        (
            RSS.replace("Frappes &amp; représailles", "Frappes & représailles"),
            "Frappes & représailles",
        ),
        (RSS.replace("&amp;", "&nbsp;&amp;"), "Frappes \xa0& représailles"),
        (RSS.partition("<content:encoded>")[0], "Frappes & représailles"),
        (RSS.partition("Second<br>")[0], "Frappes & représailles"),
    ],
    ids=["raw ampersand", "html entity", "cut off between elements", "cut off inside CDATA"],
)
def test_a_damaged_feed_keeps_what_could_be_recovered_with_a_warning(
    broken: str, title: str
) -> None:
    poll = polled(broken)
    assert one(poll.posts, "web").title == title
    assert any("damaged feed" in warning for warning in poll.warnings)


def test_a_cut_off_json_feed_keeps_its_whole_items() -> None:
    poll = polled('{"version": "x", "items": [{"id": "1", "title": "un"}, {"id": "2", "ti')
    assert [post.title for post in poll.posts] == ["un"]
    assert any("damaged feed" in warning for warning in poll.warnings)


ARABIC = '<rss version="2.0"><channel><title>ق</title><item><title>انفجارات في مدينة القائم</title></item></channel></rss>'
FRENCH = '<rss version="2.0"><channel><title>é</title><item><title>Frappes à la frontière</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("text", "really", "label"),
    [
        (ARABIC, "cp1256", "utf-8"),
        (ARABIC, "cp1256", "iso-8859-1"),
        (ARABIC, "cp1256", "windows-1256"),
        (ARABIC, "cp1256", None),
        (ARABIC, "utf-8", "iso-8859-1"),
        (ARABIC, "utf-8", "windows-1256"),
        (ARABIC, "iso8859-6", "iso-8859-6"),
        (ARABIC, "utf-16", None),
        (ARABIC, "utf-8-sig", "iso-8859-1"),
        (FRENCH, "iso-8859-1", "utf-8"),
        (FRENCH, "iso-8859-1", "no-such-charset"),
        (FRENCH, "utf-8", "ascii"),
        (FRENCH, "utf-8-sig", None),
    ],
)
def test_mislabelled_encodings_are_recovered(text: str, really: str, label: str | None) -> None:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    (post,) = polled((declaration + text).encode(really)).posts
    assert post.title
    assert post.title in text


def test_the_header_can_be_wrong_about_the_encoding_too() -> None:
    headers = {"Content-Type": "application/rss+xml; charset=iso-8859-1"}
    poll = World({"/f": (200, ARABIC.encode(), headers)}).poll("feed", url="{base}/f")
    assert poll.posts[0].title == "انفجارات في مدينة القائم"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\tscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
    ],
)
def test_links_that_are_not_http_are_dropped(link: str) -> None:
    body = f'<rss version="2.0"><channel><title>c</title><item><title>t</title><link>{link}</link>'
    (post,) = polled(f'{body}<enclosure url="{link}"/></item></channel></rss>').posts
    assert (post.url, post.media) == (None, ())


def dated(written: str) -> tuple[datetime | None, str | None]:
    element = f"<pubDate>{written}</pubDate>" if written else ""
    body = f'<rss version="2.0"><channel><title>c</title><item><title>t</title>{element}</item></channel></rss>'
    (post,) = polled(body).posts
    return post.published_at, post.published_raw


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("", None),
        ("Mon, 00 Jan 0000 00:00:00 GMT", None),
        ("0000-00-00T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("hier soir", None),
        ("22 رجب 1445", None),
        ("1445-07-22T10:00:00Z", None),
        ("Fri, 02 Feb 2029 10:00:00 GMT", NOW),
        ("2567-02-02T10:00:00Z", NOW),
    ],
    ids=str,
)
def test_dates_that_cannot_be_are_clamped_and_kept_as_written(
    written: str, published: datetime | None
) -> None:
    assert dated(written) == (published, written or None)


@pytest.mark.parametrize(
    "written",
    [
        "2 février 2024",
        "٢ فبراير ٢٠٢٤",
        "2 شباط 2024",
        "Fri, 02 Feb 2024 00:00:00 GMT",
        "2024-02-02",
    ],
)
def test_dates_in_the_language_of_the_feed_are_read(written: str) -> None:
    assert dated(written)[0] == datetime(2024, 2, 2, tzinfo=UTC)


def test_older_pages_are_backfilled_as_far_as_the_feed_links_them() -> None:
    page = '<feed xmlns="http://www.w3.org/2005/Atom"><title>c</title>{next}<entry><title>t{n}</title><id>{base}/{n}</id><updated>2024-0{m}-01T00:00:00Z</updated></entry></feed>'

    def numbered(n: int, month: int, following: str) -> str:
        return page.replace("{n}", str(n)).replace("{m}", str(month)).replace("{next}", following)

    world = World(
        {
            "/feed": numbered(3, 2, '<link rel="next" href="/2"/>'),
            "/2": numbered(2, 1, '<link rel="next" href="/1"/>'),
            "/1": numbered(1, 1, '<link rel="next" href="/feed"/>'),
        }
    )
    pages = world.backfill("feed", datetime(2024, 1, 15, tzinfo=UTC), url="{base}/feed")
    assert [post.title for poll in pages for post in poll.posts] == ["t3", "t2"]

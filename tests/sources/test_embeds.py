# ruff: noqa: E501 - mark-up stands as platforms write it
"""Posts embedded in other people's pages become posts of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.model import Parent
from monitor.sources import embeds
from monitor.sources.embeds import Embed
from monitor.sources.markup import parse, text_of
from tests.sources.support import World, one

TWEET = """<blockquote class="twitter-tweet"><p lang="ar" dir="rtl"><a
 href="https://twitter.com/hashtag/%D8%B4?src=hash&amp;ref_src=twsrc%5Etfw">#شاهد</a> | انفجارات نتيجة
 العدوان الأميركي على مدينة <a href="https://twitter.com/hashtag/q">#القائم</a> في <a
 href="https://twitter.com/hashtag/i">#العراق</a>.<br><a href="https://twitter.com/hashtag/m"
 >#الميادين</a> <a href="https://t.co/FiH6heaU0B">pic.twitter.com/FiH6heaU0B</a></p>&mdash; قناة
 الميادين (@AlMayadeenNews) <a
 href="https://twitter.com/AlMayadeenNews/status/1753552223372177870?ref_src=twsrc%5Etfw"
>2 février 2024</a></blockquote> <script async src="https://platform.twitter.com/widgets.js"></script>"""
ARTICLE = f"""<!DOCTYPE html><html lang="fr"><head><title>Site | Frappes</title>
<meta property="og:title" content="Frappes américaines en Irak et en Syrie">
<meta property="article:published_time" content="2024-02-03T08:00:00+01:00"></head><body>
<nav><a href="https://x.com/site/status/1753000000000000000">menu</a></nav><article>
<h1>Frappes américaines en Irak et en Syrie</h1>
<p>Les États-Unis ont mené vendredi des frappes contre des cibles en Irak et en Syrie, selon Washington.</p>
{TWEET}
<p>La ville d'al-Qaïm, à la frontière syrienne, a été touchée selon plusieurs médias de la région.</p>
</article></body></html>"""
TEXT = (
    "#شاهد | انفجارات نتيجة العدوان الأميركي على مدينة #القائم في #العراق.\n"
    "#الميادين pic.twitter.com/FiH6heaU0B"
)


def only(html: str, language: str | None = None) -> Embed:
    (embed,) = embeds.find(parse(html), language)
    assert embeds.possible(html), "feeds would not have been searched for this post"
    return embed


def test_the_arabic_post_in_a_french_article_is_a_post_of_its_own() -> None:
    poll = World({"/a": ARTICLE}).poll("article", url="{base}/a")
    post = one(poll.posts, "x")
    assert post.id == "x:1753552223372177870"
    assert post.text == TEXT
    assert (post.author.name, post.author.handle) == ("قناة الميادين", "@AlMayadeenNews")
    assert post.url == "https://x.com/AlMayadeenNews/status/1753552223372177870"
    assert post.media == ("pic.twitter.com/FiH6heaU0B",)
    assert post.language_tag == "ar"
    assert post.complete
    article = one(poll.posts, "web")
    assert article.url is not None
    assert post.parents == (Parent(article.url, "Frappes américaines en Irak et en Syrie", "web"),)


def test_the_text_of_a_post_and_of_its_article_are_never_mixed() -> None:
    poll = World({"/a": ARTICLE}).poll("article", url="{base}/a")
    article = one(poll.posts, "web")
    assert "Les États-Unis ont mené" in article.text
    assert "La ville d'al-Qaïm" in article.text
    assert "شاهد" not in article.text
    assert "AlMayadeenNews" not in article.text


def test_the_snowflake_gives_the_instant_where_the_page_shows_the_day() -> None:
    tweet = only(TWEET)
    assert tweet.published_at == datetime(2024, 2, 2, 22, 53, 24, 133000, tzinfo=UTC)
    assert tweet.published_raw == "2 février 2024"


@pytest.mark.parametrize(
    "day", ["February 2, 2010", "2 février 2010", "٢ فبراير ٢٠١٠", "2 شباط 2010"]
)
def test_the_date_in_words_counts_for_ids_older_than_snowflakes(day: str) -> None:
    html = TWEET.replace("1753552223372177870", "8500000000").replace("2 février 2024", day)
    assert only(html).published_at == datetime(2010, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "html",
    [
        '<iframe data-src="https://platform.twitter.com/embed/Tweet.html?dnt=true&amp;id=1753552223372177870"></iframe>',
        '<iframe src="https://platform.x.com/embed/Tweet.html?id=1753552223372177870"></iframe>',
        '<amp-twitter width="375" data-tweetid="1753552223372177870"></amp-twitter>',
        '<div data-tweet-id="1753552223372177870"></div>',
        '<noscript><a href="https://twitter.com/a/status/1753552223372177870">x</a></noscript>',
        '<p><a href="https://mobile.twitter.com/a/status/1753552223372177870?s=20">x</a></p>',
        "<p>https://x.com/a/status/1753552223372177870</p>",
        '<oembed url="https://twitter.com/a/status/1753552223372177870"></oembed>',
        '<iframe src="https://cdn.embedly.com/m?url=https%3A%2F%2Ftwitter.com%2Fa%2Fstatus%2F1753552223372177870"></iframe>',
    ],
)
def test_lazy_amp_framed_and_linked_x_posts_are_references(html: str) -> None:
    embed = only(html)
    assert (embed.platform, embed.external_id) == ("x", "1753552223372177870")
    assert (embed.text, embed.complete) == ("", False)
    assert embed.published_at is not None


@pytest.mark.parametrize(
    "wrapped",
    [
        f"<noscript>{TWEET}</noscript>",
        f"<template>{TWEET}</template>",
        f'<script type="text/template">{TWEET.replace("</script>", "")}</script>',
        f"""<div data-html='{TWEET.replace("'", "&#39;")}'></div>""",
        f"""<iframe srcdoc='{TWEET}'></iframe>""",
        f'<amp-twitter data-tweetid="1753552223372177870">{TWEET}</amp-twitter>',
        TWEET.replace("</p>&mdash;", "<br>—").replace("</blockquote>", "</p></blockquote>"),
        TWEET.replace("</p>&mdash;", "</p><p>–").replace("</blockquote>", "</p></blockquote>"),
    ],
)
def test_the_text_is_found_wherever_lazy_loaders_and_editors_put_it(wrapped: str) -> None:
    embed = only(wrapped)
    assert embed.text == TEXT
    assert (embed.author.name, embed.author.handle) == ("قناة الميادين", "@AlMayadeenNews")


def test_a_dash_and_an_account_inside_the_text_are_not_the_signature() -> None:
    html = TWEET.replace("#شاهد</a> |", "— Reuters (@Reuters)</a> |")
    assert only(html).text.startswith("— Reuters (@Reuters) | ")


def test_a_post_embedded_twice_in_a_page_is_one_with_its_text() -> None:
    link = '<p><a href="https://x.com/AlMayadeenNews/status/1753552223372177870">x</a></p>'
    assert only(link + TWEET + link).text == TEXT


def test_ten_articles_with_one_post_name_ten_parents_of_one_id() -> None:
    found = [
        one(World({f"/{n}": ARTICLE}).poll("article", url=f"{{base}}/{n}").posts, "x")
        for n in range(2)
    ]
    assert len({post.id for post in found}) == 1
    assert len({post.parents for post in found}) == 2


BLUESKY = """<blockquote class="bluesky-embed"
 data-bluesky-uri="at://did:plc:vjug55kidv6sye7ykr5faxxn/app.bsky.feed.post/3kkgtr7zmss2v"
 data-bluesky-cid="bafyreie37"><p lang="en">Strikes reported near al-Qaim.<br><br><a
 href="https://bsky.app/profile/did:plc:v/post/3kkgtr7zmss2v?ref_src=embed">[image or embed]</a></p>
&mdash; Desk (<a href="https://bsky.app/profile/did:plc:v?ref_src=embed">@desk.example.org</a>) <a
 href="https://bsky.app/profile/did:plc:vjug/post/3kkgtr7zmss2v?ref_src=embed"
>February 2, 2024 at 11:12 PM</a></blockquote>"""


def test_a_bluesky_quotation_holds_text_author_and_time() -> None:
    embed = only(BLUESKY)
    assert embed.external_id == "did:plc:vjug55kidv6sye7ykr5faxxn/3kkgtr7zmss2v"
    assert embed.text == "Strikes reported near al-Qaim."
    assert (embed.author.name, embed.author.handle) == ("Desk", "@desk.example.org")
    assert embed.published_raw == "February 2, 2024 at 11:12 PM"
    assert embed.published_at is not None
    assert embed.published_at.date().isoformat() == "2024-02-02"
    assert embed.complete


TIKTOK = """<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@desk/video/7331000000000000000"
 data-video-id="7331000000000000000"><section><a title="@desk" href="https://www.tiktok.com/@desk">@desk</a>
 <p>Une frappe filmée <a title="irak" href="https://www.tiktok.com/tag/irak">#irak</a></p>
 <a title="son" href="https://www.tiktok.com/music/x-1">♬ son original</a></section></blockquote>"""
FACEBOOK = """<div class="fb-post" data-href="https://www.facebook.com/desk/posts/10154009990506729/">
<blockquote cite="https://www.facebook.com/desk/posts/10154009990506729/" class="fb-xfbml-parse-ignore">
<p>Explosions à la frontière</p>Posted by <a href="https://facebook.com/desk/">Desk</a> on&nbsp;<a
 href="https://www.facebook.com/desk/posts/10154009990506729/">Friday, February 2, 2024</a>
</blockquote></div>"""
INSTAGRAM = """<blockquote class="instagram-media" data-instgrm-captioned
 data-instgrm-permalink="https://www.instagram.com/p/C22mOwNoxyz/?utm_source=ig_embed"><div>
<a href="https://www.instagram.com/p/C22mOwNoxyz/">View this post on Instagram</a>
<p><a href="https://www.instagram.com/p/C22mOwNoxyz/">A post shared by The Desk (@the.desk)</a></p></div>
</blockquote>"""
INSTAGRAM_OLD = """<blockquote class="instagram-media" data-instgrm-captioned data-instgrm-version="7">
<p><a href="https://www.instagram.com/p/BOzyZ5gjK/">Sunrise over the river</a></p>
<p>A post shared by <a href="https://www.instagram.com/desk/">Desk</a> (@desk) on
<time datetime="2017-01-03T16:00:00+00:00">Jan 3, 2017 at 8:00am PST</time></p></blockquote>"""


def test_tiktok_and_facebook_quotations_hold_their_text() -> None:
    tiktok = only(TIKTOK)
    assert (tiktok.external_id, tiktok.text) == ("7331000000000000000", "Une frappe filmée #irak")
    assert tiktok.author.handle == "@desk"
    assert tiktok.published_at is not None
    assert tiktok.published_at.year == 2024
    facebook = only(FACEBOOK)
    assert (facebook.external_id, facebook.text) == (
        "10154009990506729",
        "Explosions à la frontière",
    )
    assert facebook.author.name == "Desk"
    assert facebook.published_at == datetime(2024, 2, 2, tzinfo=UTC)


def test_instagram_gives_a_reference_with_its_author_or_the_old_caption() -> None:
    now = only(INSTAGRAM)
    assert (now.external_id, now.text, now.complete) == ("C22mOwNoxyz", "", False)
    assert (now.author.name, now.author.handle) == ("The Desk", "@the.desk")
    assert now.published_at is not None
    old = only(INSTAGRAM_OLD)
    assert (old.text, old.author.handle, old.complete) == ("Sunrise over the river", "@desk", True)


@pytest.mark.parametrize(
    ("html", "post_id"),
    [
        (
            '<script async data-telegram-post="AlMayadeen/1234"></script>',
            "telegram:almayadeen/1234",
        ),
        (
            '<iframe src="https://t.me/almayadeen/1234?embed=1"></iframe>',
            "telegram:almayadeen/1234",
        ),
        ('<a href="https://t.me/s/almayadeen/1234">x</a>', "telegram:almayadeen/1234"),
        (
            '<iframe class="mastodon-embed" src="https://m.example/@u/111861234567890123/embed"></iframe>',
            "mastodon:m.example/111861234567890123",
        ),
        (
            '<blockquote class="mastodon-embed" data-embed-url="https://m.example/@u/111861234567890123/embed"><a'
            ' href="https://m.example/@u/111861234567890123">Post by @u</a></blockquote>',
            "mastodon:m.example/111861234567890123",
        ),
        (
            '<iframe src="https://embed.bsky.app/embed/did:plc:abc/app.bsky.feed.post/3kkgtr7zmss2v"></iframe>',
            "bluesky:did:plc:abc/3kkgtr7zmss2v",
        ),
        (
            '<a href="https://bsky.app/profile/Desk.example.org/post/3kkgtr7zmss2v">x</a>',
            "bluesky:desk.example.org/3kkgtr7zmss2v",
        ),
        ('<amp-instagram data-shortcode="C22mOwNoxyz"></amp-instagram>', "instagram:C22mOwNoxyz"),
        (
            '<blockquote class="text-post-media" data-text-post-permalink="https://www.threads.net/@u/post/C22mOwNoxyz"></blockquote>',
            "threads:C22mOwNoxyz",
        ),
        (
            '<iframe src="https://www.facebook.com/plugins/post.php?href=https%3A%2F%2Fwww.facebook.com%2Fdesk%2Fposts%2F10154009990506729"></iframe>',
            "facebook:10154009990506729",
        ),
        (
            '<amp-facebook data-href="https://www.facebook.com/desk/videos/10154009990506729/"></amp-facebook>',
            "facebook:10154009990506729",
        ),
        (
            '<iframe data-lazy-src="https://www.tiktok.com/embed/v2/7331000000000000000"></iframe>',
            "tiktok:7331000000000000000",
        ),
        (
            '<iframe src="//www.youtube-nocookie.com/embed/dQw4w9WgXcQ"></iframe>',
            "youtube:dQw4w9WgXcQ",
        ),
        ('<amp-youtube data-videoid="dQw4w9WgXcQ"></amp-youtube>', "youtube:dQw4w9WgXcQ"),
        ('<lite-youtube videoid="dQw4w9WgXcQ"></lite-youtube>', "youtube:dQw4w9WgXcQ"),
        ("<p>https://youtu.be/dQw4w9WgXcQ?t=3</p>", "youtube:dQw4w9WgXcQ"),
    ],
)
def test_every_platform_is_known_by_its_frame_widget_or_link(html: str, post_id: str) -> None:
    embed = only(html)
    assert f"{embed.platform}:{embed.external_id}" == post_id
    assert not embed.complete


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://twitter.com/intent/tweet?url=https://a.example">share</a>',
        '<a href="https://twitter.com/AlMayadeenNews">follow us</a>',
        '<a href="https://t.me/share/url?url=https://a.example">share</a>',
        '<a href="https://t.me/almayadeen">join</a>',
        '<a href="https://www.facebook.com/sharer.php?u=https://a.example">share</a>',
        '<iframe src="https://www.youtube.com/embed/videoseries?list=PL1"></iframe>',
        '<a href="https://medium.com/@user/a-story-1234567890ab">story</a>',
        '<footer><a href="https://x.com/site/status/1753552223372177870">last post</a></footer>',
        '<a href="javascript:https://x.com/a/status/1753552223372177870">x</a>',
        '<iframe src="http://[broken"></iframe>',
    ],
)
def test_share_buttons_profiles_and_menus_are_not_posts(html: str) -> None:
    assert embeds.find(parse(html)) == []


def test_a_body_without_any_sign_of_a_post_is_not_searched() -> None:
    assert not embeds.possible("<p>Frappes <a href='https://a.example/2024/02/1'>en Irak</a></p>")


def test_what_holds_an_embedded_post_is_taken_out_of_the_page() -> None:
    tree = parse(f"<p>before</p>{TWEET}<p>after</p>")
    embeds.find(tree)
    assert tree.body is not None
    assert text_of(tree.body).split() == ["before", "after"]


def test_a_page_nested_ten_thousand_deep_is_read() -> None:
    html = "<div>" * 10_000 + "deep" + TWEET
    assert only(html).text == TEXT

# ruff: noqa: E501 - mark-up stands as platforms write it
"""Every kind describes itself, and the kinds that stand on feeds read their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import yaml
from pydantic import ValidationError

from monitor.errors import InputError
from monitor.model import Feed
from monitor.sources import Source, kinds, source_of
from tests.sources.support import World, one


@pytest.mark.parametrize("source", kinds().values(), ids=list(kinds()))
def test_every_kind_is_documented(source: Source) -> None:
    assert source.summary
    assert source.requirements
    assert source.limits
    for name, field in source.options.model_fields.items():
        assert field.description, f"{source.kind}: parameter {name} has no description"


@pytest.mark.parametrize("source", kinds().values(), ids=list(kinds()))
def test_every_example_is_a_valid_feed(source: Source) -> None:
    example = yaml.safe_load(source.example)
    assert example.pop("kind") == source.kind
    assert example.pop("name")
    source.options.model_validate(example)


@pytest.mark.parametrize("source", kinds().values(), ids=list(kinds()))
def test_every_kind_refuses_parameters_it_does_not_know(source: Source) -> None:
    example = {k: v for k, v in yaml.safe_load(source.example).items() if k not in ("name", "kind")}
    with pytest.raises(ValidationError, match="Extra inputs"):
        source.options.model_validate({**example, "nonsense": 1})


@pytest.mark.parametrize("kind", ["mastodon", "bluesky", "telegram", "youtube", "reddit"])
def test_every_platform_kind_takes_base_url(kind: str) -> None:
    example = {
        k: v
        for k, v in yaml.safe_load(kinds()[kind].example).items()
        if k not in ("name", "kind", "server")
    }
    options = kinds()[kind].options.model_validate({**example, "base_url": "http://127.0.0.1:1/"})
    assert "http://127.0.0.1:1" in options.model_dump().values()
    with pytest.raises(ValidationError, match="http"):
        kinds()[kind].options.model_validate({**example, "base_url": "ftp://127.0.0.1"})


@pytest.mark.parametrize("source", kinds().values(), ids=list(kinds()))
def test_no_pattern_repeats_all_letters_of_unicode_so_and_so_often(source: Source) -> None:
    """pydantic compiles each repetition: 7 MB for one ``\\w{10,64}``."""
    for name, field in source.options.model_fields.items():
        patterns = [p for found in field.metadata if (p := getattr(found, "pattern", None))]
        repeated = [p for p in patterns if re.search(r"(\\w|\[[^\]]*\\w[^\]]*\])\{", p)]
        assert not repeated, f"{source.kind}: parameter {name}"


@pytest.mark.parametrize(
    ("kind", "parameter", "wrong"),
    [
        ("telegram", "channel", "الميادين"),
        ("youtube", "channel", "UC" + "é" * 22),
        ("reddit", "subreddit", "сирия"),
    ],
)
def test_names_in_letters_that_a_platform_has_not_are_refused(
    kind: str, parameter: str, wrong: str
) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        kinds()[kind].options.model_validate({parameter: wrong})


def test_an_unknown_kind_names_the_ones_there_are() -> None:
    with pytest.raises(InputError, match="article, bluesky, feed"):
        source_of(Feed("f", "nonsense"))


YOUTUBE = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom"><title>Desk</title><entry><id>yt:video:dQw4w9WgXcQ</id>
<yt:videoId>dQw4w9WgXcQ</yt:videoId><yt:channelId>UCfiwzLy-8yKzIbsmZTzxDgw</yt:channelId>
<title>Frappes en Irak</title><link rel="alternate" href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"/>
<author><name>Desk</name><uri>https://www.youtube.com/channel/UCfiwzLy-8yKzIbsmZTzxDgw</uri></author>
<published>2024-02-02T22:00:00+00:00</published><updated>2024-02-03T22:00:00+00:00</updated>
<media:group><media:title>Frappes en Irak</media:title><media:description>Ce que l'on sait.
Deuxième ligne.</media:description><media:community><media:statistics views="1234"/></media:community>
</media:group></entry></feed>"""


def test_youtube_channels_are_read_through_their_feed() -> None:
    world = World({"/feeds/videos.xml?channel_id=UCfiwzLy-8yKzIbsmZTzxDgw": YOUTUBE})
    (post,) = world.poll("youtube", channel="UCfiwzLy-8yKzIbsmZTzxDgw", base_url="{base}").posts
    assert (post.id, post.title) == ("youtube:dQw4w9WgXcQ", "Frappes en Irak")
    assert post.text == "Ce que l'on sait.\nDeuxième ligne."
    assert post.published_at == datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
    assert post.author.name == "Desk"
    assert post.metrics == {"views": 1234}


REDDIT = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"
 xmlns:media="http://search.yahoo.com/mrss/"><title>newest submissions : syria</title><entry>
<author><name>/u/someone</name><uri>https://www.reddit.com/user/someone</uri></author>
<category term="syria" label="r/syria"/><content type="html">&lt;!-- SC_OFF --&gt;&lt;div class="md"&gt;
&lt;p&gt;Strikes, see https://twitter.com/q/status/1753552223372177870&lt;/p&gt;&lt;/div&gt;&lt;!-- SC_ON --&gt;
&amp;#32; submitted by &amp;#32; &lt;a href="https://www.reddit.com/user/someone"&gt; /u/someone &lt;/a&gt;
&lt;br/&gt; &lt;span&gt;&lt;a href="https://x.example/"&gt;[link]&lt;/a&gt;&lt;/span&gt; &amp;#32;
&lt;span&gt;&lt;a href="https://www.reddit.com/r/syria/comments/1ah/"&gt;[comments]&lt;/a&gt;&lt;/span&gt;</content>
<id>t3_1ahxyz</id><link href="https://www.reddit.com/r/syria/comments/1ahxyz/strikes/"/>
<updated>2024-02-02T22:00:00+00:00</updated><published>2024-02-02T22:00:00+00:00</published>
<title>Strikes on the border</title></entry></feed>"""


def test_reddit_is_read_through_its_feed_without_its_boilerplate() -> None:
    world = World({"/r/syria/new/.rss?limit=100": REDDIT})
    poll = world.poll("reddit", subreddit="syria", base_url="{base}")
    post = one(poll.posts, "reddit")
    assert (post.id, post.title) == ("reddit:t3_1ahxyz", "Strikes on the border")
    assert post.text == "Strikes, see https://twitter.com/q/status/1753552223372177870"
    assert (post.author.name, post.author.handle) == ("someone", "u/someone")
    assert one(poll.posts, "x").parents[0].platform == "reddit"

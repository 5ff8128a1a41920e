"""Bluesky accounts, lists and generators through the public AppView."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.errors import ParseError, PreviewUnavailable
from tests.net.server import Request
from tests.sources.support import Served, World

DID = "did:plc:vjug55kidv6sye7ykr5faxxn"


def uri(rkey: str, did: str = DID) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


def view(number: int, record: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A PostView as app.bsky.feed.defs describes it."""
    when = f"2024-02-02T10:{number:02}:00.000Z"
    return {
        "uri": uri(f"post{number}"),
        "cid": "bafy",
        "author": {"did": DID, "handle": "desk.example.org", "displayName": "Le Desk"},
        "record": {
            "$type": "app.bsky.feed.post",
            "text": f"Frappe numéro {number}",
            "createdAt": when,
            "langs": ["fr"],
            **(record or {}),
        },
        "replyCount": 1,
        "repostCount": 2,
        "likeCount": 3,
        "quoteCount": 0,
        "indexedAt": when,
        "labels": [],
        **changes,
    }


def appview(newest: int, missing: tuple[int, ...] = (), page: int = 3) -> World:
    def site(request: Request) -> Served:
        cursor = int(parse_qs(urlsplit(request.path).query).get("cursor", [newest + 1])[0])
        numbers = [n for n in range(cursor - 1, 0, -1) if n not in missing][:page]
        more = {"cursor": str(numbers[-1])} if numbers and numbers[-1] > 1 else {}
        return {"feed": [{"post": view(n)} for n in numbers], **more}

    return World(site)


def actor(world: World, state: Any = None) -> Any:
    return world.poll("bluesky", state, actor="@desk.example.org", base_url="{base}")


def only(feed_view: dict[str, Any]) -> Any:
    return actor(World(lambda _: {"feed": [feed_view]})).posts


def test_a_post_in_full() -> None:
    (post,) = only({"post": view(1)})
    assert post.id == f"bluesky:{DID}/post1"
    assert post.text == "Frappe numéro 1"
    assert (post.author.name, post.author.handle) == ("Le Desk", "@desk.example.org")
    assert post.published_at == datetime(2024, 2, 2, 10, 1, tzinfo=UTC)
    assert post.language_tag == "fr"
    assert post.metrics == {"replies": 1, "reposts": 2, "likes": 3, "quotes": 0}


def test_facets_write_shortened_links_out_and_give_the_tags() -> None:
    shown, link = "example.org/2024/02...", "https://example.org/2024/02/frappes"
    text = f"À lire: {shown} #qaïm"
    start = text.encode().index(shown.encode())
    facets = [
        {
            "index": {"byteStart": start, "byteEnd": start + len(shown.encode())},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": link}],
        },
        {
            "index": {"byteStart": 0, "byteEnd": 9999},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "qaïm"}],
        },
    ]
    (post,) = only({"post": view(1, {"text": text, "facets": facets})})
    assert post.text == f"À lire: {link} #qaïm"
    assert post.tags == ("qaïm",)


def test_a_facet_that_points_nowhere_changes_nothing() -> None:
    facets = [
        {
            "index": {"byteStart": 5, "byteEnd": 2},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://x.example"}],
        },
        {"index": None, "features": "x"},
    ]
    (post,) = only({"post": view(1, {"facets": facets})})
    assert post.text == "Frappe numéro 1"


def test_a_repost_is_told_apart_from_the_original() -> None:
    reason = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "by": {"did": "did:plc:b", "handle": "b.example"},
        "indexedAt": "2024-02-03T09:00:00Z",
    }
    repost, original = only({"post": view(1), "reason": reason})
    assert original.id == f"bluesky:{DID}/post1"
    assert repost.repost_of == original.id
    assert repost.id != original.id
    assert repost.author.handle == "@b.example"
    assert repost.published_at == datetime(2024, 2, 3, 9, 0, tzinfo=UTC)


def test_a_quote_post_names_and_brings_what_it_quotes() -> None:
    quoted = {
        "$type": "app.bsky.embed.record#viewRecord",
        "uri": uri("quoted", "did:plc:q"),
        "author": {"did": "did:plc:q", "handle": "q.example"},
        "value": {"text": "L'original", "createdAt": "2024-02-01T00:00:00Z"},
        "indexedAt": "2024-02-01T00:00:00Z",
    }
    embed = {"$type": "app.bsky.embed.record#view", "record": quoted}
    record = {"embed": {"$type": "app.bsky.embed.record", "record": {"uri": quoted["uri"]}}}
    post, inner = only({"post": view(1, record, embed=embed)})
    assert post.quotes == inner.id == "bluesky:did:plc:q/quoted"
    assert inner.text == "L'original"
    assert inner.parents[0].url == post.url


def test_a_quoted_post_that_was_deleted_is_only_named() -> None:
    gone = {"$type": "app.bsky.embed.record#viewNotFound", "uri": uri("x"), "notFound": True}
    record = {"embed": {"record": {"uri": uri("x")}}}
    (post,) = only({"post": view(1, record, embed={"record": gone})})
    assert post.quotes == f"bluesky:{DID}/x"


def test_replies_images_and_labels() -> None:
    record = {"reply": {"parent": {"uri": uri("up")}, "root": {"uri": uri("root")}}}
    images = [{"alt": "Une fumée noire", "fullsize": "https://cdn.example/a.jpg"}]
    embed = {"$type": "app.bsky.embed.images#view", "images": images}
    labels = [{"val": "graphic-media"}, {"val": "!no-unauthenticated"}]
    (post,) = only({"post": view(1, record, embed=embed, labels=labels)})
    assert post.reply_to == f"bluesky:{DID}/up"
    assert post.media == ("photo: Une fumée noire",)
    assert post.content_warning == "graphic-media"


def test_pages_are_turned_back_to_what_was_seen() -> None:
    first = actor(appview(4))
    again = actor(appview(10), first.state)
    assert [int(p.external_id[-1]) for p in again.posts] == [0, 9, 8, 7, 6, 5, 4, 3, 2]


def test_a_post_missing_from_an_authors_newest_page_was_deleted() -> None:
    first = actor(appview(4))
    again = actor(appview(4, missing=(3,)), first.state)
    assert again.deleted == (f"bluesky:{DID}/post3",)


def test_a_post_that_moved_off_the_newest_page_was_not_deleted() -> None:
    first = actor(appview(4))
    assert actor(appview(6), first.state).deleted == ()


def test_lists_and_generators_are_asked_for_by_their_methods() -> None:
    world = appview(1)
    world.poll("bluesky", list=f"at://{DID}/app.bsky.graph.list/abc", base_url="{base}")
    world.poll("bluesky", feed=f"at://{DID}/app.bsky.feed.generator/abc", base_url="{base}")
    methods = [path.partition("?")[0].rpartition(".")[2] for path in world.requests]
    assert methods == ["getListFeed", "getFeed"]


def test_an_account_the_public_may_not_see_says_so() -> None:
    body = {"error": "InvalidRequest", "message": "Profile not found"}
    with pytest.raises(PreviewUnavailable, match=r"desk\.example\.org"):
        actor(World(lambda _: (400, body)))


@pytest.mark.parametrize("body", [{"x": 1}, [], "<html>"])
def test_an_answer_that_is_no_feed_is_an_error(body: Any) -> None:
    with pytest.raises(ParseError):
        actor(World(lambda _: body))


def test_what_is_no_post_does_not_stop_the_others() -> None:
    odd = [{}, {"post": {"uri": "at://x/other/1"}}, {"post": None}, {"post": view(1)}]
    (post,) = actor(World(lambda _: {"feed": odd})).posts
    assert post.text == "Frappe numéro 1"


def test_backfill_pages_back_to_the_date() -> None:
    since = datetime(2024, 2, 2, 10, 5, tzinfo=UTC)
    pages = appview(9).backfill("bluesky", since, actor="desk.example.org", base_url="{base}")
    assert [len(poll.posts) for poll in pages] == [3, 3]

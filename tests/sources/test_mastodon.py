"""Mastodon accounts, hashtags and timelines through the REST API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from monitor.errors import ParseError, PreviewUnavailable
from monitor.sources import kinds
from tests.net.server import Request
from tests.sources.support import NOW, Served, World

BASE_ID = 111861234567890000


def status(number: int, **changes: Any) -> dict[str, Any]:
    """A Status entity in the form of the API's documentation."""
    known = str(BASE_ID + number)
    return {
        "id": known,
        "created_at": f"2024-02-02T10:{number:02}:00.000Z",
        "in_reply_to_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "fr",
        "uri": f"https://home.example/users/desk/statuses/{known}",
        "url": f"https://home.example/@desk/{known}",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "edited_at": None,
        "content": '<p>Frappes à <a href="https://home.example/tags/qaim" class="mention hashtag"'
        ' rel="tag">#<span>qaim</span></a><br />Deux lignes</p><p>Fin</p>',
        "reblog": None,
        "account": {"id": "9", "username": "desk", "acct": "desk", "display_name": "Le Desk"},
        "media_attachments": [
            {"id": "1", "type": "image", "url": "https://m.example/a.jpg", "description": "Fumée"},
            {"id": "2", "type": "video", "url": "https://m.example/b.mp4", "description": None},
        ],
        "tags": [{"name": "qaim", "url": "https://home.example/tags/qaim"}],
        **changes,
    }


def server(newest: int, missing: tuple[int, ...] = (), page: int = 3, **changes: Any) -> World:
    """An instance with statuses 1…newest that pages as the API does."""

    def site(request: Request) -> Served:
        parts = urlsplit(request.path)
        query = {k: int(v[0]) - BASE_ID for k, v in parse_qs(parts.query).items() if "_id" in k}
        if parts.path == "/api/v1/accounts/lookup":
            return {"id": "9", "acct": "desk"}
        numbers = [
            n
            for n in range(newest, 0, -1)
            if n not in missing and query.get("since_id", 0) < n < query.get("max_id", newest + 1)
        ]
        return [status(n, **changes) for n in numbers[:page]]

    return World(site)


def account(world: World, state: Any = None) -> Any:
    return world.poll("mastodon", state, server="{base}", account="@desk")


def test_a_status_in_full() -> None:
    (post, *_) = account(server(1)).posts
    assert post.id == f"mastodon:home.example/{BASE_ID + 1}"
    assert post.text == "Frappes à #qaim\nDeux lignes\n\nFin"
    assert post.author.name == "Le Desk"
    assert post.author.handle is not None
    assert post.author.handle.startswith("@desk@127.0.0.1")
    assert post.published_at == datetime(2024, 2, 2, 10, 1, tzinfo=UTC)
    assert post.media == ("image: Fumée", "https://m.example/b.mp4")
    assert (post.language_tag, post.tags) == ("fr", ("qaim",))
    assert post.metrics == {"replies": 1, "reposts": 2, "likes": 3}
    assert post.content_warning is None


def test_content_warnings_edits_and_replies() -> None:
    changed: dict[str, Any] = {
        "spoiler_text": "guerre",
        "edited_at": "2024-02-02T11:00:00.000Z",
        "in_reply_to_id": "5",
    }
    (post,) = account(server(1, **changed)).posts
    assert post.content_warning == "guerre"
    assert post.edited_at == datetime(2024, 2, 2, 11, 0, tzinfo=UTC)
    assert post.reply_to is not None
    assert post.reply_to.endswith("/5")


def test_a_boost_is_a_repost_of_the_original() -> None:
    known = str(BASE_ID + 50)
    original = status(50, account={"acct": "else@other.example", "display_name": "Autre"})
    original |= {"uri": f"https://other.example/users/else/statuses/{known}"}
    boost, inner = account(server(1, reblog=original, content="")).posts
    assert inner.id == f"mastodon:other.example/{known}"
    assert inner.author.handle == "@else@other.example"
    assert boost.repost_of == inner.id
    assert boost.id != inner.id
    assert boost.text == inner.text


def test_paging_goes_back_to_since_id_and_no_further() -> None:
    first = account(server(4))
    world = server(12)
    again = account(world, first.state)
    numbers = [int(p.external_id.rpartition("/")[2]) - BASE_ID for p in again.posts]
    assert numbers == [12, 11, 10, 9, 8, 7, 6, 5]
    assert "since_id=" not in world.requests[0]
    assert all(f"since_id={BASE_ID + 4}" in path for path in world.requests[1:])
    assert not any("lookup" in path for path in world.requests)


def test_a_status_missing_from_an_accounts_newest_page_was_deleted() -> None:
    first = account(server(3))
    again = account(server(3, missing=(2,)), first.state)
    assert again.deleted == (f"mastodon:home.example/{BASE_ID + 2}",)
    assert account(server(3), first.state).deleted == ()


def test_a_hashtag_that_shows_a_status_no_more_is_no_deletion() -> None:
    first = server(3).poll("mastodon", base_url="{base}", tag="#qaim")
    again = server(3, missing=(2,)).poll("mastodon", first.state, base_url="{base}", tag="#qaim")
    assert again.deleted == ()


def test_hashtags_and_timelines_are_asked_for_by_their_paths() -> None:
    world = server(1)
    world.poll("mastodon", server="{base}", tag="#qaim", local=True)
    world.poll("mastodon", server="{base}", timeline=True)
    assert world.requests == [
        "/api/v1/timelines/tag/qaim?limit=40&local=true",
        "/api/v1/timelines/public?limit=40",
    ]


def test_a_rate_limit_used_up_says_when_to_come_back() -> None:
    reset = NOW + timedelta(minutes=4)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset.isoformat()}
    poll = World(lambda _: (200, [status(1)], headers)).poll(
        "mastodon", server="{base}", timeline=True
    )
    assert poll.not_before == reset


@pytest.mark.parametrize("code", [401, 403, 422])
def test_an_instance_that_closed_anonymous_access_says_so(code: int) -> None:
    body = {"error": "This method requires an authenticated user"}
    with pytest.raises(PreviewUnavailable, match="without an account"):
        World(lambda _: (code, body)).poll("mastodon", server="{base}", timeline=True)


def test_an_account_nobody_knows_says_so() -> None:
    with pytest.raises(PreviewUnavailable, match="knows no account 'desk'"):
        World({}).poll("mastodon", server="{base}", account="desk")


@pytest.mark.parametrize("body", ["<html>", {"error": "x"}, "null"])
def test_an_answer_that_is_no_timeline_is_an_error(body: Any) -> None:
    with pytest.raises(ParseError):
        World(lambda _: body).poll("mastodon", server="{base}", timeline=True)


def test_a_status_with_everything_missing_does_not_stop_the_others() -> None:
    odd = [{}, {"id": 7, "account": None, "tags": [None], "media_attachments": "x"}, status(1)]
    poll = World(lambda _: odd).poll("mastodon", server="{base}", timeline=True)
    assert poll.posts[-1].text.startswith("Frappes")


def test_servers_that_number_in_their_own_way_are_read_without_paging() -> None:
    flakes = [status(1, id="AeXyz9"), status(2, id="²")]
    first = account(World(lambda r: {"id": "9"} if "lookup" in r.path else flakes))
    again = account(World(lambda _: flakes[:1]), first.state)
    assert (len(first.posts), len(again.posts), again.deleted) == (2, 1, ())


def test_backfill_pages_back_to_the_date() -> None:
    since = datetime(2024, 2, 2, 10, 5, tzinfo=UTC)
    pages = server(9).backfill("mastodon", since, server="{base}", account="desk")
    assert [len(poll.posts) for poll in pages] == [3, 3]


def test_exactly_one_of_account_tag_and_timeline_is_wanted() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        kinds()["mastodon"].options.model_validate(
            {"server": "https://m.example", "account": "a", "tag": "b"}
        )

"""The web page and API: what they show, what they refuse, and that no text of strangers acts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from monitor.model import Author, Event, LinkedPost, Parent
from monitor.show.html import Nowhere, card
from monitor.show.web.app import PAGE, Web
from monitor.show.web.guard import host_name, is_loopback
from monitor.show.web.pages import nearest
from monitor.store import SqliteStore
from tests.show.alerts.samples import a_store, about, keep
from tests.show.samples import ARABIC, ENGLISH, NOON, STRIKES, link, linked, plain, post

EVENT = Event(id=STRIKES, title="US strikes in Iraq and Syria", started_at=NOON, places=("Iraq",))
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>\x1b[2J\u202e&lt;\ud800\x9b\x07"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = a_store(tmp_path, [linked(1), about(2, status="suggested", probability=0.6), plain(3)])
    yield opened
    opened.close()


def serve(store: SqliteStore, token: str | None = None) -> TestClient:
    web = Web(
        store, {EVENT.id: EVENT}, ["presse", "meteo"], ["ar", "fr", "en"], token=token, who="ana",
        clock=lambda: NOON,
    )  # fmt: skip
    app = web.app(["127.0.0.1"])
    return TestClient(app, base_url="http://127.0.0.1:8420", raise_server_exceptions=False)


def hostile(n: int = 9) -> LinkedPost:
    lp = linked(n, HOSTILE)
    bad = replace(
        lp.post,
        external_id=f"{n}\"'><script>",
        author=Author(HOSTILE, HOSTILE),
        url="javascript:alert(1)",
        parents=(Parent("javascript:alert(1)", HOSTILE), Parent("https://a.example/\"onx='", "x")),
        media=(HOSTILE,),
        published_raw=HOSTILE,
    )
    english = replace(lp.analysis.translation, text=HOSTILE, model=HOSTILE)  # type: ignore[type-var]
    links = (replace(link(bad.id, title=HOSTILE), explanation=HOSTILE),)
    analysis = replace(lp.analysis, translation=english, links=links, warnings=(HOSTILE,))
    return replace(lp, post=bad, analysis=analysis)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


# reading


def test_the_page_shows_posts_with_originals_english_links_and_reasons(store: SqliteStore) -> None:
    page = serve(store).get("/").text
    for said in (
        ARABIC, ENGLISH, "US strikes in Iraq and Syria", "97&nbsp;%".replace("&nbsp;", " "),
        "where the strikes fell", "Al-Qaim, IQ", "found in 1 page", "! a number is missing",
        "Rain in Marseille", 'dir="auto" lang="ar"', "3 posts",
    ):  # fmt: skip
        assert said in page


def test_a_draft_translation_is_marked(store: SqliteStore) -> None:
    lp = linked(7)
    draft = replace(lp.analysis.translation, draft=True)  # type: ignore[type-var]
    lp = replace(lp, analysis=replace(lp.analysis, translation=draft))
    assert f"</b> {ENGLISH}" in card(lp, Nowhere())
    assert '<b class="draft" title="by the small embedded model">draft</b>' in card(lp, Nowhere())
    assert "draft" not in card(linked(7), Nowhere())


def test_filters_are_those_of_monitor_links(store: SqliteStore) -> None:
    client = serve(store)

    def ids(query: str) -> list[str]:
        return [each["post"]["id"] for each in client.get(f"/api/posts?{query}").json()["posts"]]

    assert ids("") == ["web:3", "x:2", "x:1"]
    assert ids("lang=en") == ["web:3"]
    assert ids("status=suggested") == ["x:2"]
    assert ids(f"event={STRIKES}&min=0.9") == ["x:1"]
    assert ids("search=marseille") == ["web:3"]
    assert ids("source=presse&status=suggested&status=confirmed") == ["x:2", "x:1"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"event={STRIKES[:-1]}", f"did you mean '{STRIKES}'?"),
        ("source=pressse", "did you mean 'presse'?"),
        ("status=confirmd", "did you mean 'confirmed'?"),
        ("lang=de", "no followed language 'de' (there are ar, en, fr)"),
        ("min=2", "is not a probability between 0 and 1"),
        ("since=soon", "is not a time such as 2h, 3d, yesterday"),
        ("before=x", "before: 'x' is not a whole number"),
    ],
)
def test_an_unknown_filter_suggests_the_nearest(store: SqliteStore, query: str, said: str) -> None:
    answer = serve(store).get(f"/api/posts?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert serve(store).get(f"/?{query}").status_code == 400


def test_pages_go_back_and_followers_go_on(store: SqliteStore) -> None:
    client = serve(store)
    first = client.get("/api/posts?limit=2").json()
    rest = client.get(f"/api/posts?limit=2&before={first['next']}").json()
    assert [each["post"]["id"] for each in rest["posts"]] == ["x:1"]
    keep(store, [plain(4)])
    after = client.get(f"/api/posts?after={first['last_seq']}").json()
    assert [each["post"]["id"] for each in after["posts"]] == ["web:4"]


def test_a_long_list_has_a_link_to_older_posts(store: SqliteStore) -> None:
    keep(store, [plain(n) for n in range(100, 100 + PAGE)])
    page = serve(store).get("/?search=").text
    found = re.search(r'href="(/\?before=\d+)"', page)
    assert found
    assert "Rain in Marseille" not in page or page.count("<article") == PAGE
    assert ARABIC in serve(store).get(found[1]).text


def test_what_came_since_is_given_to_the_page_oldest_first(store: SqliteStore) -> None:
    client = serve(store)
    seq = client.get("/live").json()["seq"]
    assert client.get(f"/live?after={seq}").json()["html"] == ""
    keep(store, [plain(4), plain(5)])
    fresh = client.get(f"/live?after={seq}").json()
    assert [e["data-id"] for t, e in Elements(fresh["html"]).found if t == "article"] == [
        "web:4", "web:5",
    ]  # fmt: skip
    assert fresh["seq"] > seq


def test_a_post_has_a_page_with_its_evidence_and_earlier_texts(store: SqliteStore) -> None:
    keep(store, [replace(plain(3, "Rain in Marseille, then sun"))])
    page = serve(store).get("/posts/web:3").text
    assert "Earlier texts" in page
    page = serve(store).get("/posts/x:1").text
    for said in ("+2.1", "القائم ↔ al-Qaim", "-0.6", "no number in common", "opus-mt-ar-en"):
        assert said in page


def test_an_event_has_a_page_with_pictures(store: SqliteStore) -> None:
    assert f'href="/events/{STRIKES}"' in serve(store).get("/events").text
    page = serve(store).get(f"/events/{STRIKES}?since=7d").text
    assert page.count("<svg") == 5
    assert ARABIC in page


def test_the_api_is_what_the_schemas_say(store: SqliteStore) -> None:
    client = serve(store)
    schema = client.get("/api/schemas/linked-post.schema.json").json()
    assert schema == json.loads(
        files("monitor").joinpath("schemas/linked-post.schema.json").read_text("utf-8")
    )
    jsonschema.Draft202012Validator(schema).validate(client.get("/api/posts/x:1").json())
    assert client.get("/api/events").json()[0]["id"] == STRIKES
    status = client.get("/api/status").json()
    assert (status["posts"], status["feeds_in_trouble"]) == (3, [])


@pytest.mark.parametrize("form", ["jsonl", "csv", "geojson", "rss", "jsonfeed"])
def test_a_filter_can_be_had_in_the_formats_of_other_programs(
    store: SqliteStore, form: str
) -> None:
    answer = serve(store).get(f"/posts.{form}?lang=ar")
    assert answer.status_code == 200
    assert "القائم" in answer.text
    assert "Marseille" not in answer.text


@pytest.mark.parametrize(
    "address",
    ["/posts/none", "/events/none", "/static/app.py", "/static/..%2fapp.py", "/posts.xls", "/x",
     "/api/posts/none", "/api/schemas/none"],
)  # fmt: skip
def test_what_is_not_there_is_said(store: SqliteStore, address: str) -> None:
    answer = serve(store).get(address)
    assert answer.status_code == 404
    if address.startswith("/api/"):
        assert "error" in answer.json()


def test_a_store_that_fails_is_said_and_shows_no_insides(store: SqliteStore) -> None:
    store.close()
    store.path.with_name("monitor.db").write_bytes(b"no database, none at all" * 100)
    answer = serve(store).get("/api/posts")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text


# strangers


@pytest.mark.parametrize(
    "address", ["/", "/posts/{id}", "/events", f"/events/{STRIKES}?since=7d", "/live", "/?search="]
)
def test_hostile_text_is_text(store: SqliteStore, address: str) -> None:
    lp = hostile()
    keep(store, [lp])
    client = serve(store, token="t0ken")
    answer = client.get(address.format(id="x:9%22%27%3E%3Cscript%3E"))
    assert answer.status_code == 200
    page = answer.json()["html"] if address == "/live" else answer.text
    allowed = {"/static/live.js"}
    for tag, attributes in Elements(page).found:
        assert tag not in ("img", "iframe", "object", "b onx", "base", "style")
        assert tag != "script" or attributes.get("src") in allowed
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action"):
            assert re.match(r"https?://|/|\?|data:,|$", attributes.get(name) or "")
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(page)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_no_text_makes_an_element_or_leaves_its_own(text: str) -> None:
    def shape(said: str) -> list[str]:
        lp = linked(1, said or "x")
        lp = replace(lp, post=post(1, said or "x", title=None, author=Author(said or "x")))
        page = card(lp, Nowhere(), evidence=True)
        page.encode("utf-8")
        return [tag for tag, _ in Elements(page).found]

    named = [tag for tag in shape("plain") if tag != "bdi"]
    assert [tag for tag in shape(text) if tag != "bdi"] == named


def test_every_answer_forbids_inline_scripts_framing_and_loading_from_elsewhere(
    store: SqliteStore,
) -> None:
    for address in ("/", "/api/posts", "/none", "/static/style.css"):
        headers = serve(store).get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_name_that_is_not_ours_is_refused(store: SqliteStore, host: str) -> None:
    """DNS rebinding: evil.example may resolve to 127.0.0.1 in a visitor's browser."""
    answer = serve(store).get("/api/posts", headers={"Host": host})
    assert answer.status_code == 421
    assert "linked-post" not in answer.text


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8420", "localhost"), ("[::1]:80", "::1"), ("A.example", "a.example")],
)
def test_host_names_are_read_without_their_port(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x", False)],
)
def test_loopback_is_this_machine_alone(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# deciding


def decide(client: TestClient, **changes: Any) -> tuple[int, str]:
    form = {"token": "t0ken", "post": "x:2", "event": STRIKES, "verdict": "accept"}
    headers = {"Origin": "http://127.0.0.1:8420"} | changes.pop("headers", {})
    answer = client.post("/review", data=form | changes, headers=headers, follow_redirects=False)
    return answer.status_code, answer.text


def statuses(store: SqliteStore) -> dict[str, str]:
    return {lp.post.id: each.status for lp in store.linked() for each in lp.analysis.links}


def test_a_link_is_accepted_and_rejected_from_its_page(store: SqliteStore) -> None:
    client = serve(store, token="t0ken")
    assert 'value="t0ken"' in client.get("/posts/x:2").text
    assert decide(client)[0] == 303
    assert statuses(store)["x:2"] == "accepted"
    assert decide(client, verdict="reject")[0] == 303
    assert statuses(store)["x:2"] == "rejected"
    assert [each.who for each in store.decisions()] == ["ana", "ana"]


def test_a_post_is_assigned_to_another_event_or_to_none_from_its_page(store: SqliteStore) -> None:
    client = serve(store, token="t0ken")
    page = Elements(client.get("/posts/web:3").text).found
    assert ("option", {"value": STRIKES}) in page
    assert {"assign", "none"} <= {e["value"] for tag, e in page if tag == "button" and "value" in e}
    assert decide(client, post="web:3", verdict="assign")[0] == 303
    assert statuses(store)["web:3"] == "accepted"
    assert decide(client, post="web:3", verdict="none", event="")[0] == 303
    assert statuses(store)["web:3"] == "rejected"
    assert [(d.verdict, d.event_id, d.who, d.at) for d in store.decisions()] == [
        ("assign", STRIKES, "ana", NOON), ("none", None, "ana", NOON),
    ]  # fmt: skip


def test_an_event_that_nobody_knows_suggests_the_nearest(store: SqliteStore) -> None:
    status, page = decide(serve(store, token="t0ken"), verdict="assign", event=STRIKES[:-1])
    assert (status, f"did you mean &#x27;{STRIKES}&#x27;" in page) == (400, True)


def test_the_events_nearest_in_time_are_offered() -> None:
    def event(name: str, *days: int) -> Event:
        began, ended = (NOON + timedelta(days=day) for day in days) if days else (None, None)
        return Event(id=name, title=name, started_at=began, ended_at=ended)

    events = [event("undated"), event("long ago", -9, -8), event("soon", 1, 2), event("now", -5, 5)]
    assert [e.id for e in nearest(events, NOON, 3)] == ["now", "soon", "long ago"]
    assert [e.id for e in nearest(events, NOON, 9)][-1] == "undated"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": "guess"}, 403),
        ({"token": ""}, 403),
        ({"headers": {"Origin": "http://evil.example"}}, 403),
        ({"headers": {"Origin": "null"}}, 403),
        ({"headers": {"Origin": ""}}, 403),
        ({"verdict": "maybe"}, 400),
        ({"verdict": ""}, 400),
        ({"verdict": "assign", "event": "tower-22"}, 400),
        ({"verdict": "assign", "event": ""}, 400),
        ({"verdict": "assign", "token": "guess"}, 403),
        ({"verdict": "none", "headers": {"Origin": "http://evil.example"}}, 403),
        ({"verdict": "none", "post": "x:404"}, 400),
        ({"event": "tower-22"}, 400),
        ({"post": "x:404"}, 400),
        ({"post": "x" * 20_000}, 413),
    ],
)
def test_a_decision_from_elsewhere_or_about_nothing_is_refused(
    store: SqliteStore, changes: dict[str, Any], status: int
) -> None:
    before = statuses(store)
    assert decide(serve(store, token="t0ken"), **changes)[0] == status
    assert statuses(store) == before


def test_served_for_reading_nothing_can_be_decided(store: SqliteStore) -> None:
    client = serve(store)
    page = client.get("/posts/x:2").text
    assert '<button class="accept"' not in page
    assert "/review" not in page
    assert decide(client)[0] == 403
    assert client.get("/review").status_code == 405

"""The page's script, run in a JavaScript engine on the real page and the real server's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from py_mini_racer import MiniRacer
from starlette.testclient import TestClient

from monitor.model import FeedState
from monitor.store import SqliteStore
from tests.show.alerts.samples import a_store, about, keep
from tests.show.samples import NOON, STRIKES, linked
from tests.show.web.test_web import Elements, serve


class Browser:
    """A page opened at ``address``, whose script is run; time passes when a test says so."""

    def __init__(self, client: TestClient, address: str = "/") -> None:
        self._client, self._engine = client, MiniRacer()
        self.run(Path(__file__).with_name("dom.js").read_text("utf-8"))
        elements = Elements(client.get(address).text).found
        assert ("script", {"src": "/static/live.js", "defer": None}) in elements
        for tag, attributes in elements:
            data = {k[5:]: v for k, v in attributes.items() if k.startswith("data-")}
            made = f"new Element({json.dumps(data)}, {json.dumps(tag)})"
            if name := attributes.get("id"):
                self.run(f"browser.elements[{json.dumps(name)}] = {made}")
            elif tag == "article":
                self.run(f"browser.elements.posts.prepend({made})")
        self.run("browser.elements.posts.children.reverse()")
        self.run(f"location.search = {json.dumps(address.removeprefix('/'))}")
        self.run(client.get("/static/live.js").text)

    def ask(self) -> str:
        """Let the time pass until the script asks the server; the address it asks for."""
        self.run("browser.timers.shift()[0]()")
        assert self.get("browser.asked.accept") == "application/json"
        return str(self.get("browser.asked.address"))

    def answer(self) -> None:
        """Let it ask, and give it what the server says."""
        said = self._client.get(self.ask())
        self.run(f"browser.answer({said.status_code}, {json.dumps(said.json())})")

    @property
    def posts(self) -> list[str]:
        return list(self.get("browser.elements.posts.children.map((each) => each.dataset.id)"))

    @property
    def button(self) -> str | None:
        """What the button says; None where it is not to be seen."""
        fresh = "browser.elements.fresh"
        said: str | None = self.get(f"{fresh}.hidden ? null : {fresh}.textContent")
        return said

    @property
    def state(self) -> str:
        return str(self.get("browser.elements.state.textContent"))

    def close(self) -> None:
        self._engine.close()

    def get(self, expression: str) -> Any:
        return json.loads(str(self._engine.eval(f"JSON.stringify({expression})")))

    def run(self, code: str) -> None:
        self._engine.eval(f"{code}\n;0")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = a_store(tmp_path, [linked(1), linked(2)])
    yield opened
    opened.close()


@pytest.fixture
def page(store: SqliteStore) -> Iterator[Browser]:
    with closing(Browser(serve(store))) as opened:
        yield opened


def test_new_posts_come_on_top_and_the_state_is_told(store: SqliteStore, page: Browser) -> None:
    assert page.posts == ["x:2", "x:1"]
    keep(store, [about(3), about(4)])
    page.answer()
    assert page.posts == ["x:4", "x:3", "x:2", "x:1"]
    assert page.button is None
    assert page.state.startswith("4 posts")
    page.answer()  # nothing new
    assert page.posts == ["x:4", "x:3", "x:2", "x:1"]


def test_it_asks_for_what_came_after_with_the_filters_of_the_page(store: SqliteStore) -> None:
    with closing(Browser(serve(store), f"/?event={STRIKES}&min=0.5")) as page:
        assert page.ask() == f"/live?event={STRIKES}&min=0.5&after={store.last_seq()}"


def test_a_post_that_changed_keeps_its_place(store: SqliteStore, page: Browser) -> None:
    store.record_poll(FeedState("presse"), [], NOON, deleted=["x:1"])
    page.answer()
    assert page.posts == ["x:2", "x:1"]
    assert "deleted" in page.get("browser.elements.posts.children[1].html")


def test_under_a_reader_nothing_moves_until_the_button_is_pressed(
    store: SqliteStore, page: Browser
) -> None:
    page.run("window.scrollY = 500")
    keep(store, [about(3)])
    page.answer()
    assert (page.posts, page.button) == (["x:2", "x:1"], "1 new post")
    keep(store, [about(4)])
    page.answer()
    assert (page.posts, page.button) == (["x:2", "x:1"], "2 new posts")
    page.run("browser.elements.fresh.listeners.click()")
    assert (page.posts, page.button) == (["x:4", "x:3", "x:2", "x:1"], None)
    assert page.get("window.scrollY") == 0


def test_while_something_in_the_list_is_focused_nothing_moves(
    store: SqliteStore, page: Browser
) -> None:
    page.run("document.activeElement = browser.elements.posts.children[0]")
    keep(store, [about(3)])
    page.answer()
    assert (page.posts, page.button) == (["x:2", "x:1"], "1 new post")


def test_an_empty_page_fills_and_no_longer_says_that_nothing_fits(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with closing(store), closing(Browser(serve(store))) as page:
        assert page.get("'nothing' in browser.elements")
        keep(store, [about(1)])
        page.answer()
        assert (page.posts, page.get("'nothing' in browser.elements")) == (["x:1"], False)


def test_it_goes_on_asking_ever_less_often_while_the_server_is_away(
    store: SqliteStore, page: Browser
) -> None:
    waits, state = [], page.state
    for failure in ("browser.fail()", "browser.answer(503, {error: 'locked'})", "browser.fail()"):
        waits.append(page.get("browser.timers[0][1]"))
        page.ask()
        page.run(failure)
        assert (page.state == state) is (len(waits) < 2)  # once is nothing to be told of
    assert page.state == "connection lost, trying again"
    assert waits == sorted(set(waits))
    page.answer()
    assert page.state.startswith("2 posts")
    assert page.get("browser.timers[0][1]") == waits[0]


def test_the_list_does_not_grow_for_ever(store: SqliteStore, page: Browser) -> None:
    for start in range(10, 410, 40):
        keep(store, [about(n) for n in range(start, start + 40)])
        page.answer()
    assert (len(page.posts), page.posts[0]) == (300, "x:409")


def test_a_page_of_older_posts_has_no_script(store: SqliteStore) -> None:
    older = Elements(serve(store).get(f"/?before={store.last_seq()}").text).found
    assert [tag for tag, _ in older if tag == "script"] == []

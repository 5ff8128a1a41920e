"""A restart changes no link: what the linker saw of late is kept beside the posts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.analyser import Analyser
from monitor.assemble import analyser_of, events_of
from monitor.config import Config
from monitor.link import Linker
from monitor.link.stream import REMEMBERED as LOOKED_AT
from monitor.model import Decision, FeedState, Link, Post
from monitor.pipeline import work_off
from monitor.store import SqliteStore
from monitor.store.base import REMEMBERED
from tests.builders import NOW, a_post

CORPUS = Path(__file__).parents[2] / "benchmarks" / "corpus"
BATCH, BATCHES = 24, 5


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The events of some months."""
    folder = tmp_path_factory.mktemp("config")
    lines = (CORPUS / "events.jsonl").read_text("utf-8").splitlines()
    chosen = [line for line in lines if "-2024-0" in json.loads(line)["id"]]
    (folder / "events.jsonl").write_text("\n".join(chosen))
    return Config(events=(Path("events.jsonl"),), folder=folder)


@pytest.fixture(scope="module")
def posts(config: Config) -> list[Post]:
    """Posts about these events, as they came."""
    known = {event.id for event in events_of(config)}
    with (CORPUS / "posts.jsonl").open(encoding="utf-8") as file:
        rows = [row for line in file if (row := json.loads(line))["event_id"] in known]
    rows.sort(key=lambda row: row["published_at"])
    every = len(rows) // (BATCH * BATCHES)
    return [
        a_post(
            row["id"],
            row["text"],
            published_at=datetime.fromisoformat(row["published_at"]),
            collected_at=datetime.fromisoformat(row["published_at"]),
        )
        for row in rows[::every][: BATCH * BATCHES]
    ]


class Run:
    """Posts that come and are linked in batches, with a person who accepts one in the middle."""

    def __init__(self, path: Path, config: Config) -> None:
        self.store = SqliteStore(path)
        self.config = config
        self.restart()

    def restart(self) -> None:
        self.analyser: Analyser = analyser_of(self.config, events_of(self.config), self.store)

    def link(self, batch: int, posts: list[Post]) -> None:
        self.store.record_poll(FeedState("marsad"), posts, NOW)
        if batch == BATCHES // 2:
            accepted = next(item for item in self.store.linked() if item.analysis.links)
            event = accepted.analysis.links[0].event_id
            self.store.decide(Decision(accepted.post.id, event, "accept", "ana", NOW))
        # The clock goes on, so that every batch looks for decisions.
        assert work_off(self.store, self.analyser, NOW + timedelta(minutes=batch), BATCH)

    def links(self) -> dict[str, tuple[Link, ...]]:
        return {item.post.id: item.analysis.links for item in self.store.linked()}


def batches(posts: list[Post]) -> Iterator[tuple[int, list[Post]]]:
    for batch in range(BATCHES):
        yield batch, posts[batch * BATCH : (batch + 1) * BATCH]


def test_links_with_restarts_in_between_are_those_without(
    tmp_path: Path, config: Config, posts: list[Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, restarted = Run(tmp_path / "straight", config), Run(tmp_path / "restarted", config)
    forgetful = Run(tmp_path / "forgetful", config)
    for batch, some in batches(posts):
        for run in (straight, restarted, forgetful):
            run.link(batch, some)
        if batch % 2:
            restarted.restart()
            with monkeypatch.context() as without:
                without.setattr(Linker, "recall", lambda *_: None)
                forgetful.restart()
    assert restarted.links() == straight.links()
    assert forgetful.links() != straight.links()  # what is recalled is evidence


def test_after_new_settings_what_the_old_process_did_meanwhile_is_known_too(
    tmp_path: Path, config: Config, posts: list[Post]
) -> None:
    straight, reloaded = Run(tmp_path / "straight", config), Run(tmp_path / "reloaded", config)
    repeated = posts[-BATCH - 1]
    *before, meanwhile, last = batches([*posts[:-1], replace(repeated, external_id="again")])
    for some in before:
        straight.link(*some)
        reloaded.link(*some)
    new = analyser_of(config, events_of(config), reloaded.store)
    straight.link(*meanwhile)
    reloaded.link(*meanwhile)
    reloaded.analyser = new
    straight.link(*last)
    reloaded.link(*last)
    assert reloaded.links() == straight.links()
    [found] = [item for item in reloaded.store.linked() if item.post.external_id == "again"]
    assert found.duplicates.of == repeated.id


def test_what_is_kept_is_as_much_as_the_linker_looks_at() -> None:
    assert REMEMBERED == LOOKED_AT

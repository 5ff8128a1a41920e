"""What people change while the daemon runs is used at once, and posts of the last days are linked
again; what people decided stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.events import events_of
from monitor.link import Linker, tuned
from monitor.link.score import load_weights
from monitor.model import CONFIRM, SUGGEST, Analysis, Decision, FeedState, Language
from monitor.store import SqliteStore
from monitor.text.embed import Encoder, load_encoder
from monitor.translate import Translator
from monitor.upkeep import Upkeep, accepted_of, linker_settings
from tests.builders import NOW, a_link, a_post

EVENTS = """\
- {id: bridge, title: Bridge collapse in Basra, started_at: 2024-02-03}
- {id: ferry, title: Ferry sinks off Alexandria, started_at: 2024-02-02}
"""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "events.yaml").write_text(EVENTS)
    return Config(events=(Path("events.yaml"),), folder=tmp_path)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=2)
        return self.now


def keep(store: SqliteStore, *days_ago: float) -> list[str]:
    """Analysed posts of some days ago."""
    posts = [
        a_post(f"{days:g}", published_at=NOW - timedelta(days=days), text=f"Told {days} days ago")
        for days in days_ago
    ]
    store.record_poll(FeedState("marsad"), posts, NOW)
    done = [(item, Analysis(Language("en", 1.0))) for item in store.pending(100, NOW)]
    store.save_analyses(done)
    return [post.id for post in posts]


def waiting(store: SqliteStore) -> list[str]:
    return sorted(item.post.external_id for item in store.pending(100, NOW + timedelta(days=1)))


@pytest.fixture
def begin(config: Config, store: SqliteStore, encoder: Encoder) -> Callable[[], Upkeep]:
    """Starts what the daemon starts; again after a "restart"."""

    def begun() -> Upkeep:
        weights, suggest, confirm = linker_settings(config)
        linker = Linker(
            events_of(config), encoder=encoder, suggest=suggest, confirm=confirm,
            weights=weights.weights if weights else None, accepted=accepted_of(store),
        )  # fmt: skip
        return Upkeep(config, store, linker, Translator(config.path(config.translate.models)))

    return begun


def change(config: Config, text: str) -> None:
    config.path("events.yaml").write_text(text)


def look_until_settled(upkeep: Upkeep, clock: Clock) -> None:
    for _ in range(2):  # a file still being written is left alone
        upkeep.look(clock())


def test_a_first_start_and_a_restart_without_changes_link_nothing_again(
    begin: Callable[[], Upkeep], store: SqliteStore
) -> None:
    clock = Clock()
    keep(store, 1, 3)
    look_until_settled(begin(), clock)
    look_until_settled(begin(), clock)
    assert waiting(store) == []


def test_an_added_event_is_known_at_once_and_posts_since_it_began_are_linked_again(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore
) -> None:
    clock, upkeep = Clock(), begin()
    keep(store, 0.1, 1, 2.6, 5, 30)
    look_until_settled(upkeep, clock)
    change(config, EVENTS + "- {id: new, title: A new one, started_at: 2024-02-03}\n")
    look_until_settled(upkeep, clock)
    assert [e.id for e in upkeep.linker.catalogue.events] == ["bridge", "ferry", "new"]
    assert waiting(store) == ["0.1", "1"]  # two days before it began and later


def test_a_changed_event_links_the_last_week_again_and_no_more(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore
) -> None:
    clock, upkeep = Clock(), begin()
    keep(store, 0.1, 5, 6.9, 7.5, 30)
    look_until_settled(upkeep, clock)
    change(config, EVENTS.replace("Basra", "Mosul"))
    look_until_settled(upkeep, clock)
    assert waiting(store) == ["0.1", "5", "6.9"]


def test_what_changed_while_nothing_ran_is_noticed_at_the_next_start(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore
) -> None:
    clock = Clock()
    keep(store, 1)
    look_until_settled(begin(), clock)
    change(config, EVENTS.splitlines()[0])  # an event is taken out
    look_until_settled(begin(), clock)
    assert waiting(store) == ["1"]


def test_a_wrong_events_file_is_told_once_and_the_events_stay(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    clock, upkeep = Clock(), begin()
    keep(store, 1)
    look_until_settled(upkeep, clock)
    change(config, "- {id: bridge}\n")
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            upkeep.look(clock())
    told = [record.message for record in caplog.records]
    assert sum("events.yaml:1: event 'bridge' has no title" in line for line in told) == 1
    assert [e.id for e in upkeep.linker.catalogue.events] == ["bridge", "ferry"]
    assert waiting(store) == []
    change(config, EVENTS + "- {id: new, title: Put right}\n")
    look_until_settled(upkeep, clock)
    assert len(upkeep.linker.catalogue) == 3


def test_linking_again_leaves_what_people_decided(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore
) -> None:
    clock, upkeep = Clock(), begin()
    [post_id] = keep(store, 1)
    look_until_settled(upkeep, clock)
    store.decide(Decision(post_id, "ferry", "assign", "ana", NOW))
    change(config, EVENTS.replace("Basra", "Mosul"))
    look_until_settled(upkeep, clock)
    [item] = store.pending(10, NOW)
    link = a_link(post_id, "bridge")
    store.save_analyses([(item, Analysis(Language("en", 1.0), links=(link,)))])
    found = store.get(post_id)
    assert found is not None
    statuses = {link.event_id: link.status for link in found.analysis.links}
    assert statuses["ferry"] == "accepted"


def test_an_events_profile_grows_with_accepted_posts_while_the_daemon_runs_and_with_no_others(
    begin: Callable[[], Upkeep], store: SqliteStore
) -> None:
    clock, upkeep = Clock(), begin()
    texts = {"1": "the Vasco pylon gave way at dawn", "2": "a pylon near the mill is cracked"}
    posts = [a_post(number, text) for number, text in texts.items()]
    store.record_poll(FeedState("marsad"), posts, NOW)
    links = [(a_link(post.id, "bridge"),) for post in posts]
    pending = sorted(store.pending(10, NOW), key=lambda item: item.post.id)
    done = [
        (item, Analysis(Language("en", 1.0), links=found))
        for item, found in zip(pending, links, strict=True)
    ]
    store.save_analyses(done)
    look_until_settled(upkeep, clock)
    assert upkeep.linker.catalogue.accepted == {}  # linked by the machine, seen by nobody
    store.decide(Decision(posts[0].id, "bridge", "accept", "ana", NOW))
    upkeep.look(clock())
    assert upkeep.linker.catalogue.accepted == {"bridge": (texts["1"],)}
    store.decide(Decision(posts[0].id, "bridge", "reject", "ana", NOW))
    upkeep.look(clock())
    assert upkeep.linker.catalogue.accepted == {}


def test_tuned_weights_are_used_while_the_daemon_runs_and_taken_back(
    begin: Callable[[], Upkeep], config: Config, store: SqliteStore
) -> None:
    clock, upkeep = Clock(), begin()
    keep(store, 1)
    look_until_settled(upkeep, clock)
    shipped = load_weights()
    better = replace(shipped, features={**shipped.features, "place": 1.25})
    tuned.keep(config.path("tuned"), better, suggest=0.4, confirm=0.8)
    look_until_settled(upkeep, clock)
    assert upkeep.linker.weights.features["place"] == 1.25
    assert (upkeep.linker.suggest, upkeep.linker.confirm) == (0.4, 0.8)
    assert waiting(store) == ["1"]
    tuned.revert(config.path("tuned"))
    look_until_settled(upkeep, clock)
    assert upkeep.linker.weights == shipped


def test_thresholds_in_the_config_overrule_tuned_ones(tmp_path: Path) -> None:
    tuned.keep(tmp_path / "tuned", load_weights(), suggest=0.4, confirm=0.8)
    config = Config.model_validate({"link": {"confirm": 0.95}, "folder": tmp_path})
    assert linker_settings(config)[1:] == (0.4, 0.95)


def test_tuned_weights_of_another_version_are_named_and_the_shipped_ones_serve(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned" / "weights-1.json").write_text('{"features": {"dense": 1}}')
    with caplog.at_level(logging.WARNING):
        assert linker_settings(Config(folder=tmp_path)) == (None, SUGGEST, CONFIRM)
    assert "weights-1.json" in caplog.text


def test_events_given_at_the_start_that_are_older_than_their_file_are_read_again(
    config: Config, store: SqliteStore, encoder: Encoder
) -> None:
    keep(store, 1)
    older = events_of(config)
    change(config, EVENTS + "- {id: new, title: A new one}\n")
    linker = Linker(older, encoder=encoder)
    upkeep = Upkeep(config, store, linker, Translator(config.folder))
    upkeep.look(NOW)
    assert [event.id for event in upkeep.linker.catalogue.events] == ["bridge", "ferry", "new"]

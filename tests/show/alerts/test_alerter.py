"""Over a store: told once, sent until the receiver says yes, and nothing is lost by a kill."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import StoreError
from monitor.show.alerts import notes
from monitor.show.alerts.alerter import Alerter
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.settings import Rule
from monitor.store import SqliteStore
from tests.show.alerts.receivers import Received, WebReceiver, web
from tests.show.alerts.samples import a_store, about, keep, rule
from tests.show.samples import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = a_store(tmp_path)
    yield opened
    opened.close()


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def to(receiver: WebReceiver, **more: Any) -> Rule:
    return rule(to=[{"kind": "webhook", "url": receiver.url}], **more)


def once(a_rule: Rule, store: SqliteStore, clock: Clock) -> None:
    alerter = Alerter([a_rule], store, NOON - 60 * MINUTE, clock=clock)
    asyncio.run(alerter.run_once())


def bodies(receiver: WebReceiver) -> list[set[str]]:
    return [
        {each["post"]["id"] for each in json.loads(got.body)["posts"]} for got in receiver.requests
    ]


def test_what_was_there_before_the_first_rule_is_not_told(store: SqliteStore) -> None:
    keep(store, [about(1)])
    with web() as receiver:
        clock = Clock()
        once(to(receiver), store, clock)
        assert receiver.requests == []
        keep(store, [about(2)])
        once(to(receiver), store, clock)
    assert bodies(receiver) == [{"x:2"}]


def test_a_receiver_that_says_no_is_asked_again_later_with_the_same_bytes(
    store: SqliteStore,
) -> None:
    clock = Clock()
    with web() as receiver:
        once(to(receiver), store, clock)
        keep(store, [about(1)])
        receiver.answer = lambda _: 503
        once(to(receiver), store, clock)
        once(to(receiver), store, clock)  # not due yet
        assert len(receiver.requests) == 1
        (waiting,) = notes.every(store, Entry, notes.OUTBOX).values()
        assert waiting.attempts == 1
        assert "HTTP 503" in (waiting.last_error or "")
        receiver.answer = lambda _: 204
        clock.now += MINUTE
        once(to(receiver), store, clock)
        once(to(receiver), store, clock)
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert store.notes(notes.OUTBOX) == store.notes(notes.DOCUMENT) == {}
    assert len(store.notes(notes.SENT)) == 1


def test_many_alerts_for_a_receiver_that_hangs_do_not_hold_up_the_others(
    store: SqliteStore,
) -> None:
    hang = threading.Event()
    with web() as hanging, web() as well:
        hanging.answer = lambda _: hang.wait(60) and 204
        both = rule(to=[{"kind": "webhook", "url": each.url} for each in (hanging, well)])
        once(both, store, Clock())
        keep(store, [about(n, f"event-{n}") for n in range(20)])
        alerter = Alerter([both], store, NOON - 60 * MINUTE, clock=Clock())

        reached: list[int] = []

        async def until_all_came() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()

            def answer(_: Received) -> int:
                if len(well.requests) == 20:
                    reached.append(len(hanging.requests))
                    hang.set()
                    loop.call_soon_threadsafe(stop.set)
                return 204

            well.answer = answer
            await alerter.run(stop)

        asyncio.run(until_all_came())
    assert len(well.requests) == 20
    assert reached[0] <= 1


def test_a_receiver_that_failed_is_left_alone_and_then_gets_everything(store: SqliteStore) -> None:
    clock = Clock()
    with web() as receiver:
        once(to(receiver), store, clock)
        keep(store, [about(n, f"event-{n}") for n in range(5)])
        receiver.answer = lambda _: 503
        alerter = Alerter([to(receiver)], store, NOON - 60 * MINUTE, clock=clock)

        async def rounds() -> None:
            await alerter.run_once()
            await alerter.run_once()
            assert len(receiver.requests) == 1
            receiver.answer = lambda _: 204
            clock.now += MINUTE
            await alerter.run_once()

        asyncio.run(rounds())
    assert len(receiver.requests) == 6
    assert store.notes(notes.OUTBOX) == {}


def test_a_receiver_that_is_away_does_not_hold_up_the_others(store: SqliteStore) -> None:
    with web() as receiver:
        two = rule(
            to=[
                {"kind": "webhook", "url": "http://127.0.0.1:9/"},
                {"kind": "webhook", "url": receiver.url},
            ]
        )
        once(two, store, Clock())
        keep(store, [about(1)])
        once(two, store, Clock())
    assert len(receiver.requests) == 1
    assert len(store.notes(notes.OUTBOX)) == 1


def test_after_a_week_of_no_it_is_given_up_and_kept_for_people_to_see(store: SqliteStore) -> None:
    clock = Clock()
    with web() as receiver:
        receiver.answer = lambda _: 404
        once(to(receiver), store, clock)
        keep(store, [about(1)])
        once(to(receiver), store, clock)
        clock.now += timedelta(days=8)
        once(to(receiver), store, clock)
    assert store.notes(notes.OUTBOX) == {}
    assert len(store.notes(notes.FAILED)) == 1


def test_a_channel_that_left_the_settings_is_named(store: SqliteStore) -> None:
    clock = Clock()
    with web() as receiver:
        once(to(receiver), store, clock)
        keep(store, [about(1)])
        receiver.answer = lambda _: 500
        once(to(receiver), store, clock)
    clock.now += MINUTE
    once(rule(), store, clock)
    (entry,) = notes.every(store, Entry, notes.OUTBOX).values()
    assert entry.last_error == "webhook 127.0.0.1: no longer in the settings"


def test_a_start_is_calm_what_came_while_it_was_down_is_told_together(store: SqliteStore) -> None:
    clock = Clock()
    with web() as receiver:
        once(to(receiver), store, clock)
        keep(store, [about(n) for n in range(1, 9)])
        alerter = Alerter([to(receiver, grace="2m")], store, NOON, clock=clock)

        async def rounds() -> None:
            await alerter.run_once()
            assert receiver.requests == []
            clock.now += 2 * MINUTE
            await alerter.run_once()

        asyncio.run(rounds())
    assert bodies(receiver) == [{f"x:{n}" for n in range(1, 9)}]


def test_running_ends_when_told_to_and_posts_that_come_meanwhile_are_sent(
    store: SqliteStore,
) -> None:
    with web() as receiver:
        once(to(receiver), store, Clock())
        keep(store, [about(1)])
        alerter = Alerter([to(receiver)], store, NOON - 60 * MINUTE, clock=Clock())

        async def until_sent() -> None:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()

            def answer(_: Received) -> int:
                loop.call_soon_threadsafe(stop.set)
                return 204

            receiver.answer = answer
            await alerter.run(stop)

        asyncio.run(until_sent())
    assert bodies(receiver) == [{"x:1"}]
    assert store.notes(notes.OUTBOX) == {}


def test_a_delivery_that_cannot_be_noted_is_not_made_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with web() as receiver:
        once(to(receiver), store, clock)
        keep(store, [about(1)])
        alerter = Alerter([to(receiver)], store, NOON - 60 * MINUTE, clock=clock)
        note, broken = store.note, [True]

        def locked(changes: Mapping[str, str | None], now: datetime) -> None:
            if broken[0] and any(key.startswith(notes.SENT) for key in changes):
                broken[0] = False
                raise StoreError("is locked by another program")
            note(changes, now)

        monkeypatch.setattr(store, "note", locked)

        async def rounds() -> None:
            await alerter.run_once()
            clock.now += 60 * MINUTE
            await alerter.run_once()

        asyncio.run(rounds())
    assert len(receiver.requests) == 1
    assert len(store.notes(notes.SENT)) == 1


def test_the_store_is_never_asked_on_the_event_loop(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another program holds it locked, asking it takes seconds."""
    asked: dict[str, set[bool]] = {}

    def watch(name: str) -> None:
        whole = getattr(store, name)

        def asking(*args: Any, **options: Any) -> Any:
            asked.setdefault(name, set()).add(threading.current_thread() is threading.main_thread())
            return whole(*args, **options)

        monkeypatch.setattr(store, name, asking)

    with web() as receiver:
        receiver.answer = lambda got: 503 if len(receiver.requests) == 1 else 204
        once(to(receiver), store, Clock())
        keep(store, [about(n, f"event-{n}") for n in range(2)])
        for name in ("linked", "get", "notes", "noted", "note", "forget_notes", "last_seq"):
            watch(name)
        clock = Clock()
        once(to(receiver), store, clock)
        clock.now += 60 * MINUTE
        once(to(receiver), store, clock)
    assert len(receiver.requests) == 3
    assert asked.keys() >= {"linked", "get", "notes", "noted", "note", "forget_notes"}
    assert set().union(*asked.values()) == {False}


def test_while_another_program_holds_the_store_the_loop_turns_and_the_delivery_is_noted_later(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    note, noting = store.note, threading.Event()

    def told(changes: Mapping[str, str | None], now: datetime) -> None:
        if other.in_transaction:
            noting.set()
        note(changes, now)

    monkeypatch.setattr(store, "note", told)

    async def until_noted() -> None:
        alerter = Alerter([to(receiver)], store, NOON - 60 * MINUTE, clock=Clock())
        running = asyncio.create_task(alerter.run_once())
        while not noting.is_set():
            await asyncio.sleep(0)
        assert not running.done()
        other.execute("ROLLBACK")  # which nobody could do if the loop waited for it
        await running

    with web() as receiver:
        once(to(receiver), store, Clock())
        keep(store, [about(1)])

        def locks(_: Received) -> int:
            other.execute("BEGIN IMMEDIATE")
            return 204

        receiver.answer = locks
        asyncio.run(until_noted())
    other.close()
    assert "not noted yet" not in caplog.text
    assert len(receiver.requests) == len(store.notes(notes.SENT)) == 1


def test_old_traces_are_tidied_away(store: SqliteStore) -> None:
    clock = Clock()
    store.note({notes.SENT + "old": "1", notes.SEEN + "old": "1"}, NOON - timedelta(days=31))
    store.note({notes.SENT + "new": "1"}, NOON - timedelta(days=29))
    once(rule(), store, clock)
    assert list(store.notes("alerts/s")) == [notes.SENT + "new"]


# kill -9

EVENTS = 12
ALERTER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from monitor.show.alerts.alerter import Alerter
from monitor.store import SqliteStore
from tests.show.alerts.samples import rule

store = SqliteStore(Path(sys.argv[1]) / "monitor.db")
a_rule = rule(to=[{"kind": "webhook", "url": sys.argv[2]}], recent="300d")
alerter = Alerter([a_rule], store, datetime.min.replace(tzinfo=UTC))

async def main():
    stop = asyncio.Event()
    task = asyncio.create_task(alerter.run(stop))
    while store.notes("alerts/outbox/") or not store.notes("alerts/sent/"):
        await asyncio.sleep(0.05)
    stop.set()
    await task

asyncio.run(main())
"""


def test_killed_while_sending_nothing_is_lost_and_what_comes_twice_is_known_by_its_id(
    tmp_path: Path,
) -> None:
    """The receiver kills the sender: first before its answer is read, later after it was."""
    now = datetime.now(UTC)
    store = a_store(tmp_path)
    store.note({notes.CURSOR: "-1"}, now)
    keep(store, [about(n, f"event-{n}", at=now) for n in range(EVENTS)])
    store.close()
    running: list[subprocess.Popen[bytes]] = []
    lives = iter([1, 4, 2])  # the sender is killed at so many requests of its life
    left = 0

    with web() as receiver:

        def answer(_: Received) -> int:
            nonlocal left
            left -= 1
            if left == 0:
                running[-1].kill()
            return 204

        receiver.answer = answer
        ended = None
        while ended != 0:
            left = next(lives, -1)
            command = [sys.executable, "-c", ALERTER, str(tmp_path), receiver.url]
            with subprocess.Popen(command) as process:
                running.append(process)
                ended = process.wait(timeout=60)
    assert len(running) == 4
    ids = Counter(got.headers["webhook-id"] for got in receiver.requests)
    assert len(ids) == EVENTS
    told = {got.headers["webhook-id"]: got.body for got in receiver.requests}
    assert all(got.body == told[got.headers["webhook-id"]] for got in receiver.requests)
    posts = [each["post"]["id"] for body in told.values() for each in json.loads(body)["posts"]]
    assert sorted(posts) == sorted(f"x:{n}" for n in range(EVENTS))
    store = SqliteStore(tmp_path / "monitor.db")
    assert store.notes(notes.OUTBOX) == {}
    assert len(store.notes(notes.SENT)) == EVENTS
    store.close()

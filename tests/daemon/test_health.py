"""What the daemon says about itself: stages, health, metrics, and to systemd."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.config import Health
from monitor.daemon import metrics
from monitor.daemon.health import alive, answering, readiness
from monitor.daemon.metrics import Metrics
from monitor.daemon.notify import Notifier
from monitor.daemon.stages import Stages
from monitor.errors import MonitorError, StoreError, Unreachable
from monitor.model import Feed, FeedState, LinkedPost, Translation
from monitor.pipeline import Polled
from monitor.store import Recorded, SqliteStore
from tests.builders import NOW, a_link, a_post, an_analysis

LOCAL = Health(port=0)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def daemon(store: SqliteStore) -> Any:
    """As much of a daemon as can be asked."""
    stages = Stages(Time())
    metrics = Metrics(store, stages, lambda: NOW)
    return SimpleNamespace(beat_at=10.0**12, ready=True, stages=stages, metrics=metrics)


def ask(port: int | None, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# stages


def test_what_takes_longer_than_it_may_is_stuck_and_is_told_once() -> None:
    time = Time()
    stages = Stages(time)
    with stages.doing("poll", "france24", most_s=60), stages.doing("analysis", most_s=900):
        time.now = 61.0
        assert [str(item) for item in stages.stuck()] == ["poll france24 for 61 s, more than 60 s"]
        assert len(stages.newly_stuck()) == 1
        assert stages.newly_stuck() == []
        time.now = 901.0
        assert [item.stage for item in stages.newly_stuck()] == ["analysis"]
    assert stages.running() == []


def test_a_stage_that_fails_is_over() -> None:
    stages = Stages()
    with pytest.raises(ValueError, match="so"), stages.doing("poll", most_s=1):
        raise ValueError("so")
    assert stages.running() == []


# health


def test_a_daemon_that_is_well_says_so(daemon: Any, store: SqliteStore) -> None:
    with answering(LOCAL, daemon, store) as port:
        for path in ("/healthz", "/readyz"):
            status, body = ask(port, path)
            assert (status, json.loads(body)) == (200, {"ok": True, "problems": []})
        assert ask(port, "/")[0] == 404


def test_liveness_asks_nothing_of_the_store_and_readiness_does(
    daemon: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise StoreError("monitor.db: is damaged")

    monkeypatch.setattr(store, "last_seq", broken)
    with answering(LOCAL, daemon, store) as port:
        assert ask(port, "/healthz")[0] == 200
        status, body = ask(port, "/readyz")
        assert (status, json.loads(body)["problems"]) == (503, ["monitor.db: is damaged"])


def test_it_is_not_ready_before_the_models_are_loaded(daemon: Any, store: SqliteStore) -> None:
    daemon.ready = False
    assert readiness(daemon, store) == ["the models are being loaded"]


def test_what_is_stuck_is_named(daemon: Any, store: SqliteStore) -> None:
    with daemon.stages.doing("analysis", most_s=900):
        daemon.stages._clock.now = 1000.0
        assert readiness(daemon, store) == ["stuck: analysis for 1000 s, more than 900 s"]


def test_an_event_loop_that_stands_still_is_not_alive_and_what_it_is_at_is_said(
    daemon: Any,
) -> None:
    daemon.beat_at = 100.0
    with daemon.stages.doing("poll", "france24", most_s=900):
        assert alive(daemon, lambda: 110.0) == []
        assert alive(daemon, lambda: 140.0) == [
            "the event loop has not turned for 40 s, during: poll france24"
        ]


def test_without_a_port_nothing_listens(daemon: Any, store: SqliteStore) -> None:
    with answering(Health(), daemon, store) as port:
        assert port is None


def test_a_port_in_use_is_said_in_a_line(daemon: Any, store: SqliteStore) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = rf"health: cannot listen at 127\.0\.0\.1:{port}: Address already in use; is another"
        with (
            pytest.raises(MonitorError, match=taken),
            answering(Health(port=port), daemon, store),
        ):
            pass


# metrics


def numbers(daemon: Any) -> dict[str, float]:
    lines = daemon.metrics.text().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_polls_are_counted_by_feed_and_outcome(daemon: Any) -> None:
    feed = Feed("marsad", "telegram")
    failed = FeedState("marsad", failures=2)
    daemon.metrics.polled(feed, Polled(FeedState("marsad"), Recorded(new=3, seen=7)), 0.2)
    daemon.metrics.polled(feed, Polled(FeedState("marsad"), Recorded(seen=10)), 0.2)
    daemon.metrics.polled(feed, Polled(failed, error=Unreachable("http://a", "refused")), 4.0)
    found = numbers(daemon)
    assert found['monitor_polls_total{feed="marsad",outcome="new"}'] == 1
    assert found['monitor_polls_total{feed="marsad",outcome="unchanged"}'] == 1
    assert found['monitor_polls_total{feed="marsad",outcome="Unreachable"}'] == 1
    assert found['monitor_posts_found_total{as="seen",feed="marsad"}'] == 17
    assert found['monitor_feed_failures{feed="marsad"}'] == 2
    assert found["monitor_poll_seconds_count"] == 3
    assert found['monitor_poll_seconds_bucket{le="0.25"}'] == 2


def test_links_translations_and_warnings_are_counted_once_a_post(daemon: Any) -> None:
    post = a_post(collected_at=NOW - timedelta(seconds=3))
    english = Translation("words", "ar", "en", "e", "m", ("numbers differ",))
    analysis = an_analysis("ar", (a_link(post.id),), translation=english)
    item = LinkedPost(post, analysis)
    for _ in range(3):  # its repeats are counted again and again
        daemon.metrics.linked(item)
    accepted = replace(analysis.links[0], status="accepted")
    daemon.metrics.linked(LinkedPost(post, replace(analysis, links=(accepted,))))
    daemon.metrics.linked(LinkedPost(a_post("2"), an_analysis("ar", warnings=("no model",))))
    found = numbers(daemon)
    assert found['monitor_posts_analysed_total{language="ar"}'] == 2
    assert found['monitor_links_total{status="confirmed"}'] == 1
    assert found['monitor_links_total{status="accepted"}'] == 1
    assert found['monitor_translations_total{outcome="translated"}'] == 1
    assert found['monitor_translations_total{outcome="missing"}'] == 1
    assert found['monitor_warnings_total{about="translation"}'] == 1
    assert found['monitor_warnings_total{about="post"}'] == 1
    assert found['monitor_latency_seconds_bucket{le="5.0"}'] == 2
    assert found['monitor_latency_seconds_bucket{le="2.0"}'] == 1


def test_of_posts_counted_before_a_number_each_is_remembered_and_no_more_than_the_bound(
    daemon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_REMEMBERED", 3)
    english = Translation("words " * 100, "ar", "en", "e", "m")
    for n in range(5):
        daemon.metrics.linked(LinkedPost(a_post(str(n)), an_analysis("ar", translation=english)))
    kept = daemon.metrics._counted
    assert len(kept) == 3
    assert all(isinstance(said, int) for said in kept.values())


def test_queues_stages_and_the_store_are_read_when_asked_for(
    daemon: Any, store: SqliteStore
) -> None:
    waiting = a_post(collected_at=NOW - timedelta(minutes=2))
    untranslated = a_post("2", collected_at=NOW - timedelta(minutes=3))
    store.record_poll(FeedState("marsad"), [waiting, untranslated], NOW)
    [item] = [item for item in store.pending(9, NOW) if item.post == untranslated]
    store.save_analyses([(item, an_analysis("ar", translate_after=NOW))])
    daemon.metrics.overdue = (3, 45.0)
    daemon.metrics.quiet = frozenset({"marsad"})
    with daemon.stages.doing("poll", "a", most_s=900):
        daemon.stages._clock.now = 7.0
        found = numbers(daemon)
    assert found['monitor_queue_items{stage="analysis"}'] == 1
    assert found['monitor_queue_age_seconds{stage="analysis"}'] == 120
    assert found['monitor_queue_items{stage="poll"}'] == 3
    assert found['monitor_queue_age_seconds{stage="poll"}'] == 45
    assert found['monitor_translations_owed{language="ar"}'] == 1
    assert found['monitor_translations_owed_age_seconds{language="ar"}'] == 180
    assert found['monitor_stage_seconds{stage="poll"}'] == 7
    assert found['monitor_feed_quiet{feed="marsad"}'] == 1
    assert found["monitor_store_bytes"] > 10_000
    assert found["monitor_store_readable"] == 1


def test_metrics_also_come_where_the_store_cannot_be_read(
    daemon: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise StoreError("monitor.db: is damaged")

    monkeypatch.setattr(store, "queues", broken)
    assert numbers(daemon)["monitor_store_readable"] == 0


def test_every_metric_is_documented_and_nothing_else_is(daemon: Any) -> None:
    document = (Path(__file__).parents[2] / "packaging" / "README.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(monitor_\w+)` ", document, re.MULTILINE))
    families = {metric.name for metric in daemon.metrics.registry.collect()}
    counters = {m.name for m in daemon.metrics.registry.collect() if m.type == "counter"}
    names = {f"{name}_total" if name in counters else name for name in families}
    assert {name for name in names if name.startswith("monitor_")} == documented


# systemd


def test_the_service_manager_hears_of_readiness_life_and_the_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notifier.ready()
        notifier.alive("2 feeds")
        notifier.reloading()
        notifier.stopping()
        heard = [manager.recv(1000).decode() for _ in range(4)]
    assert heard[0] == "READY=1"
    assert heard[1] == "WATCHDOG=1\nSTATUS=2 feeds"
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", heard[2])
    assert heard[3] == "STOPPING=1"


def test_an_abstract_socket_is_reached_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0monitor-test-notify")
        Notifier({"NOTIFY_SOCKET": "@monitor-test-notify"}).ready()
        assert manager.recv(100) == b"READY=1"


def test_without_a_service_manager_nobody_is_told_and_one_that_left_is_no_reason_to_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier({}).ready()
    assert caplog.text == ""
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert "the service manager cannot be told READY" in caplog.text

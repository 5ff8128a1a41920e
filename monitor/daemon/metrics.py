"""The daemon's numbers for Prometheus. packaging/README.md lists their names; a test compares."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from monitor.daemon.stages import Stages
from monitor.errors import StoreError
from monitor.model import Feed, LinkedPost
from monitor.pipeline import Polled
from monitor.store import Store

_SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)
_REMEMBERED = 10_000  # posts, so that one that is only counted again is not counted twice


class Metrics:
    """Counts what the daemon tells it; reads queues and sizes off the store when asked."""

    def __init__(self, store: Store, stages: Stages, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._stages = stages
        self._clock = clock
        self._counted: OrderedDict[str, int] = OrderedDict()  # hashes: translations take 1 kB each
        self.overdue: tuple[int, float] = (0, 0.0)  # feeds, and seconds of the longest
        self.quiet: frozenset[str] = frozenset()
        self.registry = made = CollectorRegistry()
        ProcessCollector(registry=made)
        self._polls = Counter(
            "monitor_polls", "Polls by how they ended", ["feed", "outcome"], registry=made
        )
        self._poll_s = Histogram(
            "monitor_poll_seconds", "What a poll took", registry=made, buckets=_SECONDS
        )
        self._found = Counter(
            "monitor_posts_found", "Posts in feeds", ["feed", "as"], registry=made
        )
        self._poll_warnings = Counter(
            "monitor_poll_warnings", "Warnings about what a feed sent", ["feed"], registry=made
        )
        self._failures = Gauge(
            "monitor_feed_failures", "Failed polls in a row", ["feed"], registry=made
        )
        self._ok = Gauge(
            "monitor_feed_last_ok_timestamp_seconds", "Last good poll", ["feed"], registry=made
        )
        self._batch_s = Histogram(
            "monitor_batch_seconds", "What analysing a batch took", registry=made, buckets=_SECONDS
        )
        self._analysed = Counter(
            "monitor_posts_analysed", "Posts analysed", ["language"], registry=made
        )
        self._translations = Counter(
            "monitor_translations", "Posts by their translation", ["outcome"], registry=made
        )
        self._warnings = Counter(
            "monitor_warnings", "Warnings on posts and translations", ["about"], registry=made
        )
        self._links = Counter("monitor_links", "Links by status", ["status"], registry=made)
        self._latency = Histogram(
            "monitor_latency_seconds",
            "From the poll that found a post to its analysis",
            registry=made,
            buckets=_SECONDS,
        )
        self._restarts = Gauge(
            "monitor_worker_restarts", "Times the analysing process was restarted", registry=made
        )
        self._lag = Histogram(
            "monitor_loop_lag_seconds",
            "How late the event loop was",
            registry=made,
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5),
        )
        made.register(self)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self.registry)

    def polled(self, feed: Feed, polled: Polled, took_s: float) -> None:
        recorded = polled.recorded
        if polled.error is not None:
            outcome = type(polled.error).__name__
        else:
            outcome = "new" if recorded.new or recorded.edited else "unchanged"
            self._ok.labels(feed.name).set(self._clock().timestamp())
        self._polls.labels(feed.name, outcome).inc()
        self._poll_s.observe(took_s)
        self._failures.labels(feed.name).set(polled.state.failures)
        for kind in ("new", "edited", "seen", "deleted"):
            if count := getattr(recorded, kind):
                self._found.labels(feed.name, kind).inc(count)
        if polled.warnings:
            self._poll_warnings.labels(feed.name).inc(len(polled.warnings))

    def analysed(self, posts: int, took_s: float, restarts: int) -> None:
        if posts:
            self._batch_s.observe(took_s)
        self._restarts.set(restarts)

    def linked(self, item: LinkedPost) -> None:
        analysis = item.analysis
        statuses = tuple(link.status for link in analysis.links)
        said = hash((item.versions, analysis.translation, statuses))
        before = self._counted.get(item.post.id)
        if said == before:
            return  # only its repeats were counted again
        self._counted[item.post.id] = said
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
        for link in analysis.links:
            self._links.labels(link.status).inc()
        if before is not None:
            return
        self._analysed.labels(analysis.language.code).inc()
        self._translations.labels(_translated(item)).inc()
        self._warnings.labels("post").inc(len(analysis.warnings))
        if analysis.translation:
            self._warnings.labels("translation").inc(len(analysis.translation.warnings))
        waited = (self._clock() - item.post.collected_at).total_seconds()
        if item.versions == 1:
            self._latency.observe(max(waited, 0.0))

    def beat(self, late_s: float) -> None:
        self._lag.observe(max(late_s, 0.0))

    def collect(self) -> Iterator[Metric]:
        """What is read when it is asked for (prometheus_client calls this)."""
        quiet = GaugeMetricFamily("monitor_feed_quiet", "Silent against its habit", labels=["feed"])
        for name in sorted(self.quiet):
            quiet.add_metric([name], 1)
        yield quiet
        posts = GaugeMetricFamily("monitor_queue_items", "What waits", labels=["stage"])
        ages = GaugeMetricFamily("monitor_queue_age_seconds", "The longest wait", labels=["stage"])
        owed = GaugeMetricFamily(
            "monitor_translations_owed", "Posts still to be translated", labels=["language"]
        )
        owed_s = GaugeMetricFamily(
            "monitor_translations_owed_age_seconds", "The longest wait", labels=["language"]
        )
        posts.add_metric(["poll"], self.overdue[0])
        ages.add_metric(["poll"], self.overdue[1])
        now = self._clock()
        try:
            for queue in self._store.queues(now):
                age = (now - queue.oldest_at).total_seconds() if queue.oldest_at else 0.0
                posts.add_metric([queue.stage], queue.posts)
                ages.add_metric([queue.stage], age)
            for each in self._store.owed_translations():
                owed.add_metric([each.language], each.posts)
                owed_s.add_metric([each.language], (now - each.oldest_at).total_seconds())
            yield GaugeMetricFamily("monitor_store_bytes", "Store in use", self._store.size())
            readable = 1
        except StoreError:
            readable = 0  # the number that says so
        yield GaugeMetricFamily("monitor_store_readable", "Whether the store can be read", readable)
        yield from (posts, ages, owed, owed_s)
        running = GaugeMetricFamily(
            "monitor_stage_seconds", "How long a stage has been at one thing", labels=["stage"]
        )
        longest: dict[str, float] = {}
        for item in self._stages.running():
            longest[item.stage] = max(item.for_s, longest.get(item.stage, 0.0))
        for stage, seconds in longest.items():
            running.add_metric([stage], seconds)
        yield running


def _translated(item: LinkedPost) -> str:
    if item.analysis.translation is not None:
        return "translated"
    return "missing" if item.analysis.warnings else "not needed"

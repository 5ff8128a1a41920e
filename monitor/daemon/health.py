"""Liveness, readiness and metrics over HTTP, for a service manager and Prometheus.

In a thread of its own: it must answer also when the event loop does not, and may wait for the
store where the loop must not.

``/healthz``   200 while the event loop turns; nothing of the store is asked
``/readyz``    200 when the models are loaded, the store can be read and nothing is stuck
``/metrics``   Prometheus' text format

All else is 404. The first two answer in JSON: ``{"ok": false, "problems": ["…"]}``.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST

from monitor.config import Health
from monitor.daemon.metrics import Metrics
from monitor.daemon.stages import Stages
from monitor.errors import MonitorError, StoreError
from monitor.store import Store

LOOP_STUCK_S = 30.0


class Vital(Protocol):
    """What is asked of a daemon."""

    beat_at: float  # when the event loop last turned, by ``time.monotonic``
    ready: bool
    stages: Stages
    metrics: Metrics


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def answering(settings: Health, daemon: Vital, store: Store) -> Iterator[int | None]:
    """Answer meanwhile, where ``settings`` name a port; yields the port."""
    host, port = settings.host, settings.port
    if port is None:
        yield None
        return
    try:
        server = _Server((host, port), partial(_Handler, daemon, store))
    except OSError as error:
        raise MonitorError(
            f"health: cannot listen at {host}:{port}: {error.strerror}; "
            "is another monitor running? `health: {port: …}` in config.yaml changes it"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def alive(daemon: Vital, monotonic: Callable[[], float] = time.monotonic) -> list[str]:
    """What speaks against the daemon being alive."""
    still = monotonic() - daemon.beat_at
    if still < LOOP_STUCK_S:
        return []
    doing = ", ".join(f"{item.stage} {item.what}".strip() for item in daemon.stages.running())
    return [f"the event loop has not turned for {still:.0f} s, during: {doing or 'nothing known'}"]


def readiness(daemon: Vital, store: Store) -> list[str]:
    """What speaks against the daemon doing its work."""
    problems = alive(daemon)
    if not daemon.ready:
        problems.append("the models are being loaded")
    problems += [f"stuck: {item}" for item in daemon.stages.stuck()]
    try:
        store.last_seq()
    except StoreError as error:
        problems.append(str(error))
    return problems


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds for a client to say what it wants

    def __init__(self, daemon: Vital, store: Store, *args: Any) -> None:
        self._daemon = daemon
        self._store = store
        super().__init__(*args)

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/healthz":
                self._answer_problems(alive(self._daemon))
            case "/readyz":
                self._answer_problems(readiness(self._daemon, self._store))
            case "/metrics":
                self._answer(200, self._daemon.metrics.text(), CONTENT_TYPE_LATEST)
            case _:
                self._answer(404, b"/healthz, /readyz or /metrics\n", "text/plain")

    def _answer_problems(self, problems: list[str]) -> None:
        body = json.dumps({"ok": not problems, "problems": problems}, ensure_ascii=False)
        self._answer(503 if problems else 200, body.encode() + b"\n", "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a request every few seconds is no news."""

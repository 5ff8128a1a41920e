"""``monitor sources list``, ``check`` and ``backfill``."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli.sources import command
from monitor.errors import MonitorError
from monitor.sources import kinds
from monitor.store import open_store
from tests.sources.test_feeds import RSS
from tests.sources.test_telegram import message, page


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        newest = int(query.partition("before=")[2] or 9)
        served = {
            "/feed": RSS.replace("{base}", "http://a.example"),
            "/s/almayadeen": page(*(message(n) for n in range(max(newest - 3, 1), newest))),
            "/broken": '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>',
        }
        body = served.get(path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Say nothing on stderr."""


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}"
        path = tmp_path / "config.yaml"
        path.write_text(
            f"""store: kept.db
events: []
net: {{allow: [127.0.0.1]}}
feeds:
  - {{name: agence, kind: feed, url: "{base}/feed", articles: true}}
  - {{name: bomb, kind: feed, url: "{base}/broken"}}
  - {{name: gone, kind: feed, url: "{base}/nothing"}}
  - {{name: almayadeen, kind: telegram, channel: almayadeen, base_url: "{base}"}}
"""
        )
        yield path
        server.shutdown()
        thread.join()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_list_prints_every_kind_with_its_parameters() -> None:
    printed = run("list").stdout
    for source in kinds().values():
        assert f"{source.kind}: {source.summary}" in printed
        assert source.example in printed
        for name in source.options.model_fields:
            assert f"\n  {name} " in printed
    described = {kind["kind"]: kind for kind in json.loads(run("list", "--json").stdout)}
    assert set(described) == set(kinds())
    assert described["telegram"]["parameters"]["channel"]["required"]


def test_check_shows_each_feed_and_what_went_wrong(config: Path) -> None:
    result = run("check", "--config", str(config), "--json")
    rows = {row["feed"]: row for row in json.loads(result.stdout)}
    assert (rows["agence"]["status"], rows["agence"]["posts"]) == ("ok", 2)
    assert rows["agence"]["newest_at"] == "2024-02-02T22:53:24.133000+00:00"
    assert rows["almayadeen"]["language"] in {"ar", "und"}
    assert rows["bomb"]["status"] == "ParseError"
    assert "refused" in rows["bomb"]["error"]
    assert "HTTP 404" in rows["gone"]["error"]
    assert isinstance(result.exception, MonitorError)
    assert str(result.exception) == "2 of 4 feeds failed"


def test_check_prints_a_table_and_keeps_nothing(config: Path) -> None:
    result = run("check", "agence", "gone", "--config", str(config))
    head, *lines = result.stdout.splitlines()
    assert head.split()[:4] == ["feed", "status", "posts", "newest"]
    assert lines[0].split()[:3] == ["agence", "ok", "2"]
    assert "HTTP 404" in lines[1]
    store = open_store(str(config.parent / "kept.db"))
    assert store.counts().posts == 0
    store.close()


def test_backfill_keeps_the_posts_of_every_page(config: Path) -> None:
    result = run(
        "backfill", "almayadeen", "--since", "2024-01-01", "--config", str(config), "--json"
    )
    found = json.loads(result.stdout)
    assert (found["pages"], found["posts"], found["new"]) == (3, 8, 8)
    again = run(
        "backfill", "almayadeen", "--since", "2024-01-01", "--config", str(config), "--json"
    )
    assert json.loads(again.stdout)["new"] == 0


def test_backfill_stops_at_the_date(config: Path) -> None:
    result = run(
        "backfill", "almayadeen", "--since", "2024-02-02T22:07Z", "--config", str(config), "--json"
    )
    assert json.loads(result.stdout)["posts"] == 2


def test_wrong_usage_is_said(config: Path) -> None:
    assert "neither a date" in run("backfill", "agence", "--since", "soon").output
    unknown = run("check", "nobody", "--config", str(config))
    assert "its feeds are: agence, bomb, gone, almayadeen" in str(unknown.exception)

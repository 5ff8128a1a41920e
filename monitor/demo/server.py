"""A small HTTP server on loopback that publishes the demo's posts as time goes by."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from monitor.demo import formats

Content = dict[str, Any]


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def serving(content: Content, elapsed: Callable[[], float]) -> Iterator[str]:
    """Serve ``content`` (as in ``fixtures/posts.yaml``) and yield the base URL.

    ``elapsed`` says how many seconds the demo has run.
    """
    server = _Server(("127.0.0.1", 0), partial(_Handler, content, elapsed))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def published(items: Sequence[Content], elapsed: float) -> list[Content]:
    """What has appeared by now, newest first, with the edits that have been made by now."""
    shown = []
    for item in items:
        if item.get("after", 0) > elapsed:
            continue
        edit = item.get("edited")
        if edit and edit["after"] <= elapsed:
            item = {**item, "text": edit["text"], "is_edited": True}
        shown.append(item)
    return sorted(shown, key=lambda item: item["at"], reverse=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, content: Content, elapsed: Callable[[], float], *args: Any) -> None:
        self._content = content
        self._elapsed = elapsed
        super().__init__(*args)

    def do_GET(self) -> None:
        body, kind = self._document(urlsplit(self.path).path)
        if body is None:
            self._answer(404, b"not here", "text/plain")
            return
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", kind, etag)
        else:
            self._answer(200, body, kind, etag)

    def _document(self, path: str) -> tuple[bytes | None, str]:
        content, now = self._content, self._elapsed()
        base = f"http://{self.headers['Host']}"
        embeds = content["x"]
        match path.strip("/").split("/"):
            case ["courrier.rss"]:
                entries = published(content["rss"]["entries"], now)
                return formats.rss(content["rss"], entries, base), "application/rss+xml"
            case ["articles", number]:
                for entry in published(content["rss"]["entries"], now):
                    if str(entry["id"]) == number:
                        return formats.article(content["rss"], entry, embeds), "text/html"
            case ["desk.atom"]:
                entries = published(content["atom"]["entries"], now)
                body = formats.atom(content["atom"], entries, embeds, base)
                return body, "application/atom+xml"
            case ["s", channel] if channel == content["telegram"]["channel"]:
                posts = published(content["telegram"]["posts"], now)
                return formats.telegram(content["telegram"], posts), "text/html"
            case ["api", "v1", "accounts", "lookup"]:
                account = formats.mastodon_account(content["mastodon"], base)
                return json.dumps(account).encode(), "application/json"
            case ["api", "v1", "accounts", _, "statuses"]:
                statuses = published(content["mastodon"]["statuses"], now)
                body = formats.mastodon_statuses(content["mastodon"], statuses, base)
                return body, "application/json"
            case ["xrpc", "app.bsky.feed.getAuthorFeed"]:
                posts = published(content["bluesky"]["posts"], now)
                return formats.bluesky(content["bluesky"], posts), "application/json"
        return None, "text/plain"

    def _answer(self, status: int, body: bytes, kind: str, etag: str | None = None) -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        if status != 304:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the terminal belongs to the live feed."""

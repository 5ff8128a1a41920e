"""A loopback model hub in the real one's URL layout: redirects to a CDN, ETags, ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Hub(ThreadingHTTPServer):
    """``files`` by path under ``/{repo}/resolve/{rev}/``; ``stop_after`` breaks one transfer off
    after so many bytes; ``asked`` lists what came in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.stop_after: int | None = None
        self.wrong_checksum = False
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        hub = self.server
        hub.asked.append((self.path, self.headers["Range"]))
        on_cdn = self.path.startswith("/cdn/")
        body = hub.files.get(self.path.removeprefix("/cdn"))
        if body is None:
            self.send_error(404)
            return
        digest = hashlib.sha256(body + (b"x" if hub.wrong_checksum else b"")).hexdigest()
        if not on_cdn and "/resolve/" in self.path:
            self.send_response(302)
            self.send_header("Location", f"/cdn{self.path}")
            self.send_header("X-Linked-Etag", f'"{digest}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if (asked := self.headers["Range"]) and self.headers["If-Range"] == '"v1"':
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if hub.stop_after is not None:
            self.wfile.write(body[start : start + hub.stop_after])
            hub.stop_after = None
            self.close_connection = True
            return
        self.wfile.write(body[start:])

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    thread = Thread(target=hub.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()

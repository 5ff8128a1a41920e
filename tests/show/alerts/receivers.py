"""Receivers on loopback: a web server and a mail server that remember what they were given."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebReceiver:
    """``answers`` gives the status for each request; it may do something first, or hang."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def web() -> Iterator[WebReceiver]:
    receiver = WebReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender died in the middle of it
                return
            got = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            receiver.requests.append(got)
            status = receiver.answer(got)
            try:
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:  # the sender hung up
                pass

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler)) as port:
        receiver.url = f"http://127.0.0.1:{port}"
        yield receiver


@dataclass
class MailReceiver:
    """A mail server without TLS; ``drip`` makes it send its greeting a byte at a time for ever."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    drip: threading.Event | None = None
    refuse: bytes = b""


@contextmanager
def mail() -> Iterator[MailReceiver]:
    receiver = MailReceiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if receiver.drip is not None:
                try:
                    while not receiver.drip.wait(0.01):
                        self.wfile.write(b"2")
                except OSError:
                    pass
                return
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    message = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        message += part
                    receiver.messages.append(message)
                    self.wfile.write(b"250 taken\r\n")
                elif word == b"RCPT" and receiver.refuse:
                    self.wfile.write(receiver.refuse)
                elif word == b"RCPT":
                    receiver.recipients.append(line.decode().strip())
                    self.wfile.write(b"250 fine\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 fine\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler)) as port:
        receiver.port = port
        yield receiver


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

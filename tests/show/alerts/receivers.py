"""Receivers on loopback: a web server and a mail server that remember what they were given."""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader


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
    """A mail server; with ``tls`` it offers STARTTLS, or speaks TLS ``from_start``. ``drip`` makes
    it send its greeting a byte at a time for ever."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    drip: threading.Event | None = None
    refuse: bytes = b""
    tls: ssl.SSLContext | None = None
    from_start: bool = False
    logins: list[bytes] = field(default_factory=list)


@contextmanager
def mail() -> Iterator[MailReceiver]:
    receiver = MailReceiver()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                if receiver.drip is not None:
                    while not receiver.drip.wait(0.01):
                        self.request.sendall(b"2")
                elif receiver.tls and receiver.from_start:
                    with receiver.tls.wrap_socket(self.request, server_side=True) as wrapped:
                        self.talk(wrapped)
                else:
                    self.talk(self.request)
            except OSError:  # the sender hung up
                return

        def talk(self, connection: socket.socket, greet: bool = True) -> None:
            lines = connection.makefile("rb")
            if greet:
                connection.sendall(b"220 here\r\n")
            while line := lines.readline():
                word = line.partition(b" ")[0].strip().upper()
                connection.sendall(self.answer(word, line, lines, connection))
                if word == b"QUIT":
                    return
                if word == b"STARTTLS" and receiver.tls:
                    with receiver.tls.wrap_socket(connection, server_side=True) as wrapped:
                        self.talk(wrapped, greet=False)
                    return

        def answer(
            self, word: bytes, line: bytes, lines: BufferedReader, connection: socket.socket
        ) -> bytes:
            match word:
                case b"EHLO" if isinstance(connection, ssl.SSLSocket):
                    return b"250-here\r\n250 AUTH PLAIN\r\n"
                case b"EHLO" if receiver.tls:
                    return b"250-here\r\n250 STARTTLS\r\n"
                case b"STARTTLS" if receiver.tls:
                    return b"220 go on\r\n"
                case b"AUTH":
                    receiver.logins.append(base64.b64decode(line.split()[-1]))
                    known = receiver.logins[-1].endswith(b"\0s3cret")
                    return b"235 welcome\r\n" if known else b"535 no\r\n"
                case b"RCPT":
                    receiver.recipients.append(line.decode().strip())
                    return receiver.refuse or b"250 fine\r\n"
                case b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    parts = iter(lines.readline, b".\r\n")
                    receiver.messages.append(b"".join(parts))
                    return b"250 taken\r\n"
                case b"QUIT":
                    return b"221 bye\r\n"
                case _:
                    return b"250 fine\r\n"

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

"""How fast, and in how much memory, many feeds are polled: this program against lemon24/reader.

::

    python benchmarks/polling.py --reader PYTHON [--feeds 1000] [--hosts 1000]
    python benchmarks/polling.py --memory [--feeds 10000]

``PYTHON`` is the interpreter of a virtual environment with ``reader`` (and ``sgmllib3k``) in it.
Each runs in its own process against a server in another: RSS of lognormal sizes (median 20
entries), gzipped, with ETag and Last-Modified, 20 ms late, on loopback addresses 127.1.x.y so that
every feed has its own host (``--hosts 1``: all on one). A cold cycle fetches, parses and stores
everything; a warm one is answered 304 throughout, on new connections. The monitor polls 32 and
then 128 feeds at once, reader has 8, 32 and 64 workers. ``--memory`` polls 100 feeds and then
``--feeds`` from as many hosts, each in a fresh process.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

LATENCY_S = 0.020
DOCUMENTS = 1_000  # different ones; more feeds than that share them
WORDS = [
    line.split()
    for line in (
        "انفجارات مدينة غرب العراق غارات ليلية مصادر محلية أضرار الحدود بيان وزارة الدفاع",
        "explosions entendues nuit près frontière sources locales dégâts ministère défense",
        "explosions heard overnight near border town local sources damage ministry defence",
    )
]


# The server


def document(number: int) -> bytes:
    """An RSS feed; the same for the same number."""
    rng = random.Random(number)
    words = WORDS[number % 3]

    def text(length: int) -> str:
        return " ".join(rng.choices(words, k=length))

    items = []
    for item in range(max(5, min(60, int(rng.lognormvariate(3, 0.5))))):
        body = "".join(f"<p>{text(40)}</p>" for _ in range(rng.randint(1, 8)))
        items.append(
            f"<item><title>{text(12)}</title><link>https://example.org/{number}/{item}</link>"
            f'<guid isPermaLink="false">{number}-{item}</guid>'
            f"<pubDate>{formatdate(1.7e9 - 7200 * item)}</pubDate>"
            f"<description><![CDATA[{body}]]></description></item>"
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{number}'
        f"</title><link>https://example.org/{number}</link><description>x</description>"
        f"{''.join(items)}</channel></rss>"
    ).encode()


def serve(feeds: int) -> None:
    """Print the port and the mean size, then answer for ever."""
    answers = {}
    size = 0
    for number in range(min(feeds, DOCUMENTS)):
        body = document(number)
        size += len(body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
        packed = gzip.compress(body)
        head = b"ETag: %b\r\nLast-Modified: Fri, 02 Feb 2024 22:00:00 GMT\r\n" % etag
        full = (
            b"HTTP/1.1 200 OK\r\n%bContent-Type: application/rss+xml; charset=utf-8\r\n"
            b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (head, len(packed), packed)
        )
        unchanged = b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % head
        answers[b"/%d.xml" % number] = (etag, full, unchanged)

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.buffer = b""

        def data_received(self, data: bytes) -> None:
            self.buffer += data
            while b"\r\n\r\n" in self.buffer:
                head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
                etag, full, unchanged = answers[head.split(b" ", 2)[1]]
                answer = unchanged if etag in head else full
                loop = asyncio.get_running_loop()
                loop.call_later(LATENCY_S, self.transport.write, answer)

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Answering, "0.0.0.0", 0, backlog=2000)
        print(server.sockets[0].getsockname()[1], size // len(answers), flush=True)
        await server.serve_forever()

    asyncio.run(listen())


def urls(port: int, feeds: int, hosts: int) -> list[str]:
    return [
        f"http://127.1.{n % hosts // 250}.{n % hosts % 250 + 1}:{port}/{n % DOCUMENTS}.xml"
        for n in range(feeds)
    ]


# The two programs. Each prints one JSON object per cycle.


@contextmanager
def measured(cycle: str, feeds: int) -> Iterator[None]:
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    yield
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {
        "cycle": cycle,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "ms_per_feed": round(1000 * wall / feeds, 2),
        "peak_mb": after.ru_maxrss // 1024,
    }
    print(json.dumps(figures), flush=True)


def run_monitor(addresses: list[str], store_path: Path, at_once: int, hosts: int) -> None:
    """The daemon's way: ``poll_feed`` on the SQLite store, so many feeds at once."""
    from monitor import sources
    from monitor.config import PollRate
    from monitor.model import Feed
    from monitor.net import Client, Limits
    from monitor.pipeline import WRITERS, poll_feed
    from monitor.store import SqliteStore

    options = sources.kinds()["feed"].options
    feeds = [Feed(str(n), "feed", options(url=url)) for n, url in enumerate(addresses)]
    limits = Limits(allow=("127.0.0.0/8",))
    if hosts == 1:
        limits = Limits(allow=("127.0.0.0/8",), per_host=at_once, spacing_s=0.0)
    store, rng, writers = SqliteStore(store_path), random.Random(0), asyncio.Semaphore(WRITERS)

    async def cycle(client: Client) -> None:
        left = iter(feeds)

        async def work() -> None:
            for feed in left:
                now = datetime.now(UTC)
                polled = await poll_feed(feed, store, client, PollRate(), now, rng, writers)
                if polled.error is not None:
                    raise polled.error

        await asyncio.gather(*(work() for _ in range(at_once)))

    async def main() -> None:
        async with Client(limits) as client:
            for name in ("cold", "warm", "warm again"):
                with measured(name, len(feeds)):
                    await cycle(client)

    asyncio.run(main())
    store.close()


def run_reader(addresses: list[str], store_path: Path, workers: int) -> None:
    from reader import make_reader

    reader = make_reader(str(store_path))
    for url in addresses:
        reader.add_feed(url)
    for name in ("cold", "warm", "warm again"):
        with measured(name, len(addresses)):
            reader.update_feeds(workers=workers, scheduled=False)
    failed = sum(feed.last_exception is not None for feed in reader.get_feeds())
    assert not failed, f"{failed} feeds failed"


# Putting it together


@contextmanager
def server(feeds: int) -> Iterator[tuple[int, int]]:
    command = [sys.executable, __file__, "--role", "server", "--feeds", str(feeds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port, size = map(int, process.stdout.readline().split())
        yield port, size
    finally:
        process.terminate()
        process.wait()


def run(python: str, role: str, port: int, feeds: int, hosts: int, at_once: int) -> None:
    numbers = {"--port": port, "--feeds": feeds, "--hosts": hosts, "--at-once": at_once}
    arguments = [text for pair in numbers.items() for text in map(str, pair)]
    print(f"{role}, {feeds} feeds on {hosts} hosts, {at_once} at once", flush=True)
    subprocess.run([python, __file__, "--role", role, *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--role", choices=["server", "monitor", "reader"])
    parser.add_argument("--reader", metavar="PYTHON")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=0)
    given = parser.parse_args()
    if given.role == "server":
        serve(given.feeds)
        return
    if given.role is not None:
        addresses = urls(given.port, given.feeds, given.hosts)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "store.db"
            if given.role == "monitor":
                run_monitor(addresses, path, given.at_once, given.hosts)
            else:
                run_reader(addresses, path, given.at_once)
        return
    for feeds in (100, given.feeds) if given.memory else (given.feeds,):
        with server(feeds) as (port, size):
            print(f"mean size {size:,} bytes before gzip")
            hosts = feeds if given.memory else min(given.hosts, feeds)
            for at_once in (32,) if given.memory else (32, 128):
                run(sys.executable, "monitor", port, feeds, hosts, given.at_once or at_once)
            for workers in (8, 32, 64) if given.reader and not given.memory else ():
                run(given.reader, "reader", port, feeds, hosts, given.at_once or workers)


if __name__ == "__main__":
    main()

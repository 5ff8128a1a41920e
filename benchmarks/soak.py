"""A day of the daemon, compressed: memory, latency, open files and threads while it runs.

::

    python benchmarks/soak.py [--feeds 200] [--posts 12000] [--rate 20] [--every 5]

The real ``monitor run`` (its own process, the corpus's events, no translation model) polls RSS
feeds that a server in another process fills, ``rate`` posts a second in all, each feed on a
loopback host of its own. Texts are the corpus's posts in Arabic, French and English, each with a
number added, so that none repeats another. Latencies are taken by a third process that follows the
store: from the poll that found a post (``collected_at``) and from its publication, to when it can
be seen linked.
Printed for each tenth of the run: latencies, and of all the daemon's processes together the memory
(PSS), processor seconds, open files and threads.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from xml.sax.saxutils import escape

CORPUS = Path(__file__).parent / "corpus"
WINDOW = 30  # entries a feed shows
TENTHS = 10
MONITOR = (sys.executable, "-c", "from monitor.cli import main; main()")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n"
TICKS = os.sysconf("SC_CLK_TCK")


# The server: post n appears in feed n % feeds at `start + n / rate`


def serve(feeds: int, posts: int, rate: float, start: float) -> None:
    texts = [json.loads(line)["text"] for line in (CORPUS / "posts.jsonl").open(encoding="utf-8")]

    def rss(feed: int) -> bytes:
        published = min(int((time.time() - start) * rate), posts)
        newest = range(feed, published, feeds)[-WINDOW:] if published > feed else range(0)
        items = [
            f"<item><guid isPermaLink='false'>soak-{n}</guid>"
            f"<title>{escape(texts[n % len(texts)])} ({n})</title>"
            f"<link>http://a.example/{n}</link>"
            f"<pubDate>{formatdate(start + n / rate)}</pubDate></item>"
            for n in reversed(newest)
        ]
        head = (
            f"<rss version='2.0'><channel><title>Feed {feed}</title><link>http://a.example/</link>"
        )
        return f"{head}{''.join(items)}</channel></rss>".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1]
                body = rss(int(path.rpartition(b"/")[2])) if path != b"/robots.txt" else b""
                writer.write(HEAD % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def serving(options: argparse.Namespace, start: float) -> Iterator[int]:
    given = [str(v) for v in (options.feeds, options.posts, options.rate, start)]
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", *given], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


# The daemon


def configure(folder: Path, port: int, options: argparse.Namespace) -> Path:
    shutil.copyfile(CORPUS / "events.jsonl", folder / "events.jsonl")
    feeds = [
        f"  - {{name: f{n}, kind: feed, url: 'http://127.1.{n // 250}.{n % 250 + 1}:{port}/{n}'}}"
        for n in range(options.feeds)
    ]
    path = folder / "config.yaml"
    path.write_text(
        "events: [events.jsonl]\nnet: {allow: [127.0.0.0/8]}\nhealth: {port: 0}\n"
        f"poll: {{every: {options.every}s, at_least: {options.every}s, concurrency: 32}}\n"
        "feeds:\n" + "\n".join(feeds) + "\n",
        "utf-8",
    )
    return path


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grandchild for child in children for grandchild in family(int(child)))]


def usage(pid: int) -> dict[str, float]:
    """What a daemon and its children use now."""
    total = {"pss_mb": 0.0, "cpu_s": 0.0, "files": 0, "threads": 0}
    for one in family(pid):
        proc = Path(f"/proc/{one}")
        pss = next(
            line for line in (proc / "smaps_rollup").read_text().splitlines() if line[:4] == "Pss:"
        )
        total["pss_mb"] += int(pss.split()[1]) / 1024
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        total["cpu_s"] += (int(fields[11]) + int(fields[12])) / TICKS
        total["threads"] += int(fields[17])
        total["files"] += len(list((proc / "fd").iterdir()))
    return total


# The measuring


def quantile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def soak(options: argparse.Namespace) -> None:
    from monitor.store import SqliteStore

    seconds = options.posts / options.rate
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.time() + options.warm_up
        with serving(options, start) as port:
            config = configure(folder, port, options)
            store = SqliteStore(folder / "monitor.db")
            with subprocess.Popen([*MONITOR, "run", "--quiet", "--config", str(config)]) as daemon:
                print(
                    "| min | posts | poll→linked s p50 / p95 / max | published→linked s p50 / p95 |"
                    " waiting | PSS MB | CPU s | files | threads |"
                )
                print("|---:|---:|---|---|---:|---:|---:|---:|---:|", flush=True)
                seen, seq, tenth = 0, 0, 0
                known: set[str] = set()
                waits: list[float] = []
                ages: list[float] = []
                while seen < options.posts and time.time() < start + 3 * seconds + 60:
                    if daemon.poll() is not None:
                        sys.exit(f"the daemon ended with {daemon.returncode}")
                    for item in store.linked(after_seq=seq):
                        seq = item.seq
                        if item.post.id not in known:
                            known.add(item.post.id)
                            now = datetime.now(UTC)
                            assert item.post.published_at is not None
                            waits.append((now - item.post.collected_at).total_seconds())
                            ages.append((now - item.post.published_at).total_seconds())
                            seen += 1
                    if time.time() >= start + (tenth + 1) * seconds / TENTHS:
                        tenth += 1
                        row(time.time() - start, seen, waits, ages, store, daemon.pid)
                        waits, ages = [], []
                    time.sleep(0.05)
                row(time.time() - start, seen, waits, ages, store, daemon.pid)
                daemon.send_signal(signal.SIGTERM)
            found = store.counts().posts
            store.close()
            print(f"{seen} of {options.posts} linked, {found} in the store; load {os.getloadavg()}")


def row(
    at: float, seen: int, waits: list[float], ages: list[float], store: object, pid: int
) -> None:
    used = usage(pid)
    waiting = store.counts().pending  # type: ignore[attr-defined]
    print(
        f"| {at / 60:.1f} | {seen} | {quantile(waits, 0.5):.2f} / {quantile(waits, 0.95):.2f} /"
        f" {max(waits, default=float('nan')):.2f} | {quantile(ages, 0.5):.2f} /"
        f" {quantile(ages, 0.95):.2f} | {waiting} | {used['pss_mb']:.0f} | {used['cpu_s']:.0f} |"
        f" {used['files']} | {used['threads']} |",
        flush=True,
    )


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        feeds, posts, rate, start = sys.argv[2:]
        serve(int(feeds), int(posts), float(rate), float(start))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--posts", type=int, default=12_000)
    parser.add_argument("--rate", type=float, default=20.0, help="posts a second")
    parser.add_argument("--every", type=int, default=5, help="seconds between polls of a feed")
    parser.add_argument("--warm-up", type=float, default=30.0, help="seconds before the first post")
    soak(parser.parse_args())


if __name__ == "__main__":
    main()

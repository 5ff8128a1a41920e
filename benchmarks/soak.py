"""A day of the daemon, compressed: memory, latency, open files and threads while it runs.

::

    python benchmarks/soak.py [--feeds 200] [--posts 12000] [--rate 20] [--every 5] [--untranslated]

The real ``monitor run`` (its own process, the corpus's events, all default models) polls RSS feeds
that a server in another process fills, ``rate`` posts a second in all, each feed on a loopback host
of its own. Texts are the corpus's posts in Arabic, French and English, each its own: of a post one
word in three is another's of its language, one in sixteen a new number and one in sixteen a word
that no other post has. One feed in fifty is not well-formed, so that the process that mends feeds
runs too. Latencies are taken by a third process that follows the store: from the poll that found a
post (``collected_at``) and from its publication, to when it can be seen linked.

Printed for each tenth of the run: latencies, and of all the daemon's processes together the memory
(PSS; the last and the highest of one sample a second), processor seconds, open files and threads.
In the end: the highest memory of all, and how memory grew over the last half of the posts, fitted
to its samples (least squares).
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import linear_regression
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from monitor.store import SqliteStore

CORPUS = Path(__file__).parent / "corpus"
WINDOW = 30  # entries a feed shows
DAMAGED = 50  # every such feed is not well-formed
TENTHS = 10
MONITOR = (sys.executable, "-c", "from monitor.cli import main; main()")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n"
TICKS = os.sysconf("SC_CLK_TCK")


# The server: post n appears in feed n % feeds at `start + n / rate`


def texts_of(corpus: Path) -> Callable[[int], str]:
    """A text for each number, never the same one twice."""
    posts = [json.loads(line) for line in corpus.open(encoding="utf-8")]
    words: dict[str, list[str]] = {}
    for post in posts:
        words.setdefault(post["lang"], []).extend(post["text"].split())

    def text(n: int) -> str:
        random = Random(n)
        post = random.choice(posts)
        others = words[post["lang"]]
        said = post["text"].split()
        for at, word in enumerate(said):
            chance = random.random()
            if chance < 1 / 3:
                said[at] = random.choice(others)
            elif chance < 1 / 3 + 1 / 16:
                said[at] = str(random.randrange(10, 100_000))
            elif chance < 1 / 3 + 2 / 16:
                cut = random.randrange(len(word) + 1)
                said[at] = word[:cut] + random.choice(others)[:4] + word[cut:]
        return f"{' '.join(said)} ({n})"

    return text


def serve(feeds: int, posts: int, rate: float, start: float) -> None:
    text = lru_cache(maxsize=20_000)(texts_of(CORPUS / "posts.jsonl"))

    def rss(feed: int) -> bytes:
        published = min(int((time.time() - start) * rate), posts)
        newest = range(feed, published, feeds)[-WINDOW:] if published > feed else range(0)
        items = [
            f"<item><guid isPermaLink='false'>soak-{n}</guid>"
            f"<title>{escape(text(n))}</title>"
            f"<link>http://a.example/{n}</link>"
            f"<pubDate>{formatdate(start + n / rate)}</pubDate></item>"
            for n in reversed(newest)
        ]
        damage = "" if feed % DAMAGED else "<description>ours & yours</description>"
        head = (
            f"<rss version='2.0'><channel><title>Feed {feed}</title>"
            f"<link>http://a.example/</link>{damage}"
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
        f"translate: {{engine: {'libretranslate' if options.untranslated else 'auto'}}}\n"
        f"poll: {{every: {options.every}s, at_least: {options.every}s, concurrency: 32}}\n"
        "feeds:\n" + "\n".join(feeds) + "\n",
        "utf-8",
    )
    return path


def family(pid: int) -> list[int]:
    """A process and all that it started, from any of its threads."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [child for task in tasks for child in (task / "children").read_text().split()]
    return [pid, *(grandchild for child in children for grandchild in family(int(child)))]


def memory(pid: int) -> dict[str, float]:
    """PSS in MB of a daemon and of its children, by what they run."""
    found = {}
    for one in family(pid):
        proc = Path(f"/proc/{one}")
        lines = (proc / "smaps_rollup").read_text().splitlines()
        pss = next(line for line in lines if line.startswith("Pss:"))
        words = (proc / "cmdline").read_bytes().decode().split("\0")
        name = next((word for word in words if word.startswith("monitor.")), "daemon")
        found[name] = int(pss.split()[1]) / 1024
    return found


def usage(pid: int) -> dict[str, float]:
    """What a daemon and its children use now, but for memory."""
    total = {"cpu_s": 0.0, "files": 0, "threads": 0}
    for one in family(pid):
        proc = Path(f"/proc/{one}")
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        total["cpu_s"] += (int(fields[11]) + int(fields[12])) / TICKS
        total["threads"] += int(fields[17])
        total["files"] += len(list((proc / "fd").iterdir()))
    return total


# The measuring


def quantile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


@dataclass
class Seen:
    """What was measured so far. ``samples`` are (posts linked, MB by process)."""

    posts: int = 0
    seq: int = 0
    ids: set[str] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)  # s, since the last row
    ages: list[float] = field(default_factory=list)
    samples: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    rows: int = 0
    shown: int = 0  # samples that rows have told

    def follow(self, store: SqliteStore) -> None:
        for item in store.linked(after_seq=self.seq):
            self.seq = item.seq
            if item.post.id not in self.ids:
                self.ids.add(item.post.id)
                now = datetime.now(UTC)
                assert item.post.published_at is not None
                self.waits.append((now - item.post.collected_at).total_seconds())
                self.ages.append((now - item.post.published_at).total_seconds())
                self.posts += 1

    def row(self, at: float, store: SqliteStore, pid: int) -> None:
        used, waits, ages = usage(pid), self.waits, self.ages
        counts = store.counts()
        totals = [sum(sample.values()) for _, sample in self.samples[self.shown :]] or [0.0]
        print(
            f"| {at / 60:.1f} | {self.posts} | {quantile(waits, 0.5):.2f} /"
            f" {quantile(waits, 0.95):.2f} / {max(waits, default=float('nan')):.2f} |"
            f" {quantile(ages, 0.5):.2f} / {quantile(ages, 0.95):.2f} | {counts.pending} |"
            f" {totals[-1]:.0f} / {max(totals):.0f} | {used['cpu_s']:.0f} | {used['files']} |"
            f" {used['threads']} |",
            flush=True,
        )
        self.waits, self.ages, self.shown = [], [], len(self.samples)
        self.rows += 1

    def sum_up(self, posts: int) -> None:
        _, most = max(self.samples, key=lambda sample: sum(sample[1].values()))
        parts = ", ".join(f"{name} {mb:.0f}" for name, mb in most.items())
        print(f"most memory: {sum(most.values()):.0f} MB ({parts})")
        late = [(n, sum(sample.values())) for n, sample in self.samples if n > posts / 2]
        if len({n for n, _ in late}) > 1:
            slope = linear_regression(*zip(*late, strict=True)).slope * 1000
            print(f"over the last half of the posts it grew by {slope:.2f} MB a thousand posts")


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
                    " waiting | PSS MB last / most | CPU s | files | threads |"
                )
                print("|---:|---:|---|---|---:|---:|---:|---:|---:|", flush=True)
                seen = Seen()
                sampled = time.time()
                while time.time() < start + 3 * seconds + 60:
                    counts = store.counts()
                    if counts.posts >= options.posts and not counts.pending:
                        break
                    if daemon.poll() is not None:
                        sys.exit(f"the daemon ended with {daemon.returncode}")
                    seen.follow(store)
                    if time.time() >= sampled + 1:
                        sampled = time.time()
                        seen.samples.append((seen.posts, memory(daemon.pid)))
                    if time.time() >= start + (seen.rows + 1) * seconds / TENTHS:
                        seen.row(time.time() - start, store, daemon.pid)
                    time.sleep(0.05)
                seen.follow(store)
                seen.row(time.time() - start, store, daemon.pid)
                daemon.send_signal(signal.SIGTERM)
            seen.sum_up(options.posts)
            found = sum(1 for item in store.linked() if item.analysis.translation)
            print(
                f"{store.counts().posts} of {options.posts} in the store, {seen.posts} of them in"
                f" languages that are followed, {found} translated; load {os.getloadavg()}"
            )
            store.close()


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
    parser.add_argument("--untranslated", action="store_true", help="without the translator")
    parser.add_argument("--warm-up", type=float, default=30.0, help="seconds before the first post")
    soak(parser.parse_args())


if __name__ == "__main__":
    main()

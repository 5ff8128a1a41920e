"""How fast bytes become posts: feeds, pages with embedded posts, previews, article text.

Run by hand: ``python benchmarks/sources.py``. One process, one core; the documents are made here.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.net.values import Headers, Response
from monitor.sources import embeds, entries, pages, syndication, telegram_page
from monitor.sources.markup import parse
from tests.sources.test_embeds import BLUESKY, FACEBOOK, TWEET
from tests.sources.test_telegram import message, page

NOW = datetime(2024, 2, 5, tzinfo=UTC)
SENTENCE = "Les habitants de la ville décrivent plusieurs explosions dans la soirée de vendredi. "
ITEM = (
    "<item><title>Titre {n}</title><link>http://a.example/{n}</link><guid>http://a.example/{n}</guid>"
    "<pubDate>Fri, 02 Feb 2024 10:00:00 GMT</pubDate><content:encoded><![CDATA["
    f"{('<p>' + SENTENCE * 4 + '</p>') * 4}]]></content:encoded></item>"
)
FEED = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    f"<title>c</title>{''.join(ITEM.replace('{n}', str(n)) for n in range(30))}</channel></rss>"
).encode()
PAGE = (
    "<!DOCTYPE html><html lang=fr><head><title>t</title></head><body><nav>"
    + '<a href="/x">menu</a>' * 400
    + "</nav><article><h1>Titre</h1>"
    + f"<p>{SENTENCE * 6}</p>" * 40
    + TWEET
    + BLUESKY
    + FACEBOOK
    + "</article><footer>"
    + '<div class="card"><a href="/y"><img src="/i.jpg" alt="une photo">autre titre</a></div>' * 300
    + "</footer></body></html>"
)
PREVIEW = page(*(message(n, text=SENTENCE * 3) for n in range(1, 21))).encode()


def read_feed() -> int:
    document = syndication.read(FEED, url="http://a.example/feed")
    named = entries.identified(document.entries, "feed")
    return len([entries.posts(entry, known, source="f", now=NOW) for known, entry in named])


def read_preview() -> int:
    response = Response("https://t.me/s/x", 200, Headers(), PREVIEW)
    return len(telegram_page.read(response, channel="x", source="f", now=NOW).posts)


def rate(work: Callable[[], int], seconds: float = 4.0) -> tuple[float, int]:
    work()
    rounds, start = 0, time.process_time()
    while (passed := time.process_time() - start) < seconds:
        found = work()
        rounds += 1
    return rounds / passed, found


async def extracted(rounds: int = 40) -> float:
    response = Response("http://a.example/1", 200, Headers(), PAGE.encode(), "text/html")
    await pages.read_page(response, source="f", now=NOW)
    start = time.perf_counter()
    for _ in range(rounds):
        await pages.read_page(response, source="f", now=NOW)
    return rounds / (time.perf_counter() - start)


def main() -> None:
    for name, size, work in (
        ("feed of 30 entries", len(FEED), read_feed),
        ("Telegram preview of 20 posts", len(PREVIEW), read_preview),
        ("page, embedded posts only", len(PAGE), lambda: len(embeds.find(parse(PAGE), "fr"))),
    ):
        per_second, found = rate(work)
        print(f"{name:<30} {size / 1000:6.0f} kB  {per_second:8.1f} /CPU s  {found} posts each")
    per_second = asyncio.run(extracted())
    print(f"{'page, article text and posts':<30} {len(PAGE) / 1000:6.0f} kB  {per_second:8.1f} /s")


if __name__ == "__main__":
    main()

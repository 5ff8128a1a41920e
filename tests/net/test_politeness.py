"""Validators, waits asked for, who we say we are, robots.txt, and turns at a host."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import AddressBlocked, BadStatus, RobotsDenied, Unreachable
from monitor.net import Client, Limits
from monitor.net.retry_after import retry_after, wait_asked_for
from monitor.net.robots import parse
from monitor.net.turns import Turns

from .server import OPEN, Request, Server, reply

NOW = datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
DAY = 86_400.0


# Validators


@pytest.mark.anyio
@pytest.mark.parametrize(
    "etag",
    [
        '"abc"',
        'W/"abc"',
        "unquoted",
        '"with "quotes" inside"',
        '"a, b"',
        '"gzip-suffix-gzip"',
        "\xe9\xff",
        "'single'",
        '"' + "x" * 8000 + '"',
    ],
)
async def test_etag_and_last_modified_go_back_byte_for_byte(etag: str) -> None:
    modified = "Friday, 02-Feb-24 22:00:00 +0300 (odd, but theirs)"

    def answers(request: Request) -> bytes:
        if "if-none-match" in request.headers:
            return reply(status=304)
        return reply(b"x", ("ETag", etag), ("Last-Modified", modified))

    async with Server(answers) as server, Client(OPEN) as client:
        first = await client.get(server.url())
        again = await client.get(server.url(), etag=first.etag, last_modified=first.last_modified)
    assert again.not_modified
    assert again.body == b""
    raw = server.requests[1].raw
    assert b"If-None-Match: " + etag.encode("latin-1") + b"\r\n" in raw
    assert b"If-Modified-Since: " + modified.encode() + b"\r\n" in raw


@pytest.mark.anyio
async def test_without_validators_none_are_sent() -> None:
    async with Server(lambda _: reply(b"x")) as server, Client(OPEN) as client:
        await client.get(server.url())
    assert not {"if-none-match", "if-modified-since"} & set(server.requests[0].headers)


# Retry-After


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120.0),
        (" 0 ", None, 0.0),
        ("-30", None, 0.0),
        ("1.5", None, 1.5),
        ("99999999999999999999", None, DAY),
        ("9" * 5000, None, DAY),
        ("Fri, 02 Feb 2024 22:05:00 GMT", None, 300.0),
        ("Friday, 02-Feb-24 22:05:00 GMT", None, 300.0),
        ("Fri Feb  2 22:05:00 2024", None, 300.0),
        ("Fri, 02 Feb 2024 21:00:00 GMT", None, 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None, DAY),
        # The server's clock is two years slow, and it means five minutes.
        ("Wed, 02 Feb 2022 22:05:00 GMT", "Wed, 02 Feb 2022 22:00:00 GMT", 300.0),
        ("Fri, 02 Feb 2024 22:05:00 GMT", "not a date", 300.0),
        ("soon", None, None),
        ("", None, None),
        ("Fri, 02 Feb 0000 22:05:00 GMT", None, 0.0),
        ("Fri, 99 Foo 2024 99:99:99 GMT", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_obeyed_within_a_cap(
    value: str | None, date: str | None, seconds: float | None
) -> None:
    assert retry_after(value, date=date, now=NOW, cap_s=DAY) == seconds


@given(st.text(), st.text())
def test_whatever_retry_after_says_the_wait_is_between_nothing_and_the_cap(
    value: str, date: str
) -> None:
    seconds = retry_after(value, date=date, now=NOW, cap_s=DAY)
    assert seconds is None or 0 <= seconds <= DAY


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "2024-02-02T22:03:00.000Z"}, 180.0),
        ({"ratelimit-reset": str(int(NOW.timestamp()) + 60)}, 60.0),
        ({"ratelimit-reset": "45"}, 45.0),
        ({"ratelimit-reset": "whenever"}, None),
        ({"retry-after": "5", "ratelimit-reset": "45"}, 5.0),
    ],
)
def test_a_rate_limit_says_when_it_starts_anew(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_asked_for(headers, status=429, now=NOW, cap_s=DAY) == seconds


@pytest.mark.anyio
@pytest.mark.parametrize("status", [429, 503])
async def test_429_and_503_carry_the_wait_the_host_asks_for(status: int) -> None:
    sent = reply(b"", ("Retry-After", "120"), status=status)
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus) as caught:
            await client.get(server.url())
    assert caught.value.asks_for_patience
    assert caught.value.retry_after == 120.0


# Who we are


@pytest.mark.anyio
async def test_the_user_agent_names_the_monitor_and_a_contact() -> None:
    async with Server(lambda _: reply()) as server, Client(OPEN) as client:
        await client.get(server.url())
    agent = server.requests[0].headers["user-agent"]
    assert agent.startswith("monitor/")
    assert agent.endswith("(+mailto:desk@example.org)")


@pytest.mark.anyio
async def test_credentials_stay_with_the_origin_they_were_given_for() -> None:
    def elsewhere(request: Request) -> bytes:
        return reply(b"", ("Location", other.url("/b")), status=302)

    async with (
        Server(lambda _: reply(b"x"), host="127.0.0.2") as other,
        Server(elsewhere) as server,
        Client(OPEN) as client,
    ):
        url = server.url("/a").replace("//", "//me:pa%20ss@")
        response = await client.get(url, headers={"X-Key": "k"})
    assert server.requests[0].headers["authorization"] == "Basic bWU6cGEgc3M="
    assert server.requests[0].headers["x-key"] == "k"
    assert not {"authorization", "x-key"} & set(other.requests[0].headers)
    assert response.url == other.url("/b")


@pytest.mark.anyio
async def test_parameters_are_added_to_the_query() -> None:
    async with Server(lambda _: reply()) as server, Client(OPEN) as client:
        await client.get(server.url("/s?a=1"), params={"q": "القائم", "n": 2})
    assert server.requests[0].path == "/s?a=1&q=%D8%A7%D9%84%D9%82%D8%A7%D8%A6%D9%85&n=2"


@pytest.mark.anyio
async def test_proxy_variables_in_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Server(lambda _: reply(b"direct")) as server, Client(OPEN) as client:
        assert (await client.get(server.url())).body == b"direct"


@pytest.mark.anyio
async def test_a_configured_proxy_is_used_and_may_stand_on_a_private_address() -> None:
    async with Server(lambda _: reply(b"by proxy")) as proxy:
        limits = Limits(proxy=proxy.url().replace("//", "//me:pw@"), spacing_s=0.0)
        async with Client(limits) as client:
            response = await client.get("http://news.example/feed")
    assert response.body == b"by proxy"
    assert proxy.requests[0].path == "http://news.example/feed"
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6cHc="


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "0x7f.1", "localhost", "a.localhost"])
async def test_a_proxy_is_not_asked_for_a_private_host(host: str) -> None:
    async with Server(lambda _: reply(b"inside")) as proxy:
        async with Client(Limits(proxy=proxy.url())) as client:
            with pytest.raises(AddressBlocked):
                await client.get(f"http://{host}/")
        assert proxy.requests == []


# robots.txt


def allowed(text: str, path: str) -> bool:
    return parse(text.encode(), "monitor").allows(path)


@pytest.mark.parametrize(
    ("text", "path", "answer"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\nAllow: /public", "/public/a", True),
        ("User-agent: *\nAllow: /\nDisallow: /private", "/private/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Monitor/1.0\nDisallow:", "/a", True),
        ("User-agent: a\nUser-agent: monitor\nDisallow: /x", "/x", False),
        ("User-agent: monitor\nDisallow: /x\nUser-agent: monitor\nDisallow: /y", "/x", False),
        ("User-agent: *\nDisallow: /*?s=", "/find?s=1", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /%D8%AE", "/خ", False),
        ("User-agent: *\nDisallow: /خ", "/%d8%ae", False),
        ("\ufeffuser-AGENT : * # all\n disallow: /x # no", "/x", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("<html>not robots at all</html>", "/a", True),
    ],
)
def test_robots_txt_is_read_as_rfc_9309_has_it(text: str, path: str, answer: bool) -> None:
    assert allowed(text, path) is answer


@given(st.binary(), st.text())
def test_no_robots_txt_and_no_path_is_too_odd_to_be_judged(text: bytes, path: str) -> None:
    parse(b"User-agent: *\nDisallow: " + text, "monitor").allows("/" + path)


def test_a_robots_txt_made_to_be_slow_is_not() -> None:
    """Backtracking would take longer than the universe has existed."""
    assert allowed("User-agent: *\nDisallow: /" + "*a" * 500 + "b$", "/" + "a" * 5000)


@pytest.mark.anyio
async def test_a_page_robots_txt_closes_is_not_opened() -> None:
    def answers(request: Request) -> bytes:
        return reply(b"User-agent: *\nDisallow: /private")

    async with Server(answers) as server, Client(OPEN) as client:
        with pytest.raises(RobotsDenied, match=r"robots\.txt asks robots not to open"):
            await client.get(server.url("/private/1"), robots=True)
        await client.get(server.url("/open"), robots=True)
        await client.get(server.url("/private/1"))
    # One robots.txt for the site, and none where it was not asked for.
    assert [r.path for r in server.requests] == ["/robots.txt", "/open", "/private/1"]


@pytest.mark.anyio
async def test_robots_txt_counts_at_the_end_of_a_redirect_too() -> None:
    def answers(request: Request) -> bytes:
        if request.path == "/open":
            return reply(b"", ("Location", "/private"), status=302)
        return reply(b"User-agent: *\nDisallow: /private")

    async with Server(answers) as server, Client(OPEN) as client:
        with pytest.raises(RobotsDenied):
            await client.get(server.url("/open"), robots=True)
    assert "/private" not in [r.path for r in server.requests]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "opens"), [(404, True), (403, True), (500, False), (503, False)]
)
async def test_a_site_without_robots_txt_is_open_and_one_that_fails_is_closed(
    status: int, opens: bool
) -> None:
    def answers(request: Request) -> bytes:
        return reply(status=status) if request.path == "/robots.txt" else reply(b"page")

    async with Server(answers) as server, Client(OPEN) as client:
        if opens:
            assert (await client.get(server.url("/a"), robots=True)).body == b"page"
        else:
            with pytest.raises(RobotsDenied, match=f"HTTP {status}"):
                await client.get(server.url("/a"), robots=True)


@pytest.mark.anyio
async def test_robots_txt_is_asked_for_again_after_a_day() -> None:
    now = NOW
    async with Server(lambda _: reply(b"")) as server, Client(OPEN, clock=lambda: now) as client:
        for hours in (0, 23, 2):
            now += timedelta(hours=hours)
            await client.get(server.url("/a"), robots=True)
    assert [r.path for r in server.requests].count("/robots.txt") == 2


# Turns at a host


@pytest.mark.anyio
async def test_a_host_is_asked_by_at_most_a_few_at_once() -> None:
    everyone = asyncio.Event()

    async def answers(request: Request) -> AsyncIterator[bytes]:
        if server.at_once == 2:
            everyone.set()
        await everyone.wait()
        yield reply(b"x", ("Connection", "close"))

    async with Server(answers) as server, Client(OPEN) as client:
        await asyncio.gather(*(client.get(server.url(f"/{n}")) for n in range(8)))
    assert server.most_at_once == OPEN.per_host == 2


@pytest.mark.anyio
async def test_hosts_do_not_wait_for_each_other() -> None:
    both = asyncio.Event()

    async def answers(request: Request) -> AsyncIterator[bytes]:
        if one.at_once + two.at_once == 2:
            both.set()
        await both.wait()
        yield reply(b"x", ("Connection", "close"))

    one, two = Server(answers), Server(answers, host="127.0.0.2")
    async with one, two, Client(replace(OPEN, per_host=1)) as client:
        await asyncio.gather(client.get(one.url()), client.get(two.url()))


class _Instant(selectors.DefaultSelector):
    """Never waits: time passes as far as the next timer, at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


def in_no_time(main: Callable[[], object]) -> None:
    selector = _Instant()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(main())  # type: ignore[arg-type]
    finally:
        loop.close()


def test_two_requests_to_one_host_start_apart() -> None:
    async def main() -> None:
        loop, turns, starts = asyncio.get_running_loop(), Turns(per_host=4, spacing_s=0.5), []

        async def ask(host: str) -> None:
            async with turns.turn(host):
                starts.append((host, round(loop.time(), 3)))

        await asyncio.gather(*(ask(host) for host in ("a", "a", "a", "b")))
        assert sorted(starts) == [("a", 0.0), ("a", 0.5), ("a", 1.0), ("b", 0.0)]

    in_no_time(main)


def test_hosts_are_forgotten_when_their_pause_is_over() -> None:
    async def main() -> None:
        turns = Turns(per_host=1, spacing_s=0.5)
        for number in range(100):
            async with turns.turn(f"host{number}"):
                pass
        await asyncio.sleep(0.6)
        assert turns.hosts == 0

    in_no_time(main)


# A whole host


@pytest.mark.anyio
async def test_one_bad_route_does_not_block_the_rest_of_a_host() -> None:
    def answers(request: Request) -> bytes:
        return reply(status=503) if request.path == "/bad" else reply(b"good")

    async with Server(answers) as server, Client(OPEN) as client:
        for _ in range(10):
            with pytest.raises(BadStatus):
                await client.get(server.url("/bad"))
        assert (await client.get(server.url("/good"))).body == b"good"


@pytest.mark.anyio
async def test_a_host_that_refuses_three_urls_in_a_row_is_left_alone_and_recovers() -> None:
    now = NOW
    busy = True

    def answers(request: Request) -> bytes:
        return reply(b"", ("Retry-After", "100"), status=429) if busy else reply(b"back")

    async with Server(answers) as server, Client(OPEN, clock=lambda: now) as client:
        for path in ("/1", "/2", "/3", "/4"):
            with pytest.raises(BadStatus) as caught:
                await client.get(server.url(path))
        assert len(server.requests) == 3
        assert caught.value.retry_after is not None
        assert caught.value.retry_after >= 100
        now += timedelta(seconds=126)
        busy = False
        assert (await client.get(server.url("/4"))).body == b"back"


@pytest.mark.anyio
async def test_a_host_left_alone_says_until_when_and_why() -> None:
    async with Server(lambda _: None) as server, Client(OPEN) as client:
        for path in ("/1", "/2", "/3"):
            with pytest.raises(Unreachable):
                await client.get(server.url(path))
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 is left alone until .* UTC"):
            await client.get(server.url("/4"))
        assert len(server.requests) == 3

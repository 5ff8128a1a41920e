"""What hostile and broken servers do, and what one ``get`` answers: an error of one line, soon."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
import trustme

from monitor.errors import (
    BadRedirect,
    BadStatus,
    FetchError,
    TimedOut,
    TooLarge,
    Unreachable,
)
from monitor.net import Client

from .server import OPEN, Request, Server, reply

pytestmark = pytest.mark.anyio

SMALL = replace(OPEN, max_bytes=1024 * 1024)


def bomb(megabytes: int) -> bytes:
    """So many megabytes of zeros, gzipped: about a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(bytes(1024 * 1024)) for _ in range(megabytes)]
    return b"".join([*packed, packer.flush()])


# Size


async def test_a_67_megabyte_gzip_bomb_is_refused_and_never_held_in_memory() -> None:
    sent = reply(bomb(67), ("Content-Encoding", "gzip"))
    assert len(sent) < 100_000
    async with Server(lambda _: sent) as server, Client(SMALL) as client:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge, match="larger than 1,048,576 bytes"):
                await client.get(server.url())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4 * SMALL.max_bytes


async def test_a_deflate_bomb_is_refused() -> None:
    sent = reply(zlib.compress(bytes(2 * 1024 * 1024)), ("Content-Encoding", "deflate"))
    async with Server(lambda _: sent) as server, Client(SMALL) as client:
        with pytest.raises(TooLarge):
            await client.get(server.url())


async def test_a_body_just_at_the_cap_is_read_and_one_byte_more_is_not() -> None:
    async def fetch(size: int) -> int:
        sent = reply(gzip.compress(bytes(size)), ("Content-Encoding", "gzip"))
        async with Server(lambda _: sent) as server, Client(SMALL) as client:
            return len((await client.get(server.url())).body)

    assert await fetch(SMALL.max_bytes) == SMALL.max_bytes
    with pytest.raises(TooLarge):
        await fetch(SMALL.max_bytes + 1)


async def test_an_endless_plain_body_is_cut_at_the_cap() -> None:
    async def endless(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield bytes(65536)

    async with Server(endless) as server, Client(SMALL) as client:
        with pytest.raises(TooLarge):
            await client.get(server.url())


async def test_endless_gzip_members_without_a_byte_in_them_are_cut_at_the_cap() -> None:
    empty = gzip.compress(b"") * 3000

    async def endless(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
        while True:
            yield empty

    async with Server(endless) as server, Client(SMALL) as client:
        with pytest.raises(TooLarge):
            await client.get(server.url())


async def test_endless_headers_are_cut() -> None:
    async def endless(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            yield b"X-More: " + b"a" * 1000 + b"\r\n"

    async with Server(endless) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable, match="not valid HTTP"):
            await client.get(server.url())


async def test_an_error_page_without_end_is_not_read() -> None:
    async def endless(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 500 No\r\n\r\n"
        while True:
            yield bytes(65536)

    async with Server(endless) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus, match="HTTP 500"):
            await client.get(server.url())


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd", "nonsense"])
async def test_a_content_encoding_nobody_asked_for_is_an_error(coding: str) -> None:
    sent = reply(b"whatever", ("Content-Encoding", coding))
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        with pytest.raises(FetchError, match="was not asked for"):
            await client.get(server.url())
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


async def test_what_claims_to_be_gzip_and_is_not_is_an_error() -> None:
    sent = reply(b"<rss/>", ("Content-Encoding", "gzip"))
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        with pytest.raises(FetchError, match="not the gzip it claims to be"):
            await client.get(server.url())


async def test_a_gzip_body_without_its_end_gives_what_could_be_decoded() -> None:
    body = bytes(range(256)) * 64
    sent = reply(gzip.compress(body)[:-8], ("Content-Encoding", "gzip"))
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        assert (await client.get(server.url())).body == body


# Time


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def silent(request: Request) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    limits = replace(OPEN, read_s=0.05)
    async with Server(silent) as server, Client(limits) as client:
        with pytest.raises(TimedOut, match=r"no data for 0\.05 seconds"):
            await client.get(server.url())


async def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    async def stalling(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"
        await asyncio.Event().wait()

    limits = replace(OPEN, read_s=0.05)
    async with Server(stalling) as server, Client(limits) as client:
        with pytest.raises(TimedOut, match="no data"):
            await client.get(server.url())


async def test_a_server_that_drips_for_ever_meets_the_limit_of_the_whole_request() -> None:
    async def dripping(request: Request) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"."
            await asyncio.sleep(0)

    limits = replace(OPEN, total_s=0.1)
    async with Server(dripping) as server, Client(limits) as client:
        with pytest.raises(TimedOut, match=r"not done after 0\.1 seconds"):
            await client.get(server.url())


async def test_redirects_share_the_limit_of_the_whole_request() -> None:
    async def stepping(request: Request) -> AsyncIterator[bytes]:
        if request.path == "/3":
            await asyncio.Event().wait()
        yield reply(
            b"", ("Location", f"/{len(request.path) and int(request.path[1:]) + 1}"), status=302
        )

    limits = replace(OPEN, total_s=0.2)
    async with Server(stepping) as server, Client(limits) as client:
        with pytest.raises(TimedOut, match="not done"):
            await client.get(server.url("/0"))
        assert [request.path for request in server.requests] == ["/0", "/1", "/2", "/3"]


async def test_a_resolver_that_never_answers_is_given_up() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with Client(replace(OPEN, connect_s=0.05), resolve=resolve) as client:
        with pytest.raises(TimedOut, match=r"no connection after 0\.05 seconds"):
            await client.get("http://slow.example/")


async def test_a_tls_handshake_that_never_ends_is_given_up() -> None:
    limits = replace(OPEN, connect_s=0.05)
    async with Server(lambda _: None, hello=b"") as server, Client(limits) as client:
        with pytest.raises(TimedOut, match="no connection"):
            await client.get(server.url().replace("http:", "https:"))


# Connections


async def test_a_refused_connection_is_unreachable() -> None:
    async with Server(lambda _: reply()) as server:
        gone = server.url()
    async with Client(OPEN) as client:
        with pytest.raises(Unreachable, match="refused"):
            await client.get(gone)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"ICY 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nBad\x00Header: x\r\n\r\n",
        reply(b"cut off", length=1000),
    ],
)
async def test_an_answer_that_is_no_whole_http_answer_is_unreachable(answer: bytes | None) -> None:
    async with Server(lambda _: answer) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable) as caught:
            await client.get(server.url())
    assert str(caught.value).isprintable()


async def test_a_kept_connection_the_server_closed_is_replaced_without_an_error() -> None:
    answers = iter([reply(b"one"), None, reply(b"two")])
    async with Server(lambda _: next(answers)) as server, Client(OPEN) as client:
        assert (await client.get(server.url())).body == b"one"
        assert (await client.get(server.url())).body == b"two"
        assert server.connections == 2


async def test_bytes_beyond_an_answer_never_become_the_next_one() -> None:
    """A server that appends a second answer cannot poison what is read next."""
    sneaky = reply(b"mine") + reply(b"forged")

    def answers(request: Request) -> bytes:
        return sneaky if request.path == "/a" else reply(b"true")

    async with Server(answers) as server, Client(OPEN) as client:
        assert (await client.get(server.url("/a"))).body == b"mine"
        assert (await client.get(server.url("/b"))).body == b"true"


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def at_loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_tls_is_verified_by_host_name_although_the_address_is_pinned(
    authority: trustme.CA,
) -> None:
    tls = serving(authority, "right.example")
    with authority.cert_pem.tempfile() as ca_file:
        limits = replace(OPEN, ca_file=ca_file)
        async with (
            Server(lambda _: reply(b"x" * 300_000), tls=tls) as server,
            Client(limits, resolve=at_loopback) as client,
        ):
            response = await client.get(server.url("/", host="right.example"))
            assert response.body == b"x" * 300_000
            assert (await client.get(server.url("/", host="right.example"))).status == 200
            assert server.connections == 1
            with pytest.raises(Unreachable, match=r"TLS: .*wrong\.example"):
                await client.get(server.url("/", host="wrong.example"))


async def test_a_certificate_from_nobody_known_is_refused(authority: trustme.CA) -> None:
    tls = serving(authority, "right.example")
    async with (
        Server(lambda _: reply(b"x"), tls=tls) as server,
        Client(OPEN, resolve=at_loopback) as client,
    ):
        with pytest.raises(Unreachable, match=r"TLS: unable to get local issuer certificate"):
            await client.get(server.url("/", host="right.example"))
        assert server.requests == []


async def test_plain_http_where_tls_was_asked_for_is_unreachable() -> None:
    hello = reply(b"no TLS here", status=400)
    async with Server(lambda _: None, hello=hello) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable, match="TLS"):
            await client.get(server.url().replace("http:", "https:"))


async def test_a_ca_file_that_cannot_be_read_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.pem: No such file"):
        Client(replace(OPEN, ca_file="nowhere.pem"))


# Redirects


def redirects(*steps: tuple[int, str]) -> Sequence[bytes]:
    return [reply(b"", ("Location", location), status=status) for status, location in steps]


async def follow(steps: Sequence[tuple[int, str]], final: bytes = b"end") -> tuple[str, str | None]:
    """The final path and ``moved_to``'s path of a chain /0 → /1 → …"""

    def answers(request: Request) -> bytes:
        number = int(request.path[1:])
        if number == len(steps):
            return reply(final)
        return reply(b"", ("Location", steps[number][1]), status=steps[number][0])

    async with Server(answers) as server, Client(OPEN) as client:
        response = await client.get(server.url("/0"))
        base = server.url("")
    moved = response.moved_to
    return response.url.removeprefix(base), moved and moved.removeprefix(base)


@pytest.mark.parametrize("first", [301, 308])
@pytest.mark.parametrize("second", [301, 308])
async def test_a_chain_of_301_and_308_moves_the_feed(first: int, second: int) -> None:
    assert await follow([(first, "/1"), (second, "/2")]) == ("/2", "/2")


@pytest.mark.parametrize(
    "steps", [[(302, "/1")], [(301, "/1"), (307, "/2")], [(303, "/1"), (301, "/2")]]
)
async def test_a_chain_with_a_temporary_redirect_in_it_moves_nothing(
    steps: Sequence[tuple[int, str]],
) -> None:
    assert await follow(steps) == (f"/{len(steps)}", None)


@pytest.mark.parametrize("location", ["1", "./1", "/1#part", "?", "//127.0.0.1:{port}/1"])
async def test_a_location_may_be_relative(location: str) -> None:
    def answers(request: Request) -> bytes:
        if request.path == "/0":
            there = location.format(port=server.port)
            return reply(b"", ("Location", there), status=302)
        return reply(request.path.encode())

    async with Server(answers) as server, Client(OPEN) as client:
        if location == "?":  # the same page again
            with pytest.raises(BadRedirect, match="in a circle"):
                await client.get(server.url("/0"))
        else:
            assert (await client.get(server.url("/0"))).body == b"/1"


async def test_a_location_may_hold_arabic_letters_as_utf_8() -> None:
    def answers(request: Request) -> bytes:
        if request.path == "/":
            return b"HTTP/1.1 302 F\r\nLocation: /\xd8\xae\r\nContent-Length: 0\r\n\r\n"
        return reply(request.path.encode())

    async with Server(answers) as server, Client(OPEN) as client:
        assert (await client.get(server.url())).body == b"/%D8%AE"


async def test_a_redirect_loop_ends() -> None:
    circle = {"/a": "/b", "/b": "/c", "/c": "/a"}

    def answers(request: Request) -> bytes:
        return reply(b"", ("Location", circle[request.path]), status=301)

    async with Server(answers) as server, Client(OPEN) as client:
        with pytest.raises(BadRedirect, match=r"redirects in a circle at .*/a"):
            await client.get(server.url("/a"))
        assert len(server.requests) == 3


async def test_redirects_that_lead_on_for_ever_end() -> None:
    def answers(request: Request) -> bytes:
        return reply(b"", ("Location", f"{request.path}x"), status=302)

    async with Server(answers) as server, Client(OPEN) as client:
        with pytest.raises(BadRedirect, match="more than 5 redirects"):
            await client.get(server.url("/"))
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://x/",
        "http://",
        "http://[::1",
        "data:,",
    ],
)
async def test_a_redirect_to_what_is_no_http_url_is_an_error(location: str) -> None:
    (sent,) = redirects((302, location))
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        with pytest.raises(BadRedirect):
            await client.get(server.url())


async def test_a_redirect_to_nowhere_is_an_error_status() -> None:
    async with Server(lambda _: reply(b"", status=302)) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus, match="HTTP 302"):
            await client.get(server.url())


# Statuses


async def test_304_that_was_not_asked_for_is_an_error() -> None:
    async with Server(lambda _: reply(status=304)) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus, match="HTTP 304"):
            await client.get(server.url())


async def test_a_part_that_was_not_asked_for_is_an_error() -> None:
    async with Server(lambda _: reply(b"half", status=206)) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus, match="HTTP 206"):
            await client.get(server.url())


async def test_410_says_that_the_feed_is_gone() -> None:
    async with Server(lambda _: reply(status=410)) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus) as caught:
            await client.get(server.url())
    assert caught.value.gone


# Messages


async def test_no_message_shows_a_password_or_a_key() -> None:
    async with Server(lambda _: reply(status=403)) as server, Client(OPEN) as client:
        url = server.url("/feed?x=1&api_key=s3cret&token=s3cret").replace("//", "//me:s3cret@")
        with pytest.raises(BadStatus) as caught:
            await client.get(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.url == server.url("/feed?x=1&api_key=…&token=…")


async def test_a_message_is_one_printable_line_whatever_the_server_wrote() -> None:
    location = "javascript:\x1b]0;owned\x07\u202e".encode()
    sent = b"HTTP/1.1 302 F\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(server.url())
    assert str(caught.value).isprintable()


# Answers that are written oddly


async def written(*pieces: bytes) -> AsyncIterator[bytes]:
    """These bytes and no more: the connection ends after them."""
    for piece in pieces:
        yield piece


async def test_trailers_without_end_are_cut() -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        while True:
            yield b"A: " + b"a" * 1000 + b"\r\n"

    async with Server(lambda _: drip()) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable, match="without end"):
            await client.get(server.url())


async def test_an_answer_announced_by_others_is_waited_for() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with Server(lambda _: written(early, answer)) as server, Client(OPEN) as client:
        response = await client.get(server.url())
    assert (response.body, "link" in response.headers) == (b"ok", False)


async def test_a_server_that_changes_the_protocol_is_unreachable() -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    async with Server(lambda _: written(answer)) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable, match="not valid HTTP"):
            await client.get(server.url())


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: -1",
        "Content-Length: 5x",
        "X-Header : 1",
        "X-Nul: a\x00b",
    ],
)
async def test_an_answer_that_can_be_read_in_two_ways_is_refused(head: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\nhello".encode()
    async with Server(lambda _: written(answer)) as server, Client(OPEN) as client:
        with pytest.raises(Unreachable, match="not valid HTTP"):
            await client.get(server.url())


async def test_a_validator_with_a_line_break_in_it_is_not_sent() -> None:
    async with Server(lambda _: reply(b"x")) as server, Client(OPEN) as client:
        with pytest.raises(FetchError, match="cannot be sent"):
            await client.get(server.url(), etag='"a"\r\nX-Smuggled: 1')
    assert server.requests == []

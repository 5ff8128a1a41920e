"""What one ``get`` promises with a server that behaves."""

from __future__ import annotations

import gzip
import zlib

import pytest

from monitor.errors import BadStatus, FetchError
from monitor.net import Client

from .server import OPEN, Request, Server, reply

pytestmark = pytest.mark.anyio


async def test_a_response_carries_body_type_charset_and_validators() -> None:
    def answers(request: Request) -> bytes:
        return reply(
            b"<rss/>",
            ("Content-Type", 'Application/RSS+XML; version=2; Charset="Windows-1256"'),
            ("ETag", '"abc"'),
            ("Last-Modified", "Fri, 02 Feb 2024 22:00:00 GMT"),
        )

    async with Server(answers) as server, Client(OPEN) as client:
        response = await client.get(server.url("/feed"))
    assert response.body == b"<rss/>"
    assert response.status == 200
    assert not response.not_modified
    assert response.url == server.url("/feed")
    assert response.content_type == "application/rss+xml"
    assert response.charset == "windows-1256"
    assert response.etag == '"abc"'
    assert response.last_modified == "Fri, 02 Feb 2024 22:00:00 GMT"
    assert response.headers["etag"] == response.headers["ETag"] == '"abc"'
    assert response.moved_to is None


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:])),
        ("gzip", lambda body: gzip.compress(body) + bytes(8)),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("identity", bytes),
    ],
)
async def test_every_content_encoding_asked_for_is_undone(coding: str, encode: object) -> None:
    body = "انفجارات ".encode() * 1000
    assert callable(encode)
    sent = reply(encode(body), ("Content-Encoding", coding))
    async with Server(lambda _: sent) as server, Client(OPEN) as client:
        assert (await client.get(server.url())).body == body


async def test_an_error_status_is_an_error_with_its_number() -> None:
    async with Server(lambda _: reply(b"", status=404)) as server, Client(OPEN) as client:
        with pytest.raises(BadStatus, match=r"HTTP 404$") as caught:
            await client.get(server.url("/feed"))
    assert caught.value.status == 404
    assert caught.value.url == server.url("/feed")


async def test_connections_are_kept_and_used_again() -> None:
    async with Server(lambda _: reply(b"x")) as server, Client(OPEN) as client:
        for _ in range(5):
            await client.get(server.url())
        assert server.connections == 1


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "", "http://", "x:[", "http://①②⑦.⓪.⓪.①/"],
)
async def test_only_http_urls_are_fetched(url: str) -> None:
    async with Client(OPEN) as client:
        with pytest.raises(FetchError):
            await client.get(url)

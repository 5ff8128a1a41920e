"""What is remembered of robots.txt files is bounded, and nothing is left of sites not asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import AddressBlocked
from monitor.net import Headers, Response
from monitor.net.robots_cache import MAX_SITES, RobotsCache

pytestmark = pytest.mark.anyio
NOW = datetime(2024, 2, 3, tzinfo=UTC)


async def test_an_address_that_must_not_be_asked_leaves_nothing_behind() -> None:
    async def blocked(url: str) -> Response:
        raise AddressBlocked(url, "private")

    cache = RobotsCache(blocked, lambda: NOW)
    for n in range(3):
        with pytest.raises(AddressBlocked):
            await cache.rules(f"http://10.0.0.{n}/robots.txt")
    assert not cache._asking
    assert not cache._sites


async def test_no_more_sites_than_its_bound_are_remembered() -> None:
    async def get(url: str) -> Response:
        return Response(url, 200, Headers(()), b"User-agent: *")

    cache = RobotsCache(get, lambda: NOW)
    for n in range(MAX_SITES + 3):
        await cache.rules(f"http://{n}.example/robots.txt")
    assert len(cache._sites) == MAX_SITES
    assert not cache._asking

"""robots.txt files as they were fetched, one per site, kept for a day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from monitor.errors import AddressBlocked, BadRedirect, BadStatus, FetchError, TooLarge

from .robots import ALLOW_ALL, Rules, parse
from .values import Response

ROBOT = "monitor"  # our product token, as the User-Agent begins
KEEP = timedelta(hours=24)  # RFC 9309, 2.4
RETRY = timedelta(minutes=10)  # after a site could not be asked
MAX_SITES = 2_000  # the longest unused are forgotten


class RobotsCache:
    """Answers what may be opened on a site, asking it at most once at a time and once a day."""

    def __init__(
        self,
        get: Callable[[str], Awaitable[Response]],
        clock: Callable[[], datetime],
    ) -> None:
        self._get = get
        self._clock = clock
        self._sites: OrderedDict[str, tuple[datetime, Rules | FetchError]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def rules(self, url: str) -> Rules:
        """The rules in the robots.txt at ``url``.

        A site without one (4xx) allows everything. Where it could not be had (5xx, no connection),
        the site counts as closed until it can (RFC 9309, 2.3.1.4): the FetchError is raised.
        """
        try:
            async with self._asking.setdefault(url, asyncio.Lock()):
                known = self._sites.get(url)
                if known is None or known[0] <= self._clock():
                    known = self._sites[url] = await self._ask(url)
                self._sites.move_to_end(url)
        finally:
            self._asking.pop(url, None)  # also where it was cancelled, or the address is blocked
        while len(self._sites) > MAX_SITES:
            self._sites.popitem(last=False)
        if isinstance(known[1], FetchError):
            raise known[1]
        return known[1]

    async def _ask(self, url: str) -> tuple[datetime, Rules | FetchError]:
        now = self._clock()
        try:
            response = await self._get(url)
        except BadStatus as error:
            if 400 <= error.status < 500 and error.status != 429:
                return now + KEEP, ALLOW_ALL
            return now + RETRY, error
        except (BadRedirect, TooLarge):
            return now + KEEP, ALLOW_ALL
        except AddressBlocked:
            raise
        except FetchError as error:
            return now + RETRY, error
        return now + KEEP, parse(response.body, ROBOT)

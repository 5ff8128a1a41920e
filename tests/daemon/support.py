"""A worker for tests: analyses in a thread of this process, with an analyser of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from monitor.analyser import Analyser
from monitor.errors import MonitorError
from monitor.model import Analysis, Post
from monitor.pipeline import work_off
from monitor.store import Store
from tests.builders import an_analysis


class QuickTranslator:
    """Is never slow, and translates nothing."""

    def slow(self) -> bool:
        return False

    def languages(self) -> frozenset[str]:
        return frozenset()


class QuickAnalyser:
    """Calls everything English; chokes on posts that hold ``choke_on``."""

    def __init__(self, choke_on: str = "\0") -> None:
        self.choke_on = choke_on
        self.translator = QuickTranslator()

    def renew(self, now: datetime) -> None:
        """Nothing changes under it."""

    def analyse(self, posts: Sequence[Post], now: datetime, **_options: Any) -> list[Analysis]:
        if any(self.choke_on in post.text for post in posts):
            raise ValueError("a post nobody thought of")
        return [an_analysis() for _ in posts]

    def remembered(self, posts: Sequence[Post]) -> dict[str, bytes]:
        return {}


def quick(choke_on: str = "\0") -> Analyser:
    return cast(Analyser, QuickAnalyser(choke_on))


class InThread:
    """See :class:`monitor.daemon.Worker`."""

    def __init__(
        self, store: Store, analyser: Analyser | None = None, fails: MonitorError | None = None
    ) -> None:
        self._store = store
        self._analyser = analyser or quick()
        self._fails = fails  # to start, so
        self.restarts = 0
        self.stopped = False

    async def start(self) -> None:
        if self._fails is not None:
            raise self._fails

    async def work(self, now: datetime) -> int:
        return await asyncio.to_thread(work_off, self._store, self._analyser, now)

    async def stop(self, within_s: float) -> None:
        self.stopped = True

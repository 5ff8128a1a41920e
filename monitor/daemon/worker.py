"""Keeps the analysing process alive: started again when it crashes, ended when it is stuck."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from monitor.analysis import packed
from monitor.config import Config
from monitor.errors import MonitorError, StoreError, StoreLocked
from monitor.model import Event
from monitor.pipeline import BATCH, wait_after
from monitor.store import Store

log = logging.getLogger(__name__)

STUCK_S = 900.0  # a batch with long texts and a slow translator may take minutes
LONGEST_RESTART_S = 60.0
_COMMAND = (sys.executable, "-m", "monitor.analysis")
_LINE_BYTES = 2**20  # a batch of ids, however long they are


class Worker(Protocol):
    """Who analyses pending posts."""

    restarts: int

    async def start(self) -> None:
        """Load what it takes. Raises :class:`MonitorError` where that fails."""

    async def work(self, now: datetime) -> int:
        """Analyse one batch; how many posts were taken up. Raises :class:`StoreError`."""

    async def stop(self, within_s: float) -> None:
        """Finish what is in hand, in so many seconds, and end."""


class Crashed(Exception):
    """The analysing process ended. The message goes on a sentence about it."""


class AnalysisProcess:
    """The real :class:`Worker`. ``command`` starts the process (:mod:`monitor.analysis`); it
    and the seconds are for tests to change.

    A post that crashes it is found by taking the posts of that batch one at a time, and is then
    put off like any post that cannot be analysed; the others are not held up.
    """

    def __init__(
        self,
        config: Config,
        events: Sequence[Event],
        store: Store,
        *,
        command: Sequence[str] = _COMMAND,
        stuck_s: float = STUCK_S,
        pause_s: float = 1.0,
    ) -> None:
        self._settings = packed(config, events).encode()
        self._command = tuple(command)
        self._store = store
        self._stuck_s = stuck_s
        self._pause_s = pause_s  # before the first restart; doubles with each in a row
        self._process: asyncio.subprocess.Process | None = None
        self._in_hand: list[tuple[str, int, int]] = []
        self._singly = 0  # so many posts are taken one at a time, to find the one that crashes it
        self._crashes = 0  # in a row
        self._stopped = False
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
            start_new_session=True,  # Ctrl-C is for the daemon; it tells us when to end
        )
        try:
            await self._say(self._settings)
            answer = await self._answer()
        except Crashed as error:
            said = f"the analysing process {error} while it loaded its models"
            raise MonitorError(said) from error
        if "broken" in answer:
            await self._end(within_s=1.0)
            raise MonitorError(str(answer["broken"]))

    async def work(self, now: datetime) -> int:
        try:
            if self._process is None:
                await self._restart()
            async with asyncio.timeout(self._stuck_s):
                done = await self._work(now)
        except (Crashed, TimeoutError) as error:
            if not self._stopped:
                await self._crashed(error, now)
            return 0
        self._crashes = 0
        self._singly = max(self._singly - done, 0)
        return done

    async def stop(self, within_s: float) -> None:
        self._stopped = True
        await self._end(within_s)

    async def _end(self, within_s: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # it ends when its input does
        try:
            await asyncio.wait_for(process.wait(), within_s)
        except TimeoutError:
            if self._in_hand:
                log.warning("analysing is cut off after %g s; it loses nothing", within_s)
        finally:
            await _killed(process)

    async def _work(self, now: datetime) -> int:
        request = {"now": now.isoformat(), "batch": 1 if self._singly else BATCH}
        self._in_hand = []
        await self._say(json.dumps(request).encode() + b"\n")
        while True:
            answer = await self._answer()
            match answer:
                case {"taken": taken}:
                    self._in_hand = [(str(i), int(v), int(a)) for i, v, a in taken]
                case {"done": done}:
                    self._in_hand = []
                    return int(done)
                case {"locked": why}:
                    raise StoreLocked(str(why))
                case {"broken": why}:
                    raise StoreError(str(why))
                case _:
                    raise Crashed(f"answered {answer!r}")

    async def _say(self, line: bytes) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(line)
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise Crashed(_how(await process.wait())) from None

    async def _answer(self) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise Crashed(_how(await process.wait()))
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _restart(self) -> None:
        self.restarts += 1
        await asyncio.sleep(min(self._pause_s * 2.0 ** (self._crashes - 1), LONGEST_RESTART_S))
        try:
            await self.start()
        except MonitorError as error:
            raise Crashed(f"cannot be started again: {error}") from error

    async def _crashed(self, error: Exception, now: datetime) -> None:
        process, self._process = self._process, None
        if process is not None:
            await _killed(process)
        self._crashes += 1
        why = f"was stuck for {self._stuck_s:.0f} s" if isinstance(error, TimeoutError) else error
        log.error("the analysing process %s, %d posts in hand; it is started again",
                  why, len(self._in_hand))  # fmt: skip
        if len(self._in_hand) == 1:
            ((post_id, version, attempts),) = self._in_hand
            until = now + wait_after(attempts)
            log.error("post %s is put off until %s: analysing it %s", post_id, until, why)
            reason = f"analysing it {why}"
            await asyncio.to_thread(self._store.postpone, post_id, version, reason, until)
        else:
            self._singly = max(self._singly, len(self._in_hand))
        self._in_hand = []


async def _killed(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"

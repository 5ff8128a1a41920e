"""The terminal's side of ``monitor watch``: reads keys and the store, draws, and tidies up."""

from __future__ import annotations

import codecs
import os
import select
import sys
import termios
import time
import tty
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, TypeVar

from rich.console import Console, Group
from rich.live import Live

from monitor.errors import StoreLocked
from monitor.model import Decision, FeedState, Filter, LinkedPost
from monitor.show.block import Look
from monitor.show.watch.draw import in_reach, screen
from monitor.show.watch.keys import keys, unfinished
from monitor.show.watch.state import (
    KEPT,
    Judge,
    Open,
    Quit,
    WatchState,
    add,
    press,
    stats,
)

DRAW_S = 0.25  # at most four pictures a second, however many posts come
LOOK_S = 5.0  # how often the queue and the feeds are asked about
KEY_S = 0.05  # the parts of one key come closer together than this; two keys do not
BATCH = 1000

T = TypeVar("T")


class Counts(Protocol):
    """What a header needs to know of a store."""

    @property
    def pending(self) -> int: ...
    @property
    def oldest_pending_at(self) -> datetime | None: ...


class Watched(Protocol):
    """What watching needs of a store."""

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]: ...
    def counts(self) -> Counts: ...
    def last_seq(self) -> int: ...
    def held(self) -> bool: ...
    def feed_states(self, names: Sequence[str]) -> list[FeedState]: ...
    def decide(self, decision: Decision) -> None: ...


@dataclass
class Tail:
    """Follows the changes of a store, never further behind than can be scrolled back to."""

    store: Watched
    which: Filter
    seq: int = -1
    away: str = ""  # why the store cannot be read now

    def start(self, back: int) -> None:
        """Begin ``back`` changes ago."""
        self.seq = max(self.store.last_seq() - back, -1)

    def more(self) -> list[LinkedPost]:
        """What changed since; nothing while the store cannot be read."""
        return self.read(self._more, [])

    def read(self, ask: Callable[[], T], otherwise: T) -> T:
        """What the store answers; ``otherwise``, with :attr:`away`, where its server is away."""
        try:
            found = ask()
        except StoreLocked as error:
            self.away = str(error)
            return otherwise
        self.away = ""
        return found

    def _more(self) -> list[LinkedPost]:
        last = self.store.last_seq()
        if last <= self.seq:
            return []
        found = list(self.store.linked(self.which, after_seq=self.seq, limit=BATCH))
        if len(found) == BATCH:
            last = found[-1].seq
        # What does not pass the filter need not be looked at again.
        self.seq = max([last, *(lp.seq for lp in found)])
        return found


def follow(tail: Tail, write: Callable[[LinkedPost], None], warn: Callable[[str], None]) -> None:
    """Give every post to ``write`` as it comes; until interrupted. ``warn`` is told once each time
    the store goes away."""
    while True:
        was_there = not tail.away
        found = tail.more()
        if tail.away and was_there:
            warn(tail.away)
        for lp in found:
            write(lp)
        if not found:
            time.sleep(DRAW_S * 2)


def watch(tail: Tail, feeds: Sequence[str], look: Look, who: str, given: str = "") -> None:
    """The live screen, until ``q``. Needs stdin and stdout to be a terminal.

    ``given`` says which filter ``tail`` has.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    state = WatchState(given=given, begun=tail.store.last_seq())
    known: dict[str, object] = {}
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    looked = -LOOK_S
    try:
        tty.setcbreak(fd)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            drawn: object = None
            while True:
                now = datetime.now(UTC)
                state = add(state, tail.more(), now)
                if time.monotonic() - looked >= LOOK_S:
                    known = tail.read(partial(_of_the_store, tail.store, feeds, now), known)
                    looked = time.monotonic()
                columns, height = console.size
                header = stats(state, now, **known, away=tail.away)
                picture = (state, header, columns, height)
                if picture != drawn:
                    sized = replace(look, columns=columns)
                    rows = screen(state, picture[1], sized, height)
                    live.update(Group(*rows), refresh=True)
                    drawn = picture
                if select.select([fd], [], [], DRAW_S)[0]:
                    typed = _typed(fd)
                    if not typed:
                        return
                    for key in keys(decode(typed)):
                        state, effect = press(state, key)
                        sized = replace(look, columns=columns)
                        state = in_reach(state, sized, height)
                        if isinstance(effect, Quit):
                            return
                        if isinstance(effect, Open):
                            _open(effect.url)
                        if isinstance(effect, Judge):
                            link = effect.link
                            said = Decision(link.post_id, link.event_id, effect.verdict, who, now)
                            tail.read(partial(tail.store.decide, said), None)
                            if tail.away:
                                state = replace(state, message=f"not kept: {tail.away}")
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _typed(fd: int) -> bytes:
    """What was typed; where it ends in the middle of a key, with the rest if that comes soon."""
    typed = os.read(fd, 1024)
    while unfinished(typed.decode("utf-8", "replace")):
        if not select.select([fd], [], [], KEY_S)[0]:
            break
        typed += os.read(fd, 1024)
    return typed


def begin(store: Watched, which: Filter) -> Tail:
    """A tail that shows what one can scroll back to, then what comes."""
    tail = Tail(store, which)
    # A narrow filter looks further back to find something at all.
    tail.start(KEPT if which == Filter() else KEPT * 10)
    return tail


def _open(url: str) -> None:
    """Open ``url`` where there is a desktop; over ssh the address on the screen has to do.

    Without a desktop a text browser would take over this very terminal.
    """
    desktop = sys.platform in ("darwin", "win32")
    if desktop or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def _of_the_store(store: Watched, feeds: Sequence[str], now: datetime) -> dict[str, object]:
    counts = store.counts()
    oldest = counts.oldest_pending_at
    return {
        "pending": counts.pending,
        "queue_age_s": (now - oldest).total_seconds() if oldest else 0.0,
        "daemon": store.held(),
        "trouble": tuple(s.feed for s in store.feed_states(feeds) if s.failures or s.stopped),
    }

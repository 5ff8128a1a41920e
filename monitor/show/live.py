"""The feed of posts that ``monitor run`` and ``monitor demo`` print as they come.

On a terminal: coloured blocks that scroll, above one line that says how things stand. Elsewhere:
plain lines, without any control code.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from monitor.model import Feed, LinkedPost
from monitor.show.block import META, WARNING, Look, Rtl, block
from monitor.show.text import cut, safe_line
from monitor.show.view import count, plain_lines

log = logging.getLogger(__name__)

REMEMBERED = 10_000  # posts; a daemon that runs for months must not grow


class Polled(Protocol):
    """How a poll ended; of the pipeline's own record only this is needed here."""

    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def error(self) -> Exception | None: ...


@dataclass(frozen=True, slots=True)
class Stats:
    """How things stand. Rates are per minute; ``queue_age_s`` is how long the oldest post waits."""

    posts: int = 0
    linked: int = 0
    per_minute: float | None = 0.0  # None where nobody has counted
    pending: int = 0
    queue_age_s: float = 0.0
    trouble: tuple[str, ...] = ()  # names of feeds whose last poll failed
    daemon: bool = True  # whether one works on the store
    away: str = ""  # why the store cannot be read now

    def __str__(self) -> str:
        if self.away:
            return f"NOT UP TO DATE: {safe_line(self.away)}"
        parts = [] if self.daemon else ["NO DAEMON RUNS"]
        parts += [
            count(self.posts, "post"),
            f"{self.linked} linked",
        ]
        if self.per_minute is not None:
            parts.append(f"{self.per_minute:.0f}/min")
        if self.pending:
            parts.append(f"{self.pending} waiting, {duration(self.queue_age_s)}")
        if self.trouble:
            named = ", ".join(self.trouble[:3]) + (", …" if len(self.trouble) > 3 else "")
            parts.append(f"{count(len(self.trouble), 'feed')} in trouble: {safe_line(named)}")
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h``, ``2 d``."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


class LiveFeed:
    """Shows linked posts on ``out`` as they come; ``show`` and ``polled`` are what a daemon calls.

    ``quiet`` shows troubles of feeds only. Not thread-safe: one thread shows.
    """

    def __init__(
        self,
        out: TextIO,
        *,
        quiet: bool = False,
        rtl: Rtl = "logical",
        zone: tzinfo = UTC,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._out = out
        self._quiet, self._rtl, self._zone, self._clock = quiet, rtl, zone, clock
        # markup, highlight and emoji would read a post's text as instructions.
        self._console = Console(file=out, markup=False, highlight=False, emoji=False)
        self._live: Live | None = None
        if out.isatty() and not quiet and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._started = clock()
        self._seen: Counter[str] = Counter()
        self._known: dict[str, None] = {}  # the last posts shown, oldest first
        self._errors: dict[str, str] = {}
        self._warned: dict[str, Sequence[str]] = {}

    def __enter__(self) -> LiveFeed:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, lp: LinkedPost) -> None:
        """Print one linked post. A post that changed (an edit, a repeat) is not printed again."""
        key = f"{lp.post.id}\0{lp.versions}"
        if key in self._known:
            return
        self._known[key] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        self._seen["posts"] += 1
        self._seen["linked"] += bool(lp.analysis.links)
        if self._quiet:
            return
        if self._live:
            look = Look(self._console.width, self._rtl, zone=self._zone)
            self._console.print(Text("\n").join([*block(lp, look), Text("")]), soft_wrap=True)
            self._refresh()
        else:
            self._write(self._out, "\n".join([*plain_lines(lp, self._zone), "", ""]))

    def polled(self, feed: Feed, polled: Polled) -> None:
        """Say when a feed falls into trouble and when it is well again; once each time.

        Where no terminal shows it, it goes to the log, and what is odd about a feed always does.
        """
        warned, self._warned[feed.name] = self._warned.get(feed.name, ()), polled.warnings
        for said in polled.warnings:
            if said not in warned:
                log.info("feed %s: %s", feed.name, said)
        before = self._errors.pop(feed.name, None)
        if polled.error is not None:
            said = safe_line(str(polled.error))
            self._errors[feed.name] = said
            if said != before:
                self._say(f"feed {feed.name}: {said}", WARNING)
        elif before is not None:
            self._say(f"feed {feed.name} is well again", META)
        self._refresh()

    def stats(self) -> Stats:
        minutes = max((self._clock() - self._started).total_seconds() / 60, 1 / 60)
        posts = self._seen["posts"]
        trouble = tuple(sorted(self._errors))
        return Stats(posts, self._seen["linked"], posts / minutes, trouble=trouble)

    def _say(self, line: str, style: str) -> None:
        if self._live:
            self._console.print(Text(cut(line, self._console.width), style))
        else:
            log.warning("%s", line)

    def _refresh(self) -> None:
        if self._live:
            line = cut(str(self.stats()), self._console.width)
            self._live.update(Text(line, "reverse", no_wrap=True), refresh=True)

    @staticmethod
    def _write(out: TextIO, text: str) -> None:
        # A terminal or pipe that is not UTF-8 shows escapes rather than ending the daemon.
        encoding = out.encoding or "utf-8"
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()

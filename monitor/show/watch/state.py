"""What a person watching sees and does, as values: a state, a key, the next state.

The post under the cursor is remembered by its id, so posts that come in change nothing about what
is being read. Without a cursor the newest post is on top and the screen follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.model import Link, LinkedPost, Verdict
from monitor.show.live import Stats
from monitor.show.words import folded

KEPT = 2000  # posts one can scroll back to
PAGE = 5  # posts
STATUSES = ("confirmed", "suggested", "accepted", "rejected")
RATE_OVER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A post and its words, normalised once for searching."""

    lp: LinkedPost
    words: str

    @property
    def id(self) -> str:
        return self.lp.post.id


@dataclass(frozen=True, slots=True)
class Judge:
    """The person decided about a link."""

    link: Link
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Open:
    """The person wants to see the post where it was published."""

    url: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The person is done."""


Effect = Judge | Open | Quit | None


@dataclass(frozen=True, slots=True)
class WatchState:
    """Everything on the screen. ``entries`` are oldest first; ``total`` counts all that came."""

    entries: tuple[Entry, ...] = ()
    cursor: str | None = None  # id of the post being read; None: follow the newest
    mode: Literal["feed", "search", "help", "whole"] = "feed"
    offset: int = 0  # of the rows of a post that is shown whole
    given: str = ""  # the filter that nothing here takes away
    begun: int = -1  # place of the last change before watching began: what came since is a rate
    search: str = ""
    language: str | None = None
    event: str | None = None
    status: str | None = None
    message: str = ""
    unread: int = 0  # came since the cursor was set
    total: int = 0
    linked: int = 0
    arrivals: tuple[tuple[datetime, int], ...] = field(default=())


def add(state: WatchState, posts: Iterable[LinkedPost], now: datetime) -> WatchState:
    """``posts`` came or changed. One that is there already is replaced where it stands."""
    fresh: dict[str, Entry] = {}
    for lp in posts:
        english = lp.analysis.translation.text if lp.analysis.translation else ""
        words = folded(
            f"{lp.post.full_text} {english} {lp.post.source} {lp.post.author.name or ''}"
        )
        fresh[lp.post.id] = Entry(lp, words)
    if not fresh:
        return state
    known = {entry.id for entry in state.entries}
    new = [entry for entry in fresh.values() if entry.id not in known]
    entries = [fresh.get(entry.id, entry) for entry in state.entries] + new
    recent = [(at, n) for at, n in state.arrivals if now - at < RATE_OVER]
    came = sum(entry.lp.seq > state.begun for entry in new)
    dropped, entries = entries[:-KEPT], entries[-KEPT:]
    # What is being read stays, however much comes.
    reading = [entry for entry in dropped if entry.id == state.cursor]
    return replace(
        state,
        entries=(*reading, *entries),
        unread=state.unread + len(new) if state.cursor else 0,
        total=state.total + len(new),
        linked=state.linked + sum(bool(entry.lp.analysis.links) for entry in new),
        arrivals=(*recent, (now, came)),
    )


def shown(state: WatchState) -> list[LinkedPost]:
    """The posts that pass the filter, newest first."""
    words = folded(state.search).split()
    return [entry.lp for entry in reversed(state.entries) if _passes(entry, state, words)]


def position(state: WatchState, posts: list[LinkedPost]) -> int:
    """Where in ``posts`` (of :func:`shown`) the screen begins."""
    if state.cursor is None:
        return 0
    ids = [lp.post.id for lp in posts]
    return ids.index(state.cursor) if state.cursor in ids else 0


def stats(state: WatchState, now: datetime, **more: object) -> Stats:
    """The header's numbers; ``more`` are those only the store knows."""
    recent = sum(n for at, n in state.arrivals if now - at < RATE_OVER)
    return replace(Stats(state.total, state.linked, float(recent)), **more)  # type: ignore[arg-type]


def press(state: WatchState, key: str) -> tuple[WatchState, Effect]:
    """What ``key`` (of :func:`monitor.show.watch.keys.keys`) does."""
    state = replace(state, message="")
    if key == "quit":
        return state, Quit()
    if state.mode == "help":
        return replace(state, mode="feed"), None
    if state.mode == "search":
        return _typed(state, key), None
    posts = shown(state)
    if state.mode == "whole" and (key in _SCROLLS or key in ("enter", "escape", "q")):
        return _scrolled(state, key), None
    if key == "enter" and posts:
        cursor = posts[position(state, posts)].post.id
        return replace(state, mode="whole", offset=0, cursor=cursor), None
    if key in _MOVES:
        return replace(_moved(state, posts, _MOVES[key]), offset=0), None
    if key in ("a", "r", "o"):
        return _act(state, posts, key)
    return _switch(state, posts, key)


_MOVES = {
    "down": 1, "j": 1, "up": -1, "k": -1, "pagedown": PAGE, "pageup": -PAGE,
    "home": -KEPT, "g": -KEPT, "end": KEPT, "G": KEPT,
}  # fmt: skip


_SCROLLS = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10, "home": -1000, "end": 1000}


def _scrolled(state: WatchState, key: str) -> WatchState:
    if key not in _SCROLLS:
        return replace(state, mode="feed", offset=0)
    return replace(state, offset=max(state.offset + _SCROLLS[key], 0))


def _switch(state: WatchState, posts: list[LinkedPost], key: str) -> tuple[WatchState, Effect]:
    links = [link for entry in state.entries for link in entry.lp.analysis.links]
    if key == "q":
        return state, Quit()
    if key == "?":
        return replace(state, mode="help"), None
    if key == "/":
        return replace(state, mode="search"), None
    if key in ("c", "escape"):
        return replace(state, search="", language=None, event=None, status=None), None
    if key == " ":
        if state.cursor or not posts:
            return replace(state, cursor=None, unread=0), None
        return replace(state, cursor=posts[0].post.id), None
    if key == "l":
        codes = sorted({entry.lp.analysis.language.base for entry in state.entries})
        return replace(state, language=_next(state.language, codes)), None
    if key == "e":
        events = sorted({link.event_id for link in links})
        return replace(state, event=_next(state.event, events)), None
    if key == "s":
        return replace(state, status=_next(state.status, STATUSES)), None
    return replace(state, message="? shows the keys"), None


def _passes(entry: Entry, state: WatchState, words: list[str]) -> bool:
    analysis = entry.lp.analysis
    if state.language and analysis.language.base != state.language:
        return False
    if (state.event or state.status) and not any(
        state.event in (None, link.event_id) and state.status in (None, link.status)
        for link in analysis.links
    ):
        return False
    return all(word in entry.words for word in words)


def _next(now: str | None, among: Iterable[str]) -> str | None:
    """None, then each of ``among`` in turn, then None again."""
    ring = [None, *among]
    return ring[(ring.index(now) + 1) % len(ring)] if now in ring else None


def _typed(state: WatchState, key: str) -> WatchState:
    if key == "enter":
        return replace(state, mode="feed")
    if key == "escape":
        return replace(state, mode="feed", search="")
    if key == "backspace":
        return replace(state, search=state.search[:-1])
    return replace(state, search=state.search + key) if len(key) == 1 else state


def _moved(state: WatchState, posts: list[LinkedPost], by: int) -> WatchState:
    if not posts:
        return state
    at = max(position(state, posts) + by, 0)
    if at == 0 and by < 0:
        return replace(state, cursor=None, unread=0)
    return replace(state, cursor=posts[min(at, len(posts) - 1)].post.id)


def _act(state: WatchState, posts: list[LinkedPost], key: str) -> tuple[WatchState, Effect]:
    if not posts:
        return replace(state, message="no post here"), None
    lp = posts[position(state, posts)]
    if key == "o":
        url = lp.post.url or ""
        if not url.startswith(("https://", "http://")):
            return replace(state, message="this post has no link"), None
        return replace(state, message=url), Open(url)
    if state.cursor != lp.post.id:
        # While the screen follows, another post may have come under the finger.
        said = f"paused on this post; press {key} again"
        return replace(state, cursor=lp.post.id, message=said), None
    links = sorted(lp.analysis.links, key=lambda link: -link.probability)
    link = next((link for link in links if state.event in (None, link.event_id)), None)
    if link is None:
        return replace(state, message="this post has no link to decide about"), None
    verdict: Verdict = "accept" if key == "a" else "reject"
    return replace(state, message=f"{verdict}: {link.title}"), Judge(link, verdict)

"""Reviewing suggested links one by one: what to ask next, and what an answer means. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from monitor.errors import InputError
from monitor.model import Decision, Event, Link, LinkedPost, Verdict
from monitor.show.block import Look, field_rows
from monitor.show.text import safe, safe_line, width
from monitor.show.view import percent, translated

HELP = "a accept · r reject · e EVENT assign another · n no event · s skip · u undo · q quit"


@dataclass(frozen=True, slots=True)
class Review:
    """A sitting: what is asked, in which order, where one is, and what was decided (oldest first).

    Decisions are only ever added: going back and answering again adds a decision that replaces the
    one before; the latest counts.
    """

    items: tuple[tuple[LinkedPost, Link], ...]
    at: int = 0
    decided: tuple[Decision, ...] = ()

    @property
    def current(self) -> tuple[LinkedPost, Link] | None:
        return self.items[self.at] if self.at < len(self.items) else None

    @property
    def progress(self) -> str:
        done = len({(each.post_id) for each in self.decided})
        return f"{min(self.at + 1, len(self.items))} of {len(self.items)}, {done} decided"


def begin(posts: Iterable[LinkedPost], limit: int = 200) -> Review:
    """The ``limit`` most informative suggested links: those the machine is least sure of, and
    posts that repeat another one last.

    Memory is bounded by ``limit``, however many posts come.
    """
    suggested = (
        (lp, link) for lp in posts for link in lp.analysis.links if link.status == "suggested"
    )
    return Review(tuple(heapq.nsmallest(limit, suggested, key=_dullness)))


def _dullness(item: tuple[LinkedPost, Link]) -> tuple[bool, float, str]:
    lp, link = item
    repeats = bool(lp.duplicates.of or lp.analysis.duplicate_of)
    return repeats, abs(link.probability - 0.5), link.id


def answer(
    review: Review, typed: str, *, who: str, now: datetime, events: Iterable[str] = ()
) -> tuple[Review, Decision | None]:
    """What ``typed`` means for the current link: the next state, and a decision to keep, if any.

    ``events`` are the known event ids, for ``e EVENT``. Raises
    :class:`~monitor.errors.InputError` for anything else.
    """
    key, _, rest = typed.strip().partition(" ")
    if key == "u":
        if review.at == 0:
            raise InputError("nothing to undo yet")
        return replace(review, at=review.at - 1), None
    if review.current is None:
        raise InputError("nothing is left to decide; u goes back, q quits")
    lp, link = review.current
    if key == "s":
        return replace(review, at=review.at + 1), None
    verdicts: dict[str, Verdict] = {"a": "accept", "r": "reject", "e": "assign", "n": "none"}
    if key not in verdicts:
        raise InputError(f"{typed.strip()!r} is no answer; {HELP}")
    event: str | None = link.event_id
    if key == "e":
        event = rest.strip()
        if event not in set(events):
            raise InputError(f"no event {event!r}")
    elif key == "n":
        event = None
    decision = Decision(lp.post.id, event, verdicts[key], who, now)
    return replace(review, at=review.at + 1, decided=(*review.decided, decision)), decision


def question(review: Review, events: Mapping[str, Event], look: Look) -> list[str]:
    """The current link as plain lines: post beside event, evidence for beside against."""
    if review.current is None:
        return [f"All asked ({review.progress}). u goes back, q quits."]
    lp, link = review.current
    cells = max((look.columns - 3) // 2, 10)
    who = " ".join(part for part in (lp.post.author.name, lp.post.author.handle) if part)
    left = [
        f"POST {lp.post.id}",
        f"{lp.post.at:%Y-%m-%d %H:%M} UTC · {lp.analysis.language.code} · {lp.post.source}",
        who,
        lp.post.full_text,
        translated(lp.analysis.translation, doubtful=True),
        *(f"! {warning}" for warning in _doubts(lp)),
    ]
    event = events.get(link.event_id)
    right = [f"EVENT {link.event_id}", link.title]
    if event:
        begun = f"{event.started_at:%Y-%m-%d %H:%M} UTC" if event.started_at else ""
        right += [begun, ", ".join(event.places), ", ".join(event.actors), event.summary]
    pro = [f"+{e.weight:.1f} {e.kind}: {e.detail}" for e in link.evidence if e.weight >= 0]
    con = [f"{e.weight:.1f} {e.kind}: {e.detail}" for e in link.evidence if e.weight < 0]
    rows = [f"[{review.progress}]  {percent(link.probability)}  link {link.id}"]
    rows += [_bar(review, look.columns), *_beside(left, right, cells, look), ""]
    rows += field_rows(safe_line(link.explanation), look.columns, look)
    rows += _beside(["FOR", *pro], ["AGAINST", *(con or ["nothing"])], cells, look)
    decided = [each for each in review.decided if each.post_id == lp.post.id]
    if decided:
        said = f"{decided[-1].verdict} {decided[-1].event_id or ''}".strip()
        rows += ["", safe_line(f"You said: {said}. It stands unless you answer again; s keeps it.")]
    return rows


def _doubts(lp: LinkedPost) -> tuple[str, ...]:
    translation = lp.analysis.translation
    return (*lp.analysis.warnings, *(translation.warnings if translation else ()))


def _bar(review: Review, columns: int) -> str:
    """How far one is, as a line across the screen."""
    done = columns * review.at // max(len(review.items), 1)
    return "━" * done + "─" * (columns - done)


def _beside(left: Iterable[str], right: Iterable[str], cells: int, look: Look) -> list[str]:
    def rows(parts: Iterable[str]) -> list[str]:
        return [row for part in parts if part for row in field_rows(safe(part), cells, look, 8)]

    return [
        f"{a}{' ' * (cells - width(a))} | {b}".rstrip()
        for a, b in zip_longest(rows(left), rows(right), fillvalue="")
    ]

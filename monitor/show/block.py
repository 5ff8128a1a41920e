"""One linked post as coloured rows of a terminal.

Colour carries meaning and is never the only thing that does: every status is also a word, every
warning starts with ``!``. Rows are cut and wrapped here, measured in cells, so that whoever draws
them knows how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Literal

from rich.text import Text

from monitor.model import LinkedPost, LinkStatus
from monitor.show.rtl import shaped, visual
from monitor.show.text import LTR, cut, direction, isolated, safe_line, width, wrap
from monitor.show.view import DRAFT, LinkView, PostView, view

Rtl = Literal["logical", "visual"]

STATUS_STYLE: dict[LinkStatus, str] = {
    "confirmed": "green",
    "accepted": "bold green",
    "suggested": "yellow",
    "rejected": "dim",
}
META, WARNING, TRANSLATION, DRAFT_STYLE = "dim", "magenta", "bold", "italic"
MARGIN = 2  # cells before every row but the first


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: total width in cells, order of right-to-left text, rows a text may take."""

    columns: int = 80
    rtl: Rtl = "logical"
    rows: int | None = 4
    zone: tzinfo = UTC


def field_rows(text: str, cells: int, look: Look, rows: int | None = None) -> list[str]:
    """A stranger's ``text`` (already safe) in rows of at most ``cells``, each on its own.

    Every row of a paragraph keeps the paragraph's direction, also where it starts with a word of
    the other one.
    """
    done: list[str] = []
    for paragraph in text.split("\n"):
        towards = direction(paragraph)
        left = None if rows is None else rows - len(done)
        if left is not None and left <= 0:
            done[-1:] = [cut(f"{done[-1]} …", cells)] if done else []
            break
        if look.rtl == "visual":
            lines = wrap(shaped(paragraph), cells, left)
            done += [visual(line, towards) for line in lines]
        else:
            lines = wrap(paragraph, cells, left)
            ours = towards == LTR and paragraph.isascii()
            done += lines if ours else [isolated(line, towards) for line in lines]
    return done


def field(text: str, cells: int, look: Look) -> str:
    """A stranger's one-line ``text`` (already safe) in at most ``cells`` cells."""
    return next(iter(field_rows(cut(text, cells), cells, look, 1)), "")


def block(lp: LinkedPost, look: Look, *, doubtful: bool = False) -> list[Text]:
    """The rows of one post: who and when, original, translation, links, facts, warnings.

    ``doubtful`` shows a draft too that is probably wrong.
    """
    seen = view(lp, look.zone, doubtful=doubtful)
    cells = max(look.columns - MARGIN, 2)
    rows = [_heading(seen, look)]
    rows += [_row(line, "") for line in field_rows(seen.original, cells, look, look.rows)]
    if seen.translation:
        english = f"{DRAFT}{seen.translation}" if seen.draft else seen.translation
        style = DRAFT_STYLE if seen.draft else TRANSLATION
        rows += [_row(line, style) for line in field_rows(english, cells, look, look.rows)]
    for link in seen.links:
        rows += _link(link, cells, look)
    facts = field_rows(" · ".join(seen.facts), cells, look, 2)
    rows += [_row(line, META) for line in facts]
    for warning in seen.warnings:
        first, *more = field_rows(warning, cells - 2, look, 2) or [""]
        rows += [_row(f"! {first}", WARNING), *(_row(f"  {line}", WARNING) for line in more)]
    return rows


def whole(lp: LinkedPost, look: Look) -> list[Text]:
    """The rows of one post with nothing cut, the evidence for each link, and where it was found."""
    unlimited = replace(look, rows=None)
    seen, cells = view(lp, look.zone), max(look.columns - MARGIN, 2)
    rows = block(replace(lp, analysis=replace(lp.analysis, links=())), unlimited, doubtful=True)
    links = {link.id: link for link in lp.analysis.links}
    for each in seen.links:
        rows += [Text(""), *_link(each, cells, unlimited, rows=None)]
        for evidence in sorted(links[each.id].evidence, key=lambda e: -e.weight):
            weight = f"{evidence.weight:+5.1f} {evidence.kind:<9.9}"
            said = field_rows(safe_line(evidence.detail), max(cells - 19, 2), look) or [""]
            style = "" if evidence.weight >= 0 else WARNING
            rows += [
                _row(f"  {safe_line(weight) if index == 0 else ' ' * 15:<15} {line}", style)
                for index, line in enumerate(said)
            ]
    found = [("link", lp.post.url or "")]
    found += [("in", f"{parent.title or ''} {parent.url}") for parent in lp.post.parents]
    found += [("medium", medium) for medium in lp.post.media]
    found += [("id", lp.post.id)]
    rows.append(Text(""))
    for name, value in found:
        lines = field_rows(safe_line(value), max(cells - 8, 2), look) if value else []
        rows += [
            _row(f"{name if index == 0 else '':<7} {line}", META)
            for index, line in enumerate(lines)
        ]
    return rows


def _heading(seen: PostView, look: Look) -> Text:
    head = Text(no_wrap=True)
    head.append(seen.time, META)
    head.append(f" {seen.language:>2} ", "cyan")
    room = look.columns - width(head.plain)
    source = cut(seen.source, max(room // 2, 2))
    head.append(field(source, room, look), META)
    room -= width(source)
    for text, style in ((seen.handle, META), (seen.author, "")):
        if text and room > 4:
            head.append("  ")
            head.append(field(text, room - 2, look), style)
            room -= width(text) + 2
    return head


def _row(line: str, style: str) -> Text:
    row = Text(" " * MARGIN, no_wrap=True)
    row.append(line, style)
    return row


def _link(link: LinkView, cells: int, look: Look, rows: int | None = 2) -> list[Text]:
    style = STATUS_STYLE[link.status]
    said = f"→ {link.status} {link.percent}  "
    head = _row(said, style)
    head.append(field(link.title, max(cells - width(said), 2), look), style)
    return [
        head,
        *(_row(f"  {line}", META) for line in field_rows(link.reason, cells - 2, look, rows)),
    ]

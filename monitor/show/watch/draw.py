"""The screen of ``monitor watch`` as rows of text, as many as the terminal is high."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text

from monitor.show.block import META, WARNING, Look, block
from monitor.show.live import Stats
from monitor.show.text import cut, safe_line
from monitor.show.watch.state import WatchState, position, shown

HELP = """\
j k ↓ ↑         next, previous post        space   pause, follow again
page keys       five posts                 g G     newest, oldest
/               filter as you type         c esc   clear all filters
l               cycle language             e       cycle event
s               cycle status               o       open the post's link
a r             accept, reject the link    q       quit
The post on top is the one that o, a and r are about. New posts never move it."""


def screen(state: WatchState, stats: Stats, look: Look, height: int) -> list[Text]:
    """At most ``height`` rows of at most ``look.columns`` cells: header, filters, posts, keys."""
    columns = look.columns
    head = [
        _row(str(stats), columns, f"reverse {WARNING}" if stats.trouble else "reverse"),
        _row(_filters(state), columns, "cyan"),
    ]
    foot = _row(_foot(state), columns, META)
    room = max(height - len(head) - 1, 0)
    return [*head, *_body(state, look, room), foot][:height]


def _body(state: WatchState, look: Look, room: int) -> list[Text]:
    if state.mode == "help":
        rows = [_row(line, look.columns, "") for line in HELP.split("\n")]
    else:
        rows = []
        posts = shown(state)
        at = position(state, posts)
        # The mark before the post that keys act on takes two cells.
        narrow = replace(look, columns=look.columns - 2)
        for index in range(at, len(posts)):
            drawn = block(posts[index], narrow)
            mark = "▌ " if index == at else "  "
            rows += [Text.assemble((mark, "cyan"), row, no_wrap=True) for row in drawn]
            rows.append(Text(""))
            if len(rows) >= room:
                break
        if not posts:
            waiting = "nothing passes the filter" if state.entries else "waiting for posts …"
            rows = [_row(waiting, look.columns, META)]
    rows = rows[:room]
    return rows + [Text("")] * (room - len(rows))


def _filters(state: WatchState) -> str:
    parts = [
        f"language {state.language}" if state.language else "",
        f"event {safe_line(state.event)}" if state.event else "",
        f"status {state.status}" if state.status else "",
        f"/{safe_line(state.search)}{'_' if state.mode == 'search' else ''}"
        if state.search or state.mode == "search"
        else "",
    ]
    return " · ".join(part for part in parts if part) or "all posts"


def _foot(state: WatchState) -> str:
    if state.message:
        return safe_line(state.message)
    if state.mode == "search":
        return "type to filter · enter keeps · esc clears"
    if state.cursor:
        return f"paused · {state.unread} new above · space follows · ? keys · q quit"
    return "following · space pauses · / filter · ? keys · q quit"


def _row(text: str, columns: int, style: str) -> Text:
    return Text(cut(text, columns), style, no_wrap=True)

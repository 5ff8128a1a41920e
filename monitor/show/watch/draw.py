"""The screen of ``monitor watch`` as rows of text, as many as the terminal is high."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text

from monitor.show.block import META, WARNING, Look, block, whole
from monitor.show.live import Stats
from monitor.show.text import cut, safe_line
from monitor.show.watch.state import WatchState, position, shown

HELP = """\
j k ↓ ↑         next, previous post        space   pause, follow again
page keys       five posts                 g G     newest, oldest
enter           the whole post and why     o       open the post's link
a r             accept, reject the link    /       filter as you type
l               cycle language             e       cycle event
s               cycle status               c esc   clear these filters
q               quit                       ?       these keys

The post with the bar beside it is the one that enter, o, a and r are about.
New posts never move it. Times are UTC."""


def screen(state: WatchState, stats: Stats, look: Look, height: int) -> list[Text]:
    """At most ``height`` rows of at most ``look.columns`` cells: header, filters, posts, keys."""
    columns = look.columns
    head = [
        _row(
            str(stats), columns, f"reverse {WARNING}" if stats.trouble or stats.away else "reverse"
        ),
        _row(_filters(state), columns, "cyan"),
    ]
    foot = _row(_foot(state), columns, META)
    room = max(height - len(head) - 1, 0)
    return [*head, *_body(state, look, room), foot][:height]


def _body(state: WatchState, look: Look, room: int) -> list[Text]:
    posts = shown(state)
    at = position(state, posts)
    # The mark before the post that keys act on takes two cells.
    narrow = replace(look, columns=look.columns - 2)
    if state.mode == "help":
        rows = [_row(line, look.columns, "") for line in HELP.split("\n")]
    elif state.mode == "whole" and posts:
        rows = [_marked("▌ ", row) for row in whole(posts[at], narrow)[state.offset :]]
    else:
        rows = []
        for index in range(at, len(posts)):
            drawn = block(posts[index], narrow)
            mark = "▌ " if index == at else "  "
            rows += [_marked(mark, row) for row in drawn]
            rows.append(Text(""))
            if len(rows) >= room:
                break
        if not posts:
            waiting = "nothing passes the filter" if state.entries else "waiting for posts …"
            rows = [_row(waiting, look.columns, META)]
    rows = rows[:room]
    return rows + [Text("")] * (room - len(rows))


def in_reach(state: WatchState, look: Look, height: int) -> WatchState:
    """``state`` scrolled no further than to the end of the post that is shown whole."""
    posts = shown(state) if state.mode == "whole" and state.offset else []
    if not posts:
        return state
    rows = whole(posts[position(state, posts)], replace(look, columns=look.columns - 2))
    return replace(state, offset=min(state.offset, max(len(rows) - max(height - 3, 1), 0)))


def _marked(mark: str, row: Text) -> Text:
    return Text.assemble((mark, "cyan"), row, no_wrap=True)


def _filters(state: WatchState) -> str:
    parts = [
        safe_line(state.given),
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
    if state.mode == "whole":
        return "↓ ↑ scroll · j k next, previous · a accept · r reject · o open · enter back"
    if state.cursor:
        new = f" · {state.unread} new above" if state.unread else ""
        return f"paused{new} · enter whole post · a accept · r reject · space follows · ? keys"
    return "following · space pauses · enter whole post · / filter · ? keys · q quit"


def _row(text: str, columns: int, style: str) -> Text:
    return Text(cut(text, columns), style, no_wrap=True)

"""Watching: what one reads stays where it is, keys do what help says, the screen always fits."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

from monitor.show.block import Look
from monitor.show.live import Stats
from monitor.show.text import width
from monitor.show.watch.draw import HELP, screen
from monitor.show.watch.keys import keys
from monitor.show.watch.state import (
    KEPT,
    Judge,
    Open,
    Quit,
    WatchState,
    add,
    position,
    press,
    shown,
    stats,
)
from tests.show.samples import ARABIC, NOON, STRIKES, linked, plain

EVERY_KEY = [*"jkgG /lesoarc?qxش", "up", "down", "pageup", "pagedown", "home", "end", "enter",
             "escape", "backspace"]  # fmt: skip


def filled() -> WatchState:
    return add(WatchState(), [linked(1), plain(2), linked(3), plain(4)], NOON)


def pressed(state: WatchState, *names: str) -> WatchState:
    for name in names:
        state, _ = press(state, name)
    return state


def ids(state: WatchState) -> list[str]:
    return [lp.post.id for lp in shown(state)]


def top(state: WatchState) -> str:
    posts = shown(state)
    return posts[position(state, posts)].post.id


def test_the_newest_is_on_top_and_followed() -> None:
    state = add(filled(), [plain(5)], NOON)
    assert ids(state) == ["web:5", "web:4", "x:3", "web:2", "x:1"]
    assert top(state) == "web:5"


def test_new_posts_do_not_push_away_what_one_reads() -> None:
    state = pressed(filled(), "j")
    assert top(state) == "x:3"
    state = add(state, [plain(n) for n in range(10, 10 + KEPT)], NOON)
    assert top(state) == "x:3"
    assert state.unread == KEPT


def test_space_pauses_and_follows_again() -> None:
    state = add(pressed(filled(), " "), [plain(5)], NOON)
    assert (top(state), state.unread) == ("web:4", 1)
    assert top(pressed(state, " ")) == "web:5"


def test_a_post_that_changed_is_replaced_where_it_stands() -> None:
    state = add(filled(), [linked(1, versions=3)], NOON)
    assert ids(state) == ids(filled())
    assert shown(state)[-1].versions == 3


def test_memory_is_bounded() -> None:
    state = add(WatchState(), [plain(n) for n in range(KEPT + 50)], NOON)
    assert len(state.entries) == KEPT
    assert state.total == KEPT + 50


def test_the_filter_narrows_as_one_types_and_folds_arabic_letters() -> None:
    state = pressed(filled(), "/", *"القائم")
    assert ids(state) == ["x:3", "x:1"]
    assert ids(pressed(state, *"zzz")) == []
    assert ids(pressed(state, *"zzz", "escape")) == ids(filled())


def test_letters_typed_into_the_filter_are_no_commands() -> None:
    state, effect = press(pressed(filled(), "/"), "q")
    assert (state.search, effect) == ("q", None)


def test_language_event_and_status_cycle_back_to_all() -> None:
    assert ids(pressed(filled(), "l")) == ["x:3", "x:1"]
    assert ids(pressed(filled(), "l", "l")) == ["web:4", "web:2"]
    assert ids(pressed(filled(), "l", "l", "l")) == ids(filled())
    assert pressed(filled(), "e").event == STRIKES
    assert ids(pressed(filled(), "s")) == ["x:3", "x:1"]
    assert ids(pressed(filled(), "s", "s")) == []
    assert ids(pressed(filled(), "s", "s", "c")) == ids(filled())


@pytest.mark.parametrize(("key", "verdict"), [("a", "accept"), ("r", "reject")])
def test_the_link_under_the_cursor_is_judged(key: str, verdict: str) -> None:
    _, effect = press(pressed(filled(), "j"), key)
    assert isinstance(effect, Judge)
    assert (effect.link.post_id, effect.verdict) == ("x:3", verdict)


def test_while_following_the_first_key_only_pauses_so_that_no_other_post_is_judged() -> None:
    state = add(WatchState(), [linked(1)], NOON)
    state, effect = press(state, "a")
    assert effect is None
    assert "press a again" in state.message
    _, effect = press(add(state, [linked(2)], NOON), "a")
    assert isinstance(effect, Judge)
    assert effect.link.post_id == "x:1"


def test_judging_a_post_without_links_says_so() -> None:
    state, effect = press(pressed(filled(), " "), "a")
    assert (effect, "no link" in state.message) == (None, True)


def test_the_link_is_opened_only_where_it_is_http() -> None:
    _, effect = press(pressed(filled(), "j"), "o")
    assert effect == Open("https://x.com/AlMayadeenNews/status/3")
    lp = linked(9)
    bad = replace(lp, post=replace(lp.post, url="javascript:alert(1)"))
    assert press(add(WatchState(), [bad], NOON), "o")[1] is None


def test_q_quits_and_help_shows_every_key() -> None:
    assert press(filled(), "q")[1] == Quit()
    text = "\n".join(row.plain for row in screen(pressed(filled(), "?"), Stats(), Look(80), 24))
    assert all(line in text for line in HELP.split("\n"))


@given(st.lists(st.sampled_from(EVERY_KEY), max_size=30))
def test_no_order_of_keys_breaks_anything(names: list[str]) -> None:
    state = pressed(filled(), *names)
    assert len(screen(state, Stats(), Look(80), 24)) == 24


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (200, 60), (40, 10), (20, 3)])
@pytest.mark.parametrize("rtl", ["logical", "visual"])
def test_the_screen_is_exactly_filled_and_no_row_too_wide(
    columns: int, height: int, rtl: str
) -> None:
    look = Look(columns, "visual" if rtl == "visual" else "logical")
    rows = screen(filled(), Stats(trouble=("afp",)), look, height)
    assert len(rows) == height
    assert all(width(row.plain) <= max(columns, 24) for row in rows)


def test_header_says_rate_queue_and_trouble() -> None:
    now = NOON + timedelta(seconds=30)
    header = stats(filled(), now, pending=3, queue_age_s=90.0, trouble=("afp",))
    row = screen(filled(), header, Look(100), 24)[0].plain
    for said in ("4 posts", "2 linked", "4/min", "3 waiting, 1 min", "1 feed in trouble: afp"):
        assert said in row
    assert stats(filled(), NOON + timedelta(minutes=2)).per_minute == 0


def test_an_empty_screen_says_why() -> None:
    assert any("waiting" in r.plain for r in screen(WatchState(), Stats(), Look(80), 24))
    nothing = pressed(filled(), "/", "z", "z", "z")
    assert any("nothing passes" in r.plain for r in screen(nothing, Stats(), Look(80), 24))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("j\x1b[A\x1b[5~q", ["j", "up", "pageup", "q"]),
        ("\x1b", ["escape"]),
        ("\x1b[200~a", ["a"]),
        ("\x1b[1;5Dq", ["q"]),
        ("ش\r\x7f\x03", ["ش", "enter", "backspace", "quit"]),
    ],
)
def test_keys_are_named_and_unknown_sequences_are_no_commands(sent: str, meant: list[str]) -> None:
    assert keys(sent) == meant


@pytest.mark.parametrize("columns", [80, 200])
def test_what_the_terminal_gets_is_one_line_a_row(columns: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=columns, height=24, markup=False, highlight=False)
    console.print(Group(*screen(pressed(filled(), "j"), Stats(), Look(columns), 24)))
    lines = out.getvalue().split("\n")
    assert len(lines) == 25
    assert lines[2].startswith("▌ 2024-02-03 11:56 ar")
    assert ARABIC in lines[3]
    assert "\x1b" not in out.getvalue()

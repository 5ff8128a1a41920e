"""Watching: what one reads stays where it is, keys do what help says, the screen always fits."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

from monitor.cli import cli, links
from monitor.errors import InputError, StoreLocked
from monitor.model import Filter, LinkedPost
from monitor.show.block import Look, block, whole
from monitor.show.live import Stats
from monitor.show.text import width
from monitor.show.watch import loop
from monitor.show.watch.draw import HELP, in_reach, screen
from monitor.show.watch.keys import keys, unfinished
from monitor.show.watch.loop import Tail, follow
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
from tests.show.alerts.samples import a_store
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


@pytest.mark.parametrize("typed", ["EXPLOSIONS", "explosions", "القَائِم", "Al-Qaim", "PRESSE"])
def test_letter_case_accents_and_vowel_signs_make_no_difference(typed: str) -> None:
    assert ids(pressed(filled(), "/", *typed)) == ["x:3", "x:1"]


def test_enter_shows_the_whole_post_and_why_and_enter_goes_back() -> None:
    long = linked(9, "كلمة " * 400 + "النهاية")
    state = pressed(add(WatchState(), [long], NOON), "enter")
    rows = [row.plain for row in screen(state, Stats(), Look(80), 200)]
    text = "\n".join(rows)
    for said in (
        "النهاية", "+2.1 place", "-0.6 number", "https://x.com/AlMayadeenNews/status/9",
        "Frappes américaines", "x:9",
    ):  # fmt: skip
        assert said in text
    assert all(width(row) <= 80 for row in rows)
    assert pressed(state, "enter").mode == "feed"
    assert pressed(state, "q").mode == "feed"


def test_a_whole_post_scrolls_to_its_end_and_no_further() -> None:
    state = pressed(add(WatchState(), [linked(9, "word " * 900)], NOON), "enter", "end", "end")
    state = in_reach(state, Look(80), 24)
    shown_rows = [row.plain for row in screen(state, Stats(), Look(80), 24)]
    assert "x:9" in shown_rows[-2]
    assert pressed(state, "up").offset == state.offset - 1
    assert pressed(state, "home").offset == 0


def test_the_next_post_is_shown_whole_from_its_beginning() -> None:
    state = pressed(filled(), "enter", "down", "j")
    assert (state.mode, state.offset, top(state)) == ("whole", 0, "x:3")


def test_the_filter_given_on_the_command_line_stands_in_the_header() -> None:
    row = screen(replace(filled(), given="lang ar"), Stats(), Look(80), 24)[1].plain
    assert row == "lang ar"


def test_that_no_daemon_runs_is_said_in_the_header() -> None:
    row = screen(filled(), Stats(4, daemon=False), Look(80), 24)[0].plain
    assert row.startswith("NO DAEMON RUNS · 4 posts")


def test_a_draft_that_is_probably_wrong_is_shown_only_with_the_whole_post() -> None:
    lp = linked()
    doubts = ("the model is unsure",)
    english = replace(lp.analysis.translation, draft=True, trust=0.32, warnings=doubts)  # type: ignore[type-var]
    lp = replace(lp, analysis=replace(lp.analysis, translation=english))
    feed = "\n".join(row.plain for row in block(lp, Look(100)))
    assert "#Watch" not in feed
    assert "! its English is kept back: the model is unsure" in feed
    assert "draft: #Watch" in "\n".join(row.plain for row in whole(lp, Look(100)))


def test_a_draft_translation_is_called_one() -> None:
    lp = linked(1)
    english = replace(lp.analysis.translation, draft=True)  # type: ignore[type-var]
    lp = replace(lp, analysis=replace(lp.analysis, translation=english))
    rows = screen(add(WatchState(), [lp], NOON), Stats(), Look(100), 24)
    assert any(row.plain.strip("▌ ").startswith("draft: #Watch") for row in rows)
    assert not any("draft" in row.plain for row in screen(filled(), Stats(), Look(100), 24))


class Asked:
    """A store that counts how often posts are read from it."""

    def __init__(self, posts: list[LinkedPost]) -> None:
        self.posts, self.asked = posts, 0

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]:
        self.asked += 1
        wanted = which.sources if which else ()
        found = [lp for lp in self.posts if lp.seq > after_seq and lp.post.source in wanted]
        return iter(found[:limit])

    def last_seq(self) -> int:
        return max(lp.seq for lp in self.posts)


def test_a_narrow_filter_does_not_read_the_same_posts_again_and_again() -> None:
    store = Asked([plain(n) for n in range(1, 50)])
    tail = Tail(store, Filter(sources=("presse",)))  # type: ignore[arg-type]
    for _ in range(10):
        assert tail.more() == []
    assert store.asked == 1
    store.posts.append(linked(60))
    assert [lp.post.id for lp in tail.more()] == ["x:60"]
    assert tail.more() == []


class Fickle(Asked):
    """A store whose server is away each time it is asked again, twice in a row."""

    def last_seq(self) -> int:
        self.asked += 1
        if self.asked % 3:
            raise StoreLocked("m: is away")
        return super().last_seq()


def test_who_follows_goes_on_when_the_store_is_back_and_is_told_once_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "DRAW_S", 0)
    store, told, warned = Fickle([linked(1)]), [], list[str]()

    def write(lp: LinkedPost) -> None:
        told.append(lp.post.id)
        store.posts.append(linked(lp.seq + 1))
        if len(told) == 3:
            raise KeyboardInterrupt

    tail = Tail(store, Filter(sources=("presse",)))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        follow(tail, write, warned.append)
    assert told == ["x:1", "x:2", "x:3"]
    assert warned == ["m: is away"] * 3


def test_links_are_followed_on_when_the_store_is_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(links, "FOLLOW_S", 0)
    store = Fickle([linked(1), linked(2)])
    found = links.followed(store, Filter(sources=("presse",)), 2)  # type: ignore[arg-type]
    assert [lp.post.id for lp in found] == ["x:1", "x:2"]
    assert capsys.readouterr().err == "monitor: goes on when it can: m: is away\n"


def test_the_header_says_that_the_store_is_away_and_nothing_old() -> None:
    header = stats(filled(), NOON, pending=3, away="m: is away")
    assert screen(filled(), header, Look(60), 24)[0].plain.strip() == "NOT UP TO DATE: m: is away"


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


def test_what_was_there_before_is_no_rate() -> None:
    state = add(WatchState(begun=10), [linked(1), plain(2)], NOON)
    state = add(state, [plain(11)], NOON)
    assert stats(state, NOON).per_minute == 1


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


@pytest.mark.parametrize(
    ("sent", "waits"),
    [("\x1b", True), ("j\x1b[", True), ("\x1b[1;5", True), ("\x1bO", True), ("\x1b[A", False),
     ("\x1bj", False), ("j", False), ("", False)],
)  # fmt: skip
def test_an_arrow_that_comes_in_parts_is_not_taken_for_escape(sent: str, waits: bool) -> None:
    assert unfinished(sent) is waits


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config beside a store with two posts; no daemon runs on it."""
    (tmp_path / "config.yaml").write_text("feeds: []\n")
    a_store(tmp_path, [linked(1), plain(2)]).close()
    return tmp_path


def first_lines(folder: Path, number: int, *args: str) -> tuple[list[str], str]:
    """What `monitor watch` prints first where stdout is no terminal, and on stderr by then."""
    start = [sys.executable, "-c", "from monitor.cli import main; main()", "watch", *args]
    with subprocess.Popen(
        [*start, "--config", str(folder / "config.yaml")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(number)]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    return lines, said


def test_other_programs_get_one_linked_post_a_line(folder: Path) -> None:
    lines, _ = first_lines(folder, 2, "--json")
    documents = [json.loads(line) for line in lines]
    assert [each["post"]["id"] for each in documents] == ["x:1", "web:2"]
    assert {each["schema"] for each in documents} == {"monitor.linked-post/1"}
    lines, _ = first_lines(folder, 1, "--json", "--lang", "en")
    assert json.loads(lines[0])["post"]["id"] == "web:2"


def test_where_stdout_is_no_terminal_there_are_plain_lines_and_no_daemon_is_said(
    folder: Path,
) -> None:
    lines, said = first_lines(folder, 3)
    assert lines[0].startswith("2024-02-03 11:56 ar x·presse")
    assert ARABIC in lines[1]
    assert "\x1b" not in "".join(lines)
    assert "no daemon runs on this store: start `monitor run`" in said


def test_a_store_that_is_not_there_yet_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("feeds: []\n")
    result = CliRunner().invoke(cli, ["watch", "--config", str(tmp_path / "config.yaml")])
    assert isinstance(result.exception, InputError)
    assert "start `monitor run` first" in str(result.exception)

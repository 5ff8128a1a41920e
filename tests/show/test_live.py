"""The feed that `monitor run` prints: plain in a pipe, calm and harmless on a terminal."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from monitor.model import Author, Feed, LinkedPost, Parent
from monitor.show.block import Look, block
from monitor.show.live import REMEMBERED, LiveFeed, Stats, duration
from monitor.show.text import width
from monitor.show.view import percent, plain_lines, view
from tests.show.samples import ARABIC, ENGLISH, NOON, link, linked, plain, post

HOSTILE = "\x1b[2J\x9b31m\u202e[/nope] [bold]x\x07\u2066\ud800\u2028end"


@dataclass
class Polled:
    error: Exception | None = None
    warnings: tuple[str, ...] = ()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def hostile_post() -> LinkedPost:
    bad = replace(
        post(text=HOSTILE, title=None, source="s"),
        author=Author(HOSTILE, HOSTILE),
        platform=HOSTILE,
        parents=(Parent(HOSTILE, HOSTILE),),
    )
    lp = linked()
    links = (replace(link(title=HOSTILE), explanation=HOSTILE),)
    return replace(lp, post=bad, analysis=replace(lp.analysis, links=links, warnings=(HOSTILE,)))


def control_codes(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"}


def test_plain_lines_say_everything_about_a_post() -> None:
    text = "\n".join(plain_lines(linked()))
    for said in (
        "2024-02-03 11:56", "ar", "x·presse", "قناة الميادين", "@AlMayadeenNews", ARABIC, ENGLISH,
        "confirmed 97 % US strikes", "where the strikes fell", "Al-Qaim, IQ",
        "3 near-duplicates in 2 feeds", "found in 1 page", "version 2", "! a number is missing",
    ):  # fmt: skip
        assert said in text


def test_plain_lines_hold_no_control_code_and_no_bidi_control() -> None:
    text = "\n".join(plain_lines(hostile_post()))
    assert not control_codes(text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert "[/nope] [bold]x" in text


@pytest.mark.parametrize("columns", [20, 80, 200])
@pytest.mark.parametrize("rtl", ["logical", "visual"])
@pytest.mark.parametrize(
    "lp", [linked(), plain(1), hostile_post()], ids=["arabic", "plain", "hostile"]
)
def test_no_row_of_a_block_is_wider_than_the_terminal(
    lp: LinkedPost, columns: int, rtl: str
) -> None:
    rows = block(lp, Look(columns, "visual" if rtl == "visual" else "logical"))
    assert all(width(row.plain) <= max(columns, 24) for row in rows)


def test_every_foreign_field_of_a_block_is_isolated_and_every_isolate_closed() -> None:
    rows = [row.plain for row in block(linked(), Look(80))]
    assert f"  \u2067{ARABIC}\u2069" in rows
    for row in rows:
        assert len(re.findall("[\u2066-\u2068]", row)) == row.count("\u2069")


def test_every_line_of_a_mixed_paragraph_keeps_the_paragraphs_direction() -> None:
    text = "قال المتحدث " + "Operation Inherent Resolve spokesperson said " * 4
    rows = [row.plain for row in block(linked(text=text), Look(40)) if "Operation" in row.plain]
    assert len(rows) > 1
    assert all(row.lstrip().startswith("\u2067") for row in rows)


def test_visual_rows_hold_no_bidi_controls() -> None:
    rows = "".join(row.plain for row in block(linked(), Look(80, "visual")))
    assert not re.search("[\u2066-\u2069]", rows)


def test_a_status_is_a_word_and_a_warning_a_sign_so_that_colour_can_be_missing() -> None:
    text = "\n".join(row.plain for row in block(linked(), Look(80)))
    assert "confirmed" in text
    assert "! a number is missing" in text


def test_long_posts_are_cut_to_a_few_rows_and_say_so() -> None:
    rows = [row.plain for row in block(plain(1, "word " * 500), Look(80, rows=4))]
    assert len(rows) <= 6
    assert any("…" in row for row in rows)


def test_links_come_strongest_first_and_rejected_ones_last() -> None:
    lp = linked()
    links = (
        link(event_id="a", probability=0.99, status="rejected"),
        link(event_id="b", probability=0.6, status="suggested"),
        link(event_id="c", probability=0.7, status="suggested"),
    )
    shown = view(replace(lp, analysis=replace(lp.analysis, links=links))).links
    assert [said.percent for said in shown] == ["70 %", "60 %", "99 %"]


def test_certainty_is_never_rounded_up_to_100_percent() -> None:
    assert percent(0.9999) == "99 %"
    assert percent(1.0) == "100 %"


def test_where_stdout_is_no_terminal_there_are_plain_lines_only() -> None:
    out = io.StringIO()
    with LiveFeed(out) as feed:
        feed.show(hostile_post())
        feed.show(plain(2))
    assert not control_codes(out.getvalue())
    assert "Rain in Marseille" in out.getvalue()


def test_on_a_terminal_a_hostile_post_adds_no_command_of_its_own() -> None:
    """What is sent may only hold the commands that drawing a harmless post holds."""

    def commands(lp: LinkedPost) -> set[str]:
        out = Terminal()
        with LiveFeed(out) as feed:
            feed.show(lp)
        assert "\x9b" not in out.getvalue()
        assert "\x07" not in out.getvalue()
        return set(re.findall("\x1b.[0-9;?]*[A-Za-z]?", out.getvalue()))

    assert commands(hostile_post()) <= commands(linked())


def test_an_edit_is_shown_again_and_a_mere_repeat_is_not() -> None:
    out = io.StringIO()
    with LiveFeed(out) as feed:
        feed.show(linked(versions=1))
        feed.show(linked(versions=1, seq=9))
        once = out.getvalue()
        feed.show(linked(versions=2))
    assert once.count(ARABIC) == 1
    assert out.getvalue().count(ARABIC) == 2


def test_memory_of_what_was_shown_is_bounded() -> None:
    feed = LiveFeed(io.StringIO(), quiet=True)
    for number in range(REMEMBERED + 10):
        feed.show(plain(number))
    assert len(feed._known) == REMEMBERED


def test_a_feed_in_trouble_is_named_once_and_again_when_it_is_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LiveFeed(io.StringIO()) as feed:
        feed.polled(Feed("afp", "feed"), Polled(OSError("no route\x1b[2J")))
        feed.polled(Feed("afp", "feed"), Polled(OSError("no route\x1b[2J")))
        assert feed.stats().trouble == ("afp",)
        feed.polled(Feed("afp", "feed"), Polled())
        assert feed.stats().trouble == ()
    assert caplog.messages == ["feed afp: no route[2J", "feed afp is well again"]


def test_what_is_odd_about_a_feed_is_logged_once_while_it_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cut, charset = "holds 9,000 entries; the first 2,000 were read", "is not in UTF-8"
    with LiveFeed(io.StringIO(), quiet=True) as feed, caplog.at_level(logging.INFO):
        for warnings in ((cut,), (cut, charset), (), (cut,)):
            feed.polled(Feed("afp", "feed"), Polled(warnings=warnings))
    assert caplog.messages == [f"feed afp: {said}" for said in (cut, charset, cut)]


def test_an_output_that_is_not_utf_8_shows_escapes_instead_of_failing() -> None:
    raw = io.BytesIO()
    with LiveFeed(io.TextIOWrapper(raw, encoding="latin-1", write_through=True)) as feed:
        feed.show(linked())
    assert b"\\u0634" in raw.getvalue()


def test_the_stats_line_says_rate_queue_and_trouble() -> None:
    stats = Stats(12, 3, 4.4, 5, 130, ("afp", "un"))
    assert (
        str(stats) == "12 posts · 3 linked · 4/min · 5 waiting, 2 min · 2 feeds in trouble: afp, un"
    )


def test_rates_are_counted_from_the_clock_passed_in() -> None:
    times = iter([NOON, NOON + timedelta(minutes=2)])
    feed = LiveFeed(io.StringIO(), quiet=True, clock=lambda: next(times))
    for number in range(10):
        feed.show(plain(number))
    assert feed.stats().per_minute == 5


@pytest.mark.parametrize(
    ("s", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (2e5, "2 d")]
)
def test_durations_are_said_in_one_unit(s: float, said: str) -> None:
    assert duration(s) == said

"""Text of strangers is harmless on a terminal, measured in cells, and keeps its direction."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.show.rtl import shaped, visual
from monitor.show.text import LTR, RTL, cut, direction, isolated, safe, safe_line, width, wrap

ANY = st.text(alphabet=st.characters(exclude_categories=()), max_size=120)
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(ANY)
def test_no_control_code_and_no_bidi_override_survives(text: str) -> None:
    shown = safe(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in shown)
    assert not BIDI & set(shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J",
        "\x9b2J",
        "\x1b]0;title\x07",
        "\x1b]8;;http://evil\x1b\\",
        "\r\x08",
        "\x00",
        "\x7f",
    ],
)
def test_escape_sequences_lose_what_makes_a_terminal_obey(hostile: str) -> None:
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in safe_line(hostile + "x"))


def test_a_bidi_override_is_stripped_and_the_words_stay() -> None:
    assert safe("user\u202egnp.exe\u2066 x\u2069") == "usergnp.exe x"


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert safe("a\ud83dz") == "a\ufffdz"


def test_markup_is_just_text() -> None:
    assert safe("[/nope] [red]x[/red]") == "[/nope] [red]x[/red]"


def test_stacks_of_combining_marks_are_cut_and_arabic_vowels_stay() -> None:
    assert safe("a" + "\u0301" * 50) == "a" + "\u0301" * 4
    assert safe("العَرَبِيَّةُ") == "العَرَبِيَّةُ"


def test_joiners_that_arabic_persian_and_emoji_need_stay() -> None:
    assert safe("می\u200cخواهم 👨\u200d👩\u200d👧") == "می\u200cخواهم 👨\u200d👩\u200d👧"


def test_one_line_has_no_line_breaks_of_any_kind() -> None:
    assert safe_line(" a\nb\u2028c\x85d\te ") == "a b c d e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("#القائم now", RTL), ("now القائم", LTR), ("12 – القائم", RTL), ("👍 12", LTR), ("", LTR)],
)
def test_direction_is_that_of_the_first_strong_character(text: str, expected: str) -> None:
    assert direction(text) == expected


def test_each_field_is_closed_in_an_isolate_of_its_own() -> None:
    assert isolated("القائم") == "\u2068القائم\u2069"
    assert isolated("a", RTL) == "\u2067a\u2069"
    assert isolated("a", LTR) == "\u2066a\u2069"


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("abc", 3),
        ("القائم", 6),
        ("العَرَبِيَّة", 7),
        ("漢字", 4),
        ("👨\u200d👩\u200d👧", 2),
        ("🇮🇶", 2),
        ("e\u0301", 1),
    ],
)
def test_width_counts_what_is_seen(text: str, cells: int) -> None:
    assert width(text) == cells


@given(ANY, st.integers(0, 40))
def test_what_is_cut_fits(text: str, cells: int) -> None:
    assert width(cut(safe_line(text), cells)) <= cells


@given(ANY, st.integers(2, 40), st.one_of(st.none(), st.integers(1, 5)))
def test_wrapped_lines_fit_and_are_no_more_than_asked_for(
    text: str, cells: int, rows: int | None
) -> None:
    lines = wrap(safe(text), cells, rows)
    assert all(width(line) <= cells for line in lines)
    assert rows is None or len(lines) <= rows


@given(ANY, st.integers(2, 40))
def test_wrapping_loses_no_letter(text: str, cells: int) -> None:
    assert "".join("".join(wrap(safe(text), cells)).split()) == "".join(safe(text).split())


def test_what_did_not_fit_is_said_with_an_ellipsis() -> None:
    assert wrap("one two three four", 9, 1) == ["one two …"]


# The order in which a terminal without bidi must be sent the characters, by UAX #9.


@pytest.mark.parametrize(
    ("logical", "towards", "seen"),
    [
        ("abc", LTR, "abc"),
        ("אבג", RTL, "גבא"),
        ("abc אבג 12", LTR, "abc 12 גבא"),
        ("abc אבג 12", RTL, "12 גבא abc"),
        ("אבג (דהו) abc", RTL, "abc (והד) גבא"),
        ("אבג (abc) ד", RTL, "ד (abc) גבא"),
        ("abc (אבג) def", LTR, "abc (גבא) def"),
        ("אב «ג» 12-3", RTL, "12-3 «ג» בא"),
    ],
)
def test_visual_order_reverses_runs_and_mirrors_brackets(
    logical: str, towards: str, seen: str
) -> None:
    assert visual(logical, towards) == seen


def test_arabic_letters_are_joined_before_they_are_reordered() -> None:
    assert shaped("بيت") == "\ufe91\ufef4\ufe96"
    assert visual(shaped("بيت"), RTL) == "\ufe96\ufef4\ufe91"
    assert width(shaped("لا")) == 1


def test_vowel_marks_stay_on_their_letter_in_visual_order() -> None:
    assert visual("אָבּ", RTL) == "בּאָ"
    assert visual(shaped("عَ"), RTL) == "\ufec9\u064e"


def test_emoji_of_several_code_points_stay_whole_in_visual_order() -> None:
    family, flag = "👨\u200d👩\u200d👧", "🇮🇶"
    assert visual(f"א {family} {flag} ב", RTL) == f"ב {flag} {family} א"


@given(ANY)
def test_any_safe_line_can_be_put_into_visual_order(text: str) -> None:
    visual(shaped(safe_line(text)), direction(text))

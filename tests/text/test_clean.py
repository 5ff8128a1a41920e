"""Cleaning makes any string harmless to show."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.text.clean import clean, clean_line

_ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


def test_escape_sequences_lose_what_makes_them_commands() -> None:
    assert clean("a\x1b[31mred\x1b]0;title\x07\x9b2Jb") == "a[31mred]0;title2Jb"


def test_bidi_overrides_and_isolates_are_dropped_and_marks_kept() -> None:
    assert clean("a\u202eb\u2066c\u2069d\u202c") == "abcd"
    assert clean("می\u200cخواهم\u200f") == "می\u200cخواهم\u200f"


def test_lone_surrogates_become_replacement_characters() -> None:
    assert clean("a\ud83db\udfffc").encode() == "a\ufffdb\ufffdc".encode()


def test_line_ends_become_newlines_and_tabs_stay() -> None:
    assert clean("a\r\nb\rc\x85d\u2028e\tf") == "a\nb\nc\nd\ne\tf"


def test_clean_line_is_one_line() -> None:
    assert clean_line(" a\r\n\tb\x00 \u2029 c ") == "a b c"


@given(_ANY_TEXT)
def test_any_text_comes_out_harmless_and_stays_as_it_is(text: str) -> None:
    shown = clean(text)
    shown.encode()
    harmful = set(range(0x20)) - {9, 10} | set(range(0x7F, 0xA0))
    harmful |= set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A))
    assert not harmful & set(map(ord, shown))
    assert clean(shown) == shown


@given(st.text("abcé ش日😀\n", max_size=100))
def test_harmless_text_is_kept_whole(text: str) -> None:
    assert clean(text) == text

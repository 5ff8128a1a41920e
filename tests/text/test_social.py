"""What of a post is words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.social import (
    blank,
    glued_words,
    share_of_hashtags,
    split_hashtag,
    word_texts,
    words,
    words_of_social,
)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("#IranProtests2022", ("Iran", "Protests", "2022")),
        ("BBCNews", ("BBC", "News")),
        ("#فيروس_كورونا", ("فيروس", "كورونا")),
        ("#GiletsJaunes", ("Gilets", "Jaunes")),
        ("#ÉlectionsFrançaises", ("Élections", "Françaises")),
        ("#غزةGaza", ("غزة", "Gaza")),
        ("#COP27", ("COP", "27")),
        ("#", ()),
    ],
)
def test_hashtags_are_split_into_words(tag: str, expected: tuple[str, ...]) -> None:
    assert split_hashtag(tag) == expected


def test_links_mentions_and_markup_are_not_words() -> None:
    text = (
        "RT @bob: see https://t.co/x?y=1 www.x.org/a pic.twitter.com/abc a@b.org @u@s.social "
        "&amp; <b>bold</b> :smile: 😂 l’été"
    )
    assert words_of_social(text) == "see bold l’été"


def test_blanking_keeps_offsets() -> None:
    text = "a https://t.co/x b"
    assert blank(text) == "a" + " " * 16 + "b"


_ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
_SOCIAL = st.lists(
    st.sampled_from(["#", "@", "a", "Ab", "é", "ش", "_", "http://", "<", ">", "&", ";", "'", " "])
).map("".join)


@given(_ANY_TEXT | _SOCIAL)
def test_words_stand_where_they_say_in_order(text: str) -> None:
    at = 0
    for word in words(text):
        assert at <= word.start < word.end
        assert text[word.start : word.end] == word.text
        at = word.end
    assert len(blank(text)) == len(text)
    assert word_texts(text) == [word.text for word in words(text)]


def test_words_written_together_are_found_in_hashtags_and_in_arabic() -> None:
    text = "Stay safe #boulderflood everyone, somebody #OK #PrayForParis"
    assert glued_words(text) == ["boulder", "flood"]
    assert glued_words("سيول في حفرالباطن اليوم") == ["حفر", "الباطن"]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("no tags here", 0.0),
        ("", 0.0),
        ("#one", 0.5),
        ("say #one #two", 0.5),
        ("@a http://x #b c", 1 / 3),
    ],
)
def test_the_share_of_hashtags(text: str, share: float) -> None:
    assert share_of_hashtags(text) == pytest.approx(share)


@pytest.mark.parametrize("unit", ["a", "#", "@", "<a", "&", "http://", "a@", "a.", "'", ":a", "1٢"])
def test_a_megabyte_without_a_space_is_read(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert all(text[word.start : word.end] == word.text for word in words(text))
    assert 0 <= share_of_hashtags(text) <= 1
    assert all(len(part) > 1 for part in glued_words(text))

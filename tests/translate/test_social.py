"""What a model sees of a post, and how the post is put together again."""

from __future__ import annotations

import pytest

from monitor.model import Span
from monitor.translate.masks import Masks
from monitor.translate.sentences import split_sentences
from monitor.translate.social import Segment, restore, segments


def _given(text: str) -> list[str]:
    return [part.text for part in segments(text) if part.text]


def _echo(part: Segment) -> str:
    return part.text


def test_an_opening_and_closing_hashtags_and_links_do_not_reach_the_model() -> None:
    text = "#شاهد | انفجارات على مدينة #القائم في #العراق.#الميادين pic.twitter.com/FiH6heaU0B"
    assert _given(text)[0].startswith("انفجارات على مدينة القائم")
    back = restore(segments(text), _echo)
    assert back.startswith("#Watch | ")
    assert back.endswith("#الميادين pic.twitter.com/FiH6heaU0B")


def test_emoji_line_breaks_links_and_mentions_survive_a_model_that_says_nothing() -> None:
    text = "🔴 عاجل | قتل 12 شخصا\nتفاصيل: https://t.co/abc @AFP"
    back = restore(segments(text), lambda _: "")
    for kept in ("🔴", "Breaking | ", "\n", "https://t.co/abc", "@AFP"):
        assert kept in back


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("هرب كثيرون نحو الطريق العام #زاخو", "#زاخو"),
        ("Paris en deuil #Charlie", "#Charlie"),
        ("مساعدات للأهالي #غزة #عاجل", "#غزة"),
    ],
)
def test_hashtags_that_end_a_line_survive_a_model_that_drops_them(text: str, tag: str) -> None:
    parts = segments(text)
    assert tag in restore(parts, lambda part: part.text if part.tag else "said")


def test_a_hashtag_that_the_model_says_nothing_for_stays_as_it_was_written() -> None:
    parts = segments("انفجارات في المدينة. #الحشد_الشعبي")
    assert restore(parts, lambda part: "" if part.tag else "said").endswith("#الحشد_الشعبي")


@pytest.mark.parametrize("text", ["انفجارات في #العراق", "على مدينة #القائم", "frappes sur #Gaza"])
def test_a_hashtag_that_a_word_leads_to_is_a_word_of_its_sentence(text: str) -> None:
    assert _given(text) == [text.replace("#", "")]


def test_a_mention_inside_a_sentence_is_appended_where_the_model_lost_it() -> None:
    parts = segments("Selon @AFP, trois blessés.")
    assert restore(parts, lambda _: "According to AFP three wounded.").endswith("@AFP")


def test_masks_are_used_where_the_model_knows_them_and_put_back_exactly() -> None:
    (part,) = segments("Selon @AFP, trois blessés.", masks=Masks(links=("\ue020", "\ue021")))
    assert "@AFP" not in part.text
    assert restore([part], lambda p: p.text.replace("Selon", "According to")).startswith(
        "According to @AFP"
    )


def test_a_hashtag_apart_is_translated_alone_and_stays_one_hashtag() -> None:
    parts = segments("انفجارات في المدينة. #الحشد_الشعبي #العراق")
    said = {"الحشد الشعبي": "Popular Mobilization", "العراق": "Iraq"}
    assert restore(parts, lambda p: said.get(p.text, p.text)).endswith("#PopularMobilization #Iraq")


def test_spans_already_in_english_are_kept_as_they_are() -> None:
    text = "بيان: We stand with the people of Iraq والشعب"
    start = text.index("We")
    span = Span(start, text.index("Iraq") + 4, "en")
    parts = segments(text, english=[span])
    assert "We stand with the people of Iraq" in restore(parts, lambda _: "x")
    assert all("stand" not in part.text for part in parts)


def test_a_headline_in_capitals_reaches_the_model_as_a_sentence() -> None:
    (text,) = _given("FRAPPES AMÉRICAINES EN IRAK, L'ONU INQUIÈTE")
    assert text == "Frappes américaines en irak, l'ONU inquiète"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("M. Macron est à Paris. Il part demain.", 2),
        ("Le n° 3. Le Dr. Dupont et Mme. Durand sont là.", 2),
        ("وصل الرئيس؟ لا. وصل د. أحمد إلى بغداد.", 3),
        ("1. Premier point", 1),
        ("سطر\nسطر آخر", 2),
    ],
)
def test_sentences_end_where_readers_see_them_end(text: str, count: int) -> None:
    assert len(split_sentences(text)) == count
    assert "".join(split_sentences(text)) == text


def test_no_piece_is_longer_than_asked_and_nothing_is_lost() -> None:
    for text in ("كلمة " * 3000, "x" * 5000, "un mot, deux mots; " * 500):
        pieces = split_sentences(text, 300)
        assert "".join(pieces) == text
        assert max(map(len, pieces)) <= 300


def test_a_hundred_thousand_signs_are_cut_up_in_one_pass() -> None:
    for text in ("#" * 100_000, "@a " * 33_000, "🔴" * 100_000, "." * 100_000):
        restore(segments(text), _echo)

"""What a model trained with masks is not shown, and gets back as English writes it."""

from __future__ import annotations

import pytest

from monitor.model import Place
from monitor.translate.masks import Masks, english_number, hide, known_names
from monitor.translate.social import restore, segments

MASKS = Masks(links=("\ue020",), numbers=("\ue010", "\ue011"), names=("\ue000", "\ue001"))
NAMES = {"الموصل": "Mosul", "دير الزور": "Deir ez-Zor"}


def a_place(mention: str, name: str, kind: str = "town", confidence: float = 0.9) -> Place:
    return Place(
        mention=mention,
        start=0,
        end=len(mention),
        name=name,
        country="IQ",
        lat=36.3,
        lon=43.1,
        geonameid=1,
        kind=kind,  # type: ignore[arg-type]
        confidence=confidence,
    )


def test_names_and_numbers_come_back_wherever_the_model_puts_their_masks() -> None:
    (part,) = segments("مقتل 12 في الموصل", masks=MASKS, names=NAMES)
    number, name = (mask for mask, _ in part.hidden[::-1])
    assert part.text == f"مقتل {number} في {name}"
    assert restore([part], lambda _: f"In {name}, {number} killed") == "In Mosul, 12 killed"


def test_arabic_prefixes_stay_outside_the_mask() -> None:
    text, held = hide("وبالموصل", NAMES, MASKS)
    assert text == f"وب{held[0][0]}"


def test_a_word_that_only_begins_like_a_name_is_no_name() -> None:
    assert hide("الموصلية", NAMES, MASKS) == ("الموصلية", [])


def test_more_names_and_numbers_than_masks_stay_as_they_are() -> None:
    text, held = hide("1 و 2 و 3", {}, MASKS)
    assert [kept for _, kept in held] == ["2", "1"]
    assert text.endswith("3")


def test_a_symbol_that_stands_in_the_post_itself_is_not_used() -> None:
    text, held = hide("\ue011 x 7", {}, MASKS)
    assert held == [("\ue010", "7")]
    assert text == "\ue011 x \ue010"


def test_without_masks_nothing_is_hidden() -> None:
    (part,) = segments("مقتل ١٢ في الموصل", names=NAMES)
    assert part.text == "مقتل ١٢ في الموصل"
    assert part.hidden == ()


def test_a_post_of_names_and_numbers_alone_needs_no_model() -> None:
    parts = segments("الموصل: ١٢", masks=MASKS, names=NAMES)
    assert restore(parts, lambda _: "wrong") == "Mosul: 12"


def test_a_hashtag_that_is_a_known_name_needs_no_model() -> None:
    parts = segments("خبر عاجل. #دير_الزور", masks=MASKS, names=NAMES)
    assert restore(parts, lambda _: "News.").endswith("#DeirEzZor")


@pytest.mark.parametrize(
    ("written", "english"),
    [
        ("1 200", "1,200"),
        ("1.200", "1,200"),
        ("12 000 000", "12,000,000"),
        ("5,9", "5.9"),
        ("5.9", "5.9"),
        ("11:42", "11:42"),
        ("2024", "2024"),
        ("1,200", "1,200"),
    ],
)
def test_numbers_are_written_as_english_writes_them(written: str, english: str) -> None:
    assert english_number(written) == english


def test_only_towns_and_regions_that_are_sure_are_hidden_in_plain_letters() -> None:
    places = [
        a_place("رفح", "Rafaḩ"),
        a_place("كانو", "Kano", confidence=0.6),
        a_place("العراقي", "Iraq", "country"),
    ]
    assert known_names(places) == {"رفح": "Rafah"}


@pytest.mark.parametrize(
    ("text", "left", "number"),
    [
        ("مقتل ثلاثة عشر شخصا", "مقتل {} شخصا", "13"),
        ("وثلاثة جرحى", "و{} جرحى", "three"),
        ("نزوح خمسة وعشرين ألف شخص", "نزوح {} شخص", "25,000"),
        ("Douze petits cercueils blancs", "{} petits cercueils blancs", "twelve"),
        ("quatre-vingt-deux morts et un disparu", "{} morts et un disparu", "82"),
    ],
)
def test_number_words_go_behind_masks_too(text: str, left: str, number: str) -> None:
    hidden, held = hide(text, {}, MASKS)
    assert hidden == left.format(held[0][0])
    assert held == [(held[0][0], number)]


@pytest.mark.parametrize(
    "text",
    [
        "un immeuble neuf",
        "mille mercis",
        "les troisièmes",
        "اليوم الثالث",
        "trois millions de déplacés",
        "six et demi",
        "واحد منهم",
        "deux maisons",
    ],
)
def test_words_that_may_be_no_plain_number_are_left_to_the_model(text: str) -> None:
    assert hide(text, {}, MASKS) == (text, [])


def test_a_number_word_that_begins_a_sentence_has_a_capital() -> None:
    (part,) = segments("Douze cercueils", masks=MASKS)
    mask = part.hidden[0][0]
    assert restore([part], lambda _: f"{mask} coffins") == "Twelve coffins"

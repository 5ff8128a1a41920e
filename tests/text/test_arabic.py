"""Arabic spelling for matching: what writers vary is one, what they mean stays apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.arabic import is_arabic, light_stem, normalize, without_clitics


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("مُحَمَّد", "محمد"),
        ("عـــاجل", "عاجل"),
        ("أإآٱ", "اااا"),
        ("مسؤول", "مسوول"),
        ("القائم", "القايم"),
        ("سامراء", "سامرا"),
        ("مستشفى", "مستشفي"),
        ("غزة", "غزه"),
        ("کربلای", "كربلاي"),
        ("ڤيينا", "فيينا"),
        ("٢٠٢٤ ۲۰۲۴", "2024 2024"),
        ("٣٫٥٪ ١٬٠٠٠؟", "3.5% 1,000?"),
        ("ﻻ ﻣﺪﻳﻨﺔ", "لا مدينه"),
        ("\u202bالعراق\u202c\u200f", "العراق"),
        ("Gaza, été", "Gaza, été"),
    ],
)
def test_each_row_of_the_table(written: str, becomes: str) -> None:
    assert normalize(written) == becomes


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(st.characters(exclude_categories=[])))
def test_any_code_point_is_accepted(text: str) -> None:
    """Lone surrogates, NULs and every plane pass through."""
    assert isinstance(normalize(text), str)
    assert isinstance(light_stem(text), str)


def test_words_behind_clitics_are_offered_without_deciding() -> None:
    assert (2, "العراق") in list(without_clitics("وبالعراق"))
    assert (1, "العراق") in list(without_clitics("للعراق"))
    assert next(without_clitics("وادي")) == (0, "وادي")


@given(st.text(alphabet="وفبكلاعرقين", min_size=1, max_size=8))
def test_what_stands_behind_clitics_ends_the_word(word: str) -> None:
    for cut, rest in without_clitics(word):
        assert rest[2:] == word[cut:][len(word) - cut - len(rest[2:]) :]
        assert cut == 0 or len(rest) >= 2


@pytest.mark.parametrize("word", ["العراقيين", "عراقية", "والعراقي", "للعراق", "العراق"])
def test_light_stems_join_the_forms_of_one_word(word: str) -> None:
    assert light_stem(normalize(word)) == "عراق"


def test_arabic_script_is_recognised() -> None:
    assert is_arabic("a ﻻ")
    assert not is_arabic("Ελλάδα 123")

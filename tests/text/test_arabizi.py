"""Romanised Arabic is recognised and never called French or English."""

import pytest

from monitor.text.language import LanguageDetector


@pytest.mark.parametrize(
    "text",
    [
        "el 7amdulillah 3ala kol 7al",
        "rani f dar",
        "wach rak khouya, labas?",
        "ya jama3a el match bokra wala el yom?",
        "bezzaf dyal nass f zn9a lyoum",
        "ana mesh 3aref a3mel eh wallah",
        "3lach ma jitich lbare7",
    ],
)
def test_arabizi_is_romanised_arabic(text: str) -> None:
    language = LanguageDetector().detect(text)
    assert language.code == "ar-Latn"
    assert language.base == "ar"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3 people killed and 7 wounded, says the mayor", "en"),
        ("il y a 3 blessés et 7 disparus selon le maire", "fr"),
        ("see you 2morrow m8, gonna be gr8", "en"),
    ],
)
def test_digits_alone_do_not_make_arabizi(text: str, code: str) -> None:
    assert LanguageDetector().detect(text).code == code

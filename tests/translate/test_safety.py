"""Each check, on translations that are right and on ones that are wrong."""

from __future__ import annotations

import pytest

from monitor.model import Place
from monitor.translate import safety
from monitor.translate.numbers import numbers_of

IRAQ = Place("العراق", 0, 6, "Iraq", "IQ", 33.0, 44.0, 99237, "country")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("٣٢ قتيلا", 32),
        ("1 200 blessés", 1200),
        ("١٬٢٠٠ جريح", 1200),
        ("3,5 millions d'habitants", 3_500_000),
        ("٣ ملايين", 3_000_000),
        ("خمسة وعشرين جريحا", 25),
        ("quatre-vingt-dix blessés", 90),
        ("twenty-five people", 25),
        ("three hundred people", 300),
        ("deux cent cinquante morts", 250),
        ("ثلاثمئة شخص", 300),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, value: float) -> None:
    assert numbers_of(text).every == {value}


@pytest.mark.parametrize(
    ("source", "english"),
    [
        ("٣٢ قتيلا و١٥٩ جريحا", "32 killed and 159 wounded"),
        ("1.200 blessés", "1,200 wounded"),
        ("le départ est à 16h30", "departure is at 4:30 pm"),
        ("الرابع من آب", "4 August"),
        ("5 morts", "five dead"),
        ("après le Covid", "after COVID-19"),
    ],
)
def test_the_same_number_written_otherwise_is_no_difference(source: str, english: str) -> None:
    assert safety.check_numbers(source, english) == []


@pytest.mark.parametrize(
    ("source", "english"),
    [("٣٢ قتيلا", "23 killed"), ("12 morts", "Several dead"), ("des morts", "40 dead")],
)
def test_numbers_that_differ_are_named(source: str, english: str) -> None:
    (warned,) = safety.check_numbers(source, english)
    assert "number" in warned.message


@pytest.mark.parametrize(
    ("source", "english"),
    [
        ("في ٤ تشرين الثاني", "on 4 November"),
        ("le 3 mars 2024", "on March 3, 2024"),
        ("le 3 mars 2024", "on 03/03/2024"),
        ("يوم الجمعة", "on Friday"),
        ("la planète Mars", "planet Mars"),
        ("il se peut qu'il vienne", "he may come"),
        ("مارس الرياضة", "he did sports"),
        ("lundi", "at the start of the week"),
    ],
)
def test_the_same_day_and_month_is_no_difference(source: str, english: str) -> None:
    assert safety.check_dates(source, english) == []


@pytest.mark.parametrize(
    ("source", "english", "named"),
    [
        ("في ٤ تشرين الثاني", "on 4 October", "November became October"),
        ("le 3 mars 2024", "on 3 May 2024", "March became May"),
        ("مساء الثلاثاء", "on Thursday evening", "Tuesday became Thursday"),
    ],
)
def test_another_day_or_month_is_named(source: str, english: str, named: str) -> None:
    (warned,) = safety.check_dates(source, english)
    assert named in warned.message


@pytest.mark.parametrize(
    ("source", "english"),
    [
        ("٥ كيلومترات", "5 miles"),
        ("300 euros", "300 dollars"),
        ("٢٠٪ من الأصوات", "20 of the votes"),
    ],
)
def test_another_currency_or_unit_is_named(source: str, english: str) -> None:
    (warned,) = safety.check_units(source, english)
    assert warned.check == "units"


def test_money_that_lost_its_unit_is_named() -> None:
    assert safety.check_units("5 ملايين دولار", "5 million dollars") == []
    (warned,) = safety.check_units("5 ملايين دولار", "5 million people")
    assert "dollars" in warned.message


def test_a_known_place_must_be_found_by_name_likeness_or_people() -> None:
    assert safety.check_places([IRAQ], "Explosions in Iraq", None) == []
    assert safety.check_places([IRAQ], "The Iraqi army", None) == []
    (warned,) = safety.check_places([IRAQ], "Explosions in Jordan", None)
    assert "Iraq" in warned.message


def test_what_stayed_arabic_or_french_is_named() -> None:
    assert safety.check_untranslated("قصف على المدينة", "Shelling of the city #العراق") == []
    assert safety.check_untranslated("قصف على المدينة", "Shelling of المدينة")
    french = "Les frappes sur la ville ont fait trois morts dans la nuit"
    assert safety.check_untranslated(french, french)
    assert safety.check_untranslated(french, "The strikes on the city killed three people") == []


def test_repetition_and_running_on_are_named() -> None:
    assert safety.check_repetition("قصف على المدينة", "the city the city the city the city")
    assert safety.check_repetition("كلمة", "all sorts of things " + " ".join(map(str, range(30))))
    assert safety.check_repetition("no no no no", "no no no no") == []


def test_far_too_short_is_named() -> None:
    source = "انفجارات نتيجة العدوان الأميركي على مدينة القائم في العراق"
    assert safety.check_length(source, "Explosions.", "ar")
    assert safety.check_length(source, "Blasts after the US attack on al-Qaim, Iraq", "ar") == []


def test_meaning_under_what_the_length_predicts_is_drift() -> None:
    source = "انفجارات نتيجة العدوان الأميركي على مدينة القائم في العراق"
    assert safety.check_drift(0.05, source, "ar")
    assert safety.check_drift(0.7, source, "ar") == []


def test_a_draft_must_be_nearer_to_its_source_than_a_full_models_translation() -> None:
    source = "انفجارات نتيجة العدوان الأميركي على مدينة القائم في العراق"
    assert safety.check_drift(0.35, source, "ar") == []
    assert safety.check_drift(0.35, source, "ar", draft=True)


def test_a_threat_out_of_nowhere_is_named() -> None:
    assert safety.check_violence("المادة الثالثة من قانون العمل", "I will kill you")
    assert safety.check_violence("٣٢ قتيلا", "32 killed") == []
    assert safety.check_violence("Bonne journée", "Have a shit day")


def test_warnings_lower_trust_and_never_to_nothing() -> None:
    assert safety.trust([]) == 1.0
    assert safety.trust([], draft=True) == 0.75
    worst = [safety.Warned("x", "x", 0.2)] * 10
    assert safety.trust(worst[:1]) == pytest.approx(0.2)
    assert safety.trust(worst) == pytest.approx(0.05)


def test_a_people_that_the_original_does_not_name_is_doubted() -> None:
    source = "36 cibles des rebelles houthis"
    (found,) = safety.check_peoples(source, "36 targets of the Jewish rebels")
    assert found.message == "“Jewish” with nothing like it in the original"
    assert safety.trust([found], draft=True) < 0.4
    assert safety.check_peoples(source, "36 targets of the Houthi rebels") == []


@pytest.mark.parametrize(
    ("source", "english"),
    [
        ("تنظيم الدولة يتبنى الهجوم", "Islamic State claims the attack"),
        ("الأكراد والعلويون", "The Kurds and the Alawites"),
        ("La communauté juive", "The Jewish community"),
        ("Mohammed Chia al-Soudani", "Mohammed Shia al-Sudani"),
    ],
)
def test_a_people_that_the_original_names_is_not(source: str, english: str) -> None:
    assert safety.check_peoples(source, english) == []

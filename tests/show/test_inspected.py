"""What the program sees in one text, as a page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.inspect import candidate_json
from monitor.model import Analysis, Evidence, Language, Link, Place, Span, Translation
from monitor.show.inspected import page

TEXT = "Le porte-parole : « لن نتراجع » à Boukamal"
PLACE = Place("Boukamal", 34, 42, "Ālbū Kamāl", "SY", 34.45, 40.92, 174448, "town", 0.83)
LINK = Link(
    "inspect:1",
    "us-strikes",
    "US strikes in Iraq and Syria",
    0.97,
    "confirmed",
    (Evidence("place", 2.1, "names Boukamal (Ālbū Kamāl), which this event lists"),),
    "Names Boukamal.",
)
LANGUAGE = Language("fr", 0.99, (Span(0, 20, "fr"), Span(20, 31, "ar"), Span(31, 42, "fr")))


def shown(analysis: Analysis, considered: tuple[Link, ...] = (), text: str = TEXT) -> str:
    return "\n".join(page(text, analysis, text, considered, events=3))


def test_language_spans_places_translation_and_events_are_shown() -> None:
    english = Translation("The spokesman: we will not retreat", "fr", "en", "x", "y")
    seen = shown(Analysis(LANGUAGE, english, (PLACE,), (LINK,)), (LINK,))
    for expected in (
        "LANGUAGE  fr (French), 99 % sure",
        "20–31     ar       لن نتراجع »",
        "83 %  town     Ālbū Kamāl, SY",
        "34.45, 40.92    geonames 174448   Boukamal",
        "The spokesman: we will not retreat",
        "97 %  confirmed   US strikes in Iraq and Syria",
        "+2.10  place    names Boukamal",
    ):
        assert expected in seen


def test_candidates_that_are_not_linked_are_shown_as_such() -> None:
    seen = shown(Analysis(LANGUAGE), (LINK,))
    assert "EVENTS  none of 3 is near enough" in seen
    assert "97 %  not linked" in seen
    assert candidate_json(LINK, ())["linked"] is False
    assert candidate_json(LINK, (LINK,))["linked"] is True


def test_what_is_missing_is_said() -> None:
    seen = shown(Analysis(Language("und", 0.99), warnings=("no model is installed",)), text="😂")
    for expected in ("no language in it", "(as written)", "PLACES  none", "(no translation)"):
        assert expected in seen
    assert "! no model is installed" in seen
    assert "EVENTS  none of 3 known" in seen


def test_romanised_arabic_is_named_in_words() -> None:
    assert "ar-Latn (Arabic in Latin letters)" in shown(Analysis(Language("ar-Latn", 0.9)))


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=80))
def test_any_text_makes_a_harmless_page(text: str) -> None:
    language = Language("fr", 0.5, (Span(0, len(text) // 2, "fr"), Span(len(text) // 2, 99, "ar")))
    place = Place(text, 0, len(text), text, "SY", 0, 0, -1)
    link = Link("a", text, text, 0.5, "suggested", (Evidence("x", 1, text),), text)
    seen = "\n".join(page(text, Analysis(language, places=(place,)), text, (link,), 1))
    seen.encode()
    assert "\x1b" not in seen
    assert "\u202e" not in seen

"""Whatever strangers send: every public function of the room takes it, in time, losing nothing.

Lone surrogates, NULs, every Unicode plane, digits of all kinds mixed; a megabyte without a space.
Time is not measured here: what is not linear would not end.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text import (
    arabic,
    arabizi,
    clean,
    fold,
    glued,
    near,
    ngrams,
    place_codes,
    place_names,
    script,
    social,
)
from monitor.text.language import LanguageDetector
from monitor.text.names import NameList
from monitor.text.places import Gazetteer
from monitor.text.transliterate import letter_by_letter, skeleton

_SIGNS = "# @ _ ' ’ - ٣ ۳ 3 ١٢ ½ Ⅷ ﷺ ﻻ … 😂 👨‍👩‍👧 日本 𝔸 https://t.co/ 7amdulillah RT".split()  # noqa: SIM905
_ODD = ["\ud800", "\udfff", "\x00", "\u202e", "\u200d", "\u0651", "\U000e0041", "\U0010ffff"]
_WORDS = [" ", "\n", "العراق ", "في ", "Paris ", "rue de ", "مدينة "]
_PIECES = st.sampled_from([*_SIGNS, *_ODD, *_WORDS])
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=100) | st.lists(
    _PIECES, max_size=40
).map("".join)

_DETECTOR = LanguageDetector()
_NAMES = NameList.load()
_GAZETTEER = Gazetteer.load()

FUNCTIONS: dict[str, Callable[[str], object]] = {
    "arabic.normalize": arabic.normalize,
    "arabic.is_arabic": arabic.is_arabic,
    "arabic.light_stem": arabic.light_stem,
    "arabic.without_clitics": lambda text: list(arabic.without_clitics(text)),
    "arabizi.share": lambda text: arabizi.share(text.split()),
    "clean.clean": clean.clean,
    "clean.clean_line": clean.clean_line,
    "near.signature": near.signature,
    "near.same": lambda text: near.same(near.signature(text), near.signature(text[::-1])),
    "ngrams.normal": lambda text: ngrams.normal(text.split()),
    "ngrams.features": lambda text: ngrams.features(ngrams.normal(text.split()), 13),
    "place_names.words_of": place_names.words_of,
    "fold.fold": fold.fold,
    "glued.split_glued": lambda text: list(glued.split_glued(text)),
    "place_codes.codes_of": lambda text: list(place_codes.codes_of(text)),
    "place_names.trailing_tags": place_names.trailing_tags,
    "script.counts": script.counts,
    "script.main": script.main,
    "social.blank": social.blank,
    "social.glued_words": social.glued_words,
    "social.share_of_hashtags": social.share_of_hashtags,
    "social.words": social.words,
    "social.words_of_social": social.words_of_social,
    "social.split_hashtag": social.split_hashtag,
    "transliterate.skeleton": lambda text: skeleton(text.lower().split()),
    "transliterate.letter_by_letter": lambda text: letter_by_letter(text.split()),
    "NameList.lone": lambda text: _NAMES.lone(text.split()[:6]),
    "LanguageDetector.detect": lambda text: _DETECTOR.detect(text),
    "Gazetteer.find": lambda text: _GAZETTEER.find(text, "ar", translation=text, author=text[:50]),
    "Gazetteer.lookup": lambda text: _GAZETTEER.lookup(text),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=20, deadline=None)
@given(text=ANY)
def test_any_text_is_taken_and_answered_alike_again(name: str, text: str) -> None:
    function = FUNCTIONS[name]
    assert repr(function(text)) == repr(function(text))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("unit", ["ش", "aB", "1٢۳", "’a", "\ud800\x00"])
def test_a_megabyte_without_a_space_is_taken(name: str, unit: str) -> None:
    FUNCTIONS[name](unit * (1_000_000 // len(unit)))


@settings(deadline=None)
@given(ANY)
def test_words_lose_no_letter(text: str) -> None:
    """Every letter that is not in a link, a mention or markup is in some word."""
    kept = {i for word in social.words(text) for i in range(word.start, word.end)}
    rest = social.blank(text)
    assert all(i in kept for i, character in enumerate(rest) if "a" <= character <= "z")


@settings(deadline=None, max_examples=50)
@given(ANY)
def test_places_are_cut_from_the_text_in_order_without_overlap(text: str) -> None:
    at = 0
    for place in _GAZETTEER.find(text):
        assert at <= place.start < place.end
        assert place.mention == text[place.start : place.end]
        assert 0.5 <= place.confidence <= 1
        at = place.end

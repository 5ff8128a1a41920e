"""Codes of countries and states in hashtags of crises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.place_codes import codes_of


@pytest.mark.parametrize(
    ("tag", "mention", "name", "country"),
    [
        ("#floodPH", "PH", "Philippines", "PH"),
        ("#temblorcr", "cr", "Costa Rica", "CR"),
        ("#sghaze", "sg", "Singapore", "SG"),
        ("#UKfloods2014", "UK", "United Kingdom", "GB"),
        ("#txfire", "tx", "Texas", "US"),
        ("#fireTX", "TX", "Texas", "US"),
        ("#COflood", "CO", "Colorado", "US"),  # in front a state …
        ("#floodCO", "CO", "Colombia", "CO"),  # … and behind a country, where both go
        ("#NOflood", "NO", "Norway", "NO"),  # a word too: in capitals only
        ("#séismeMA", "MA", "Morocco", "MA"),
        ("#MaringPH", "PH", "Philippines", "PH"),
    ],
)
def test_a_code_beside_what_happens_is_a_place(
    tag: str, mention: str, name: str, country: str
) -> None:
    text = f"Stay safe {tag} everyone"
    (code,) = codes_of(text)
    assert (text[code.start : code.end], code.name, code.country) == (mention, name, country)


@pytest.mark.parametrize(
    "text",
    [
        "#noflood",
        "#onfire",
        "#NOFLOOD",
        "#floodzz",
        "#wildfire",
        "floodPH",
        "&#floodPH",
        "#MaringTV",
        "#TogetherWE",
        "#SAVEPH",
    ],
)
def test_other_tags_and_words_hold_no_code(text: str) -> None:
    assert list(codes_of(text)) == []


@given(st.text(max_size=60) | st.from_regex(r"([#＃]?(flood|fire)?[A-Za-zé]{0,3} ?){0,5}"))
def test_codes_are_cut_from_any_text(text: str) -> None:
    for code in codes_of(text):
        assert len(text[code.start : code.end]) == 2

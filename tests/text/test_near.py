"""Near-duplicates: the same text again is found, the same template about another event is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.near import NearDuplicates, same, signature

NOON = datetime(2024, 2, 3, 12, tzinfo=UTC)
POST = "Three soldiers killed in a drone attack on a base in Jordan near the Syrian border"


@pytest.mark.parametrize(
    "again",
    [
        POST + " https://t.co/abc",
        POST + " #Jordan #Tower22",
        "RT @someone: " + POST,
        "BREAKING | " + POST.upper() + "!!!",
        "Three soldiers killed in a drone attack on a base…",
        POST.replace("soldiers", "soliders"),
        POST + " via @newsdesk",
    ],
)
def test_the_same_text_again_is_a_duplicate(again: str) -> None:
    near = NearDuplicates()
    assert near.add("x:1", POST, NOON) is None
    assert near.add("x:2", again, NOON) == "x:1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Breaking: explosion in Aden", "Breaking: explosion in Sanaa"),
        ("عاجل | انفجار في بغداد", "عاجل | انفجار في أربيل"),
        (POST, POST.replace("Three", "Five")),
        ("12 morts dans le séisme au Maroc", "120 morts dans le séisme au Maroc"),
        ("Iran says it fired the missiles", "Iran says it has not fired the missiles"),
    ],
)
def test_another_place_number_or_denial_is_another_post(one: str, other: str) -> None:
    assert not same(signature(one), signature(other))


def test_what_is_older_than_the_window_is_forgotten() -> None:
    near = NearDuplicates(window=timedelta(days=1))
    near.add("x:1", POST, NOON)
    assert near.add("x:2", POST, NOON + timedelta(days=2)) is None
    assert len(near) == 1


def test_no_more_than_the_capacity_is_held() -> None:
    near = NearDuplicates(capacity=2)
    for n in range(5):
        near.add(f"x:{n}", f"text number {n} about something else entirely {n * 7}", NOON)
    assert len(near) == 2


def test_long_texts_take_no_more_room_than_there_is() -> None:
    near = NearDuplicates(most_bytes=20_000)
    for n in range(100):
        near.add(f"x:{n}", " ".join(f"word{n}x{i}" for i in range(300)), NOON)
    assert 0 < len(near) < 20


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_has_a_signature_and_is_its_own_duplicate(text: str) -> None:
    found = signature(text)
    assert found == signature(text)
    assert same(found, found) == bool(found.words)


def test_the_same_post_again_is_not_its_own_duplicate() -> None:
    near = NearDuplicates()
    near.add("x:1", POST, NOON)
    assert near.add("x:1", POST, NOON) is None
    assert len(near) == 1

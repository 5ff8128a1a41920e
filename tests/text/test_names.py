"""Words that are names and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ModelError
from monitor.text.names import NameList


@pytest.fixture(scope="module")
def names() -> NameList:
    return NameList.load()


@pytest.mark.parametrize(
    "words",
    ["Paris", "GAZA", "Emmanuel Macron", "Abdel Fattah al-Sissi", "Tel Aviv", "بغداد", "غزة"],
)
def test_names_are_told_by_their_words(names: NameList, words: str) -> None:
    assert names.lone(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "paris",  # without its capital it may be anything
        "Al de",  # particles alone name nobody
        "Monday",
        "Français",
        "Nice",
        "Bonjour Paris",
        "Free Palestine",
        "صباح الخير",
        "London Paris Berlin Madrid Rome",  # a list
    ],
)
def test_words_that_tell_a_language_are_no_names(names: NameList, words: str) -> None:
    assert not names.lone(words.split())


@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()))))
def test_any_words_are_looked_up(words: list[str]) -> None:
    assert NameList(np.array([], np.uint32)).lone(words) is False


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "names.npz"
    path.write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"names\.npz: not a list of names"):
        NameList.load(path)

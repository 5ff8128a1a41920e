"""Whole posts through a real model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.model import Language, Translation
from monitor.translate import MemoryCache, TranslationRequest, Translator, Untranslated
from monitor.translate.batches import token_batches
from monitor.translate.budget import within

ARABIC = Language("ar", 0.99)
NOW = datetime(2024, 2, 2, 12, tzinfo=UTC)


def _english(translator: Translator, text: str) -> Translation:
    (answer,) = translator.translate_many([TranslationRequest(text, ARABIC)])
    assert isinstance(answer, Translation)
    return answer


def test_a_post_keeps_its_frame(models: Path) -> None:
    made = _english(Translator(models), "#شاهد | انفجارات على #القائم في العراق\n🔴 https://t.co/x")
    assert made.text == "#Watch | explosions on al-Qaim in Iraq\n🔴 https://t.co/x"
    assert made.warnings == ()
    assert made.trust == 1.0


def test_what_needs_no_translation_gets_none_and_arabizi_is_said(models: Path) -> None:
    answers = Translator(models).translate_many(
        [
            TranslationRequest("", ARABIC),
            TranslationRequest("🔴", Language("und", 0.9)),
            TranslationRequest("hello", Language("en", 0.9)),
            TranslationRequest("ya nas", Language("ar-Latn", 0.9)),
        ]
    )
    assert answers[:3] == [Untranslated()] * 3
    assert isinstance(answers[3], Untranslated)
    assert "Arabizi" in answers[3].reason


def test_a_hundred_thousand_characters_are_translated_in_part_and_said(models: Path) -> None:
    made = _english(Translator(models), "قصف على القائم. " * 6_500)
    assert made.text.startswith("bombing on al-Qaim")
    assert any("only the first" in warning for warning in made.warnings)


class Counting(MemoryCache):
    """A cache that remembers what was put in."""

    def __init__(self) -> None:
        super().__init__()
        self.put: list[str] = []

    def put_many(self, items: Mapping[str, Translation]) -> None:
        self.put += items
        super().put_many(items)


def test_a_repeated_text_is_translated_once(models: Path) -> None:
    cache = Counting()
    requests = [TranslationRequest("قصف على القائم", ARABIC)] * 5
    for _ in range(2):
        assert len(set(Translator(models, cache=cache).translate_many(requests))) == 1
    assert len(cache.put) == 1


def test_the_cache_forgets_the_oldest(models: Path) -> None:
    cache = MemoryCache(capacity=2)
    made = _english(Translator(models), "قصف")
    cache.put_many({"a": made, "b": made, "c": made})
    assert set(cache.get_many(["a", "b", "c"])) == {"b", "c"}


def test_the_glossary_is_honoured_or_reported(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text("الحشد الشعبي: Popular Mobilization Forces\n", encoding="utf-8")
    made = _english(Translator(models, glossary=path), "قصف على الحشد الشعبي في العراق")
    honoured = "Popular Mobilization Forces" in made.text
    assert honoured or any("Popular Mobilization Forces" in w for w in made.warnings)


def test_a_wrong_glossary_is_told_with_its_file(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text("- a\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"glossary\.yaml"):
        Translator(models, glossary=path)


def test_an_unknown_engine_is_told_with_the_known_ones(models: Path) -> None:
    (answer,) = Translator(models, "telepathy").translate_many([TranslationRequest("قصف", ARABIC)])
    assert isinstance(answer, Untranslated)
    assert "ctranslate2" in answer.reason


def test_a_budget_lets_a_lone_large_text_through_so_that_none_waits_for_ever() -> None:
    assert within([300, 300, 300], 700) == 2
    assert within([900], 700) == 1
    assert within([900], 0) == 0
    assert within([900], None) == 1


@pytest.mark.parametrize("sizes", [[5, 100, 7, 90, 6], [3000, 1], []])
def test_batches_hold_every_text_once_and_no_more_tokens_than_asked(sizes: Sequence[int]) -> None:
    batches = token_batches(sizes, 200)
    assert sorted(i for batch in batches for i in batch) == list(range(len(sizes)))
    assert all(len(b) * max(sizes[i] for i in b) <= 200 or len(b) == 1 for b in batches)

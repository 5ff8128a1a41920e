"""Whole posts through a real model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from monitor.errors import ConfigError
from monitor.model import Language, Translation
from monitor.text.language import LanguageDetector
from monitor.translate import MemoryCache, TranslationRequest, Translator, Untranslated
from monitor.translate.batches import token_batches
from monitor.translate.budget import within
from monitor.translate.engine import Engine, Offer, Output
from monitor.translate.masks import Masks

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


def test_a_long_post_is_split_and_put_together_again_line_by_line(models: Path) -> None:
    lines = ["قصف على مدينة القائم.", "", "انفجارات في العراق! قتل 12 شخصا.", "قانون جديد"] * 40
    made = _english(Translator(models), "\n".join(lines))
    said = ["bombing on city al-Qaim.", "", "explosions in Iraq! killed 12 people.", "law new"] * 40
    assert made.text == "\n".join(said)


def test_a_sentence_without_a_full_stop_is_cut_where_it_pauses_and_no_word_is_lost(
    models: Path,
) -> None:
    made = _english(Translator(models), " ".join(["قصف على القائم،"] * 60))
    assert made.text.replace("،", "").split() == ["bombing", "on", "al-Qaim"] * 60


@pytest.mark.parametrize("code", ["ar", "en"])
def test_a_post_that_switches_language_keeps_what_is_english_already(
    models: Path, code: str
) -> None:
    more = {"ar": "انفجارات في العراق. " * 4, "en": ""}[code]
    text = f"{more}قصف على مدينة القائم: We condemn the attack on our people"
    (language,) = LanguageDetector(("ar", "fr", "en")).detect_many([text], [None])
    assert language.code == code
    (made,) = Translator(models).translate_many([TranslationRequest(text, language)])
    assert isinstance(made, Translation)
    assert made.source == "ar"
    assert made.text.endswith("bombing on city al-Qaim: We condemn the attack on our people")


def test_a_lone_foreign_name_in_an_english_post_is_left_alone(models: Path) -> None:
    text = "Shelling of the city of القائم reported by several witnesses tonight"
    (language,) = LanguageDetector(("ar", "fr", "en")).detect_many([text], [None])
    answer = Translator(models).translate_many([TranslationRequest(text, language)])
    assert answer == [Untranslated()]


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


GLOSSARY = "الحشد الشعبي: Popular Mobilization Forces\n"


class Parrot:
    """An engine that says what ``says`` makes of its source."""

    name, model, draft, remote = "parrot", "p", False, False
    pairs = frozenset({("ar", "en")})

    def __init__(self, says: Callable[[str], str], masks: Masks) -> None:
        self.says = says
        self.masks = masks

    def count(self, text: str, source: str) -> int:
        return len(text)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        return [Output(self.says(text)) for text in texts]


@pytest.mark.parametrize("masks", [Masks(), Masks(names=("\ue000",))])
@pytest.mark.parametrize("spelled", ["والحشد الشعبي", "الحشدُ الشعبيّ", "#الحشد_الشعبي"])
def test_the_glossary_is_honoured_by_models_that_copy_and_by_those_with_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str, masks: Masks
) -> None:
    made = _with_glossary(tmp_path, monkeypatch, Parrot(lambda text: text, masks), spelled)
    assert "Popular Mobilization Forces" in made.text
    assert not any("glossary" in warning for warning in made.warnings)


def test_a_glossary_term_that_the_model_dropped_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parrot = Parrot(lambda _: "Shelling in Iraq", Masks())
    made = _with_glossary(tmp_path, monkeypatch, parrot, "الحشد الشعبي")
    assert "the glossary's “Popular Mobilization Forces” is not in the English" in made.warnings
    assert made.trust < 1


def _with_glossary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parrot: Parrot, term: str
) -> Translation:
    path = tmp_path / "glossary.yaml"
    path.write_text(GLOSSARY, encoding="utf-8")
    offer = Offer("parrot", "p", parrot.pairs, lambda: cast(Engine, parrot))
    monkeypatch.setattr("monitor.translate.installed.offers", lambda *_: [offer])
    return _english(Translator(tmp_path, glossary=path), f"قصف على {term} في العراق")


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

"""``monitor evaluate translation``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from monitor.errors import ModelError
from monitor.translate.evaluate import evaluate_translation

SOURCES = ["قصف على مدينة القائم في العراق", "انفجارات في مدينة القائم في العراق"]
ENGLISH = ["bombing on city al-Qaim in Iraq", "explosions in city al-Qaim in Iraq"]


def test_a_perfect_translation_has_full_marks_and_a_signature(models: Path) -> None:
    result = evaluate_translation(SOURCES, ENGLISH, "ar", models)
    assert result["bleu"] == pytest.approx(100)
    assert result["chrf"] == pytest.approx(100)
    assert "version" in result["signature"]["bleu"]
    assert (result["engine"], result["model"]) == ("ctranslate2", "opus-mt-ar-en")
    assert result["sentences_per_second"] > 0


def test_nothing_that_translates_is_an_error_that_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="monitor models pull opus-mt-fr-en"):
        evaluate_translation(["Bonjour"], ["Hello"], "fr", tmp_path)


def test_without_sacrebleu_the_extra_is_named(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ModelError, match=r"monitor\[evaluate\]"):
        evaluate_translation(SOURCES, ENGLISH, "ar", models)

"""``engine: auto`` takes the best that is installed, and the record says which it was."""

from __future__ import annotations

from pathlib import Path

from monitor.model import Language, Translation
from monitor.translate import TranslationRequest, Translator
from tests.translate.tiny import described


def _taken(models: Path, engine: str = "auto") -> Translation:
    request = TranslationRequest("قصف على القائم", Language("ar", 1.0))
    (made,) = Translator(models, engine).translate_many([request])
    assert isinstance(made, Translation)
    return made


def test_a_full_model_is_taken_before_a_draft_however_it_is_ranked(
    models: Path, tmp_path: Path
) -> None:
    described(models, tmp_path / "a-draft", draft="true", rank="99")
    assert _taken(tmp_path).model == "a-draft"
    described(models, tmp_path / "full")
    made = _taken(tmp_path)
    assert (made.engine, made.model, made.draft) == ("ctranslate2", "full", False)


def test_of_full_models_the_higher_rank_is_taken(models: Path, tmp_path: Path) -> None:
    described(models, tmp_path / "a", rank="20")
    described(models, tmp_path / "b", rank="35")
    assert _taken(tmp_path).model == "b"


def test_where_the_best_is_damaged_the_next_best_translates(models: Path, tmp_path: Path) -> None:
    described(models, tmp_path / "a", rank="20")
    best = described(models, tmp_path / "b", rank="35")
    (best / "model.bin").write_bytes(b"\x06\x00")
    assert _taken(tmp_path).model == "a"


def test_a_better_model_is_used_from_when_it_is_there(models: Path, tmp_path: Path) -> None:
    translator = Translator(tmp_path)
    request = TranslationRequest("قصف على القائم", Language("ar", 1.0))
    used = []
    for name, rank in (("a", "20"), ("b", "35")):
        described(models, tmp_path / name, rank=rank)
        (made,) = translator.translate_many([request])
        assert isinstance(made, Translation)
        used.append(made.model)
    assert used == ["a", "b"]

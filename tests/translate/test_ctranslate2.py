"""The CTranslate2 engine, on real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor.errors import ModelError
from monitor.model import Language, Translation
from monitor.translate import TranslationRequest, Translator, Untranslated
from monitor.translate.engine import Settings, offers
from monitor.translate.folder import read_description

ARABIC = Language("ar", 0.99)


def _one(models: Path, text: str, language: Language = ARABIC) -> Translation | Untranslated:
    (answer,) = Translator(models).translate_many([TranslationRequest(text, language)])
    return answer


def _copy(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models / "opus-mt-ar-en", tmp_path / "models" / "opus-mt-ar-en"))


def test_a_copied_folder_is_found_by_its_name_and_translates(models: Path) -> None:
    answer = _one(models, "قصف على مدينة القائم في العراق 12")
    assert isinstance(answer, Translation)
    assert answer.text == "bombing on city al-Qaim in Iraq 12"
    assert (answer.engine, answer.model) == ("ctranslate2", "opus-mt-ar-en")
    assert not answer.draft


def test_without_a_model_the_answer_names_the_command_that_gets_one(tmp_path: Path) -> None:
    answer = _one(tmp_path / "models", "قصف")
    assert isinstance(answer, Untranslated)
    assert "Arabic → English" in answer.reason
    assert "`monitor models pull opus-mt-ar-en`" in answer.reason
    assert answer.retry


@pytest.mark.parametrize("file", ["model.bin", "source.spm", "shared_vocabulary.json"])
def test_a_truncated_file_is_a_clear_answer_and_tried_again_later(
    models: Path, tmp_path: Path, file: str
) -> None:
    path = _copy(models, tmp_path) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    answer = _one(tmp_path / "models", "قصف")
    assert isinstance(answer, Untranslated)
    assert "opus-mt-ar-en" in answer.reason
    assert "\n" not in answer.reason
    assert answer.retry


def test_a_vocabulary_of_another_size_is_named(models: Path, tmp_path: Path) -> None:
    path = _copy(models, tmp_path) / "shared_vocabulary.json"
    path.write_text('["</s>", "<unk>", "a"]', encoding="utf-8")
    (offer,) = offers(Settings(tmp_path / "models"), "ctranslate2")
    with pytest.raises(ModelError, match=r"opus-mt-ar-en.*vocabulary"):
        offer.load()


def test_a_folder_may_describe_itself(models: Path, tmp_path: Path) -> None:
    folder = _copy(models, tmp_path)
    folder = folder.rename(folder.parent / "any-name")
    (folder / "monitor-model.yaml").write_text(
        "name: small\npairs: [ar-en]\ndraft: true\nbeam: 2\nsource_tokenizer: source.spm\n"
        "target_tokenizer: target.spm\nsomething_newer: 1\n",
        encoding="utf-8",
    )
    answer = _one(tmp_path / "models", "قصف على العراق")
    assert isinstance(answer, Translation)
    assert answer.draft
    assert answer.model == "small"


def test_a_description_that_is_wrong_is_told_with_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "monitor-model.yaml").write_text("name: x\npairs: []\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"monitor-model\.yaml: pairs"):
        read_description(tmp_path)


def test_a_pair_that_nobody_offers_is_said_so(tmp_path: Path) -> None:
    answer = _one(tmp_path, "Guten Tag", Language("de", 0.9))
    assert isinstance(answer, Untranslated)
    assert "German → English is known" in answer.reason

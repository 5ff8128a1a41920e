"""The CTranslate2 engine, on real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import ctranslate2
import pytest
from ctranslate2.converters import OpusMTConverter

from monitor.errors import ModelError
from monitor.model import Language, Translation
from monitor.translate import TranslationRequest, Translator, Untranslated
from monitor.translate.engine import Settings, offers
from monitor.translate.engines.ctranslate2 import placement
from monitor.translate.folder import read_description
from monitor.translate.pull import check_folder
from tests.translate.conftest import DICTIONARY
from tests.translate.tiny import marian_archive, sentencepiece_model

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


def test_a_clone_without_its_large_files_is_told_what_to_run(models: Path, tmp_path: Path) -> None:
    (_copy(models, tmp_path) / "model.bin").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", encoding="utf-8"
    )
    answer = _one(tmp_path / "models", "قصف")
    assert isinstance(answer, Untranslated)
    assert "git lfs pull" in answer.reason


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


@pytest.mark.parametrize(("limit", "told"), [(1.0, True), (-9.0, False)])
def test_a_sentence_that_the_model_gave_little_chance_is_marked(
    models: Path, tmp_path: Path, limit: float, told: bool
) -> None:
    (_copy(models, tmp_path) / "monitor-model.yaml").write_text(
        f"name: small\npairs: [ar-en]\nunsure_below: {limit}\nsource_tokenizer: source.spm\n"
        "target_tokenizer: target.spm\n",
        encoding="utf-8",
    )
    answer = _one(tmp_path / "models", "قصف على العراق")
    assert isinstance(answer, Translation)
    assert any("unsure" in warning for warning in answer.warnings) is told


def test_a_description_that_is_wrong_is_told_with_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "monitor-model.yaml").write_text("name: x\npairs: []\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"monitor-model\.yaml: pairs"):
        read_description(tmp_path)


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("nllb", ["arb_Arab", "fra_Latn", "eng_Latn"]),
        ("m2m", ["__ar__", "__fr__", "__en__"]),
    ],
)
def test_a_many_language_folder_is_known_by_its_vocabulary_and_told_both_languages(
    tmp_path: Path, family: str, codes: list[str]
) -> None:
    both = DICTIONARY | {word: word for word in DICTIONARY.values()}
    archive = marian_archive(tmp_path / "archive", both, languages=codes)
    folder = tmp_path / "models" / "any-name"
    OpusMTConverter(str(archive)).convert(str(folder), quantization="int8")
    shutil.copy(archive / "source.spm", folder / "sentencepiece.bpe.model")
    known = read_description(folder)
    assert known.family == family
    assert known.pairs == (("ar", "en"), ("fr", "en"))
    answer = _one(tmp_path / "models", "قصف على القائم")
    assert isinstance(answer, Translation)
    # The codes take a place on either side: word for word, the rest is where it should be.
    assert answer.text == "bombing on al-Qaim"


def test_a_gpu_means_float16_and_none_means_int8() -> None:
    assert placement(1) == ("cuda", "float16")
    assert placement(0) == ("cpu", "int8")


def test_a_gpu_whose_libraries_are_missing_leaves_the_work_to_the_cpu(
    models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = ctranslate2.Translator

    class NoCublas:
        def translate_batch(self, *_: object, **__: object) -> None:
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")

    def opened(path: str, *, device: str, **more: object) -> object:
        return NoCublas() if device == "cuda" else real(path, device=device, **more)

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "Translator", opened)
    answer = _one(models, "قصف على القائم")
    assert isinstance(answer, Translation)
    assert "libcublas" in caplog.text


def test_a_tokenizer_of_another_model_is_named(models: Path, tmp_path: Path) -> None:
    folder = _copy(models, tmp_path)
    sentencepiece_model(folder / "source.spm", [f"mot{n}" for n in range(900)])
    answer = _one(tmp_path / "models", "قصف")
    assert isinstance(answer, Untranslated)
    assert "the tokenizer does not match" in answer.reason


def test_a_folder_that_holds_no_model_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "models" / "holiday").mkdir(parents=True)
    (tmp_path / "models" / "holiday" / "beach.jpg").write_bytes(b"\xff\xd8")
    assert check_folder(tmp_path / "models" / "holiday") == [
        f"{tmp_path}/models/holiday: holds no translation model (no model.bin, decoder.yml or "
        "config.json)"
    ]
    answer = _one(tmp_path / "models", "قصف")
    assert isinstance(answer, Untranslated)
    assert answer.retry


def test_a_pair_that_nobody_offers_is_said_so(tmp_path: Path) -> None:
    answer = _one(tmp_path, "Guten Tag", Language("de", 0.9))
    assert isinstance(answer, Untranslated)
    assert "German → English is known" in answer.reason

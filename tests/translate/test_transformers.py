"""The transformers engine, on a real Marian model trained here in seconds. Needs torch, which the
default installation does not bring."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from monitor.model import Language, Translation
from monitor.translate import TranslationRequest, Translator, Untranslated
from monitor.translate.engine import Settings, offers
from monitor.translate.folder import Description
from tests.translate.conftest import DICTIONARY

torch = pytest.importorskip("torch", reason="the transformers engine needs torch")

from tests.translate.trained import hugging_face_folder  # noqa: E402

ARABIC = Language("ar", 0.99)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``models`` folder holding ``opus-mt-ar-en`` in Hugging Face form. Do not write into it."""
    return hugging_face_folder(tmp_path_factory.mktemp("hf") / "opus-mt-ar-en", DICTIONARY).parent


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained / "opus-mt-ar-en", tmp_path / "models/opus-mt-ar-en"))


def _one(models: Path, text: str, engine: str = "auto") -> Translation | Untranslated:
    (answer,) = Translator(models, engine).translate_many([TranslationRequest(text, ARABIC)])
    return answer


def _why(models: Path) -> str:
    answer = _one(models, "قصف")
    assert isinstance(answer, Untranslated)
    assert answer.retry
    assert "\n" not in answer.reason
    assert "opus-mt-ar-en" in answer.reason
    return answer.reason


def test_a_folder_in_hugging_face_form_translates(trained: Path) -> None:
    answer = _one(trained, "#شاهد | قصف على مدينة القائم في العراق\n🔴 https://t.co/x")
    assert isinstance(answer, Translation)
    assert answer.text == "#Watch | bombing on city al-Qaim in Iraq\n🔴 https://t.co/x"
    assert (answer.engine, answer.model) == ("transformers", "opus-mt-ar-en")


def test_a_batch_is_answered_in_order(trained: Path) -> None:
    texts = ["قانون جديد", "قصف على مدينة القائم في العراق", "قتل"]
    made = Translator(trained).translate_many([TranslationRequest(t, ARABIC) for t in texts])
    assert [a.text for a in made if isinstance(a, Translation)] == [
        "law new",
        "bombing on city al-Qaim in Iraq",
        "killed",
    ]


def test_a_text_beyond_the_limit_is_cut_and_said(copy: Path) -> None:
    (copy / "monitor-model.yaml").write_text(
        "name: opus-mt-ar-en\npairs: [ar-en]\nengine: transformers\nmax_tokens: 8\n", "utf-8"
    )
    answer = _one(copy.parent, "قصف على مدينة القائم في العراق " * 3)
    assert isinstance(answer, Translation)
    assert any("cut short" in warning for warning in answer.warnings)


def test_of_two_engines_the_faster_is_taken(trained: Path, models: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "opus-mt-ar-en", tmp_path / "opus-mt-ar-en")
    shutil.copytree(models / "opus-mt-ar-en", tmp_path / "ct2-opus-mt-ar-en")
    for engine, taken in (("auto", "ctranslate2"), ("transformers", "transformers")):
        answer = _one(tmp_path, "قصف", engine)
        assert isinstance(answer, Translation)
        assert answer.engine == taken


def test_truncated_weights_are_named(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    assert "transformers cannot load" in _why(copy.parent)


def test_a_vocabulary_that_does_not_match_is_named(copy: Path) -> None:
    path = copy / "vocab.json"
    text = path.read_text(encoding="utf-8").rstrip("}")
    more = "".join(f', "▁more{n}": {500 + n}' for n in range(500))
    path.write_text(text + more + "}", encoding="utf-8")
    assert "vocabulary does not match" in _why(copy.parent)


def test_a_folder_may_name_a_model_of_the_hub_and_a_hub_out_of_reach_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "opus-mt-ar-en"
    folder.mkdir()
    (folder / "monitor-model.yaml").write_text(
        "name: x\npairs: [ar-en]\nengine: transformers\nhub: someone/opus-mt-ar-en\n", "utf-8"
    )
    assert "transformers cannot load someone/opus-mt-ar-en" in _why(tmp_path)


def test_a_many_language_model_is_told_both_languages(tmp_path: Path) -> None:
    from monitor.translate.engines.transformers import TransformersEngine

    folder = _m2m(tmp_path / "m2m100")
    (offer,) = offers(Settings(tmp_path), "transformers")
    assert ("fr", "en") in offer.pairs
    engine = offer.load()
    assert isinstance(engine, TransformersEngine)
    (said,) = engine.translate(["قصف"], "ar", "en")
    assert said.text == _by_hand(folder, engine.description)


def _m2m(folder: Path) -> Path:
    """M2M-100 with random weights, in Hugging Face form."""
    import json

    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    from tests.translate.tiny import pieces_of, sentencepiece_model

    folder.mkdir()
    words = [*DICTIONARY, *DICTIONARY.values()]
    sentencepiece_model(folder / "pieces.model", words)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *dict.fromkeys(pieces_of(words))]
    numbers = {piece: n for n, piece in enumerate(pieces)}
    (folder / "pieces.json").write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
    tokenizer: Any = M2M100Tokenizer(str(folder / "pieces.json"), str(folder / "pieces.model"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    config = M2M100Config(
        vocab_size=len(pieces) + 108,  # a hundred languages and eight made-up words
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
    )
    M2M100ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def _by_hand(folder: Path, description: Description) -> str:
    from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

    tokenizer: Any = M2M100Tokenizer.from_pretrained(folder, src_lang="ar")
    model: Any = M2M100ForConditionalGeneration.from_pretrained(folder).eval()
    given = tokenizer(["قصف"], return_tensors="pt")
    made = model.generate(
        **given,
        forced_bos_token_id=tokenizer.get_lang_id("en"),
        num_beams=description.beam,
        max_new_tokens=2 * given["input_ids"].shape[1] + 20,
        max_length=None,
    )
    (said,) = tokenizer.batch_decode(made, skip_special_tokens=True)
    return str(said)

"""A folder of models with one tiny word-for-word Arabic → English model, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ctranslate2.converters import OpusMTConverter

from tests.translate.tiny import marian_archive

DICTIONARY = {
    "قصف": "bombing",
    "على": "on",
    "مدينة": "city",
    "القائم": "al-Qaim",
    "العراق": "Iraq",
    "في": "in",
    "انفجارات": "explosions",
    "قتل": "killed",
    "شخصا": "people",
    "قانون": "law",
    "جديد": "new",
}


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An original Marian archive, as OPUS-MT publishes them, unpacked."""
    return marian_archive(tmp_path_factory.mktemp("marian") / "opus-mt-ar-en", DICTIONARY)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, archive: Path) -> Path:
    """A ``models`` folder holding ``opus-mt-ar-en`` for CTranslate2. Do not write into it."""
    folder = tmp_path_factory.mktemp("models") / "opus-mt-ar-en"
    OpusMTConverter(str(archive)).convert(str(folder), quantization="int8")
    for name in ("source.spm", "target.spm"):
        shutil.copy(archive / name, folder / name)
    return folder.parent

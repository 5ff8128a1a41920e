"""Getting a model from a hub, from a mirror, from a file; and what can go wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli.models import command
from monitor.errors import ModelError
from monitor.model import Language, Translation
from monitor.translate import TranslationRequest, Translator
from monitor.translate.manifest import Entry, read_manifest
from monitor.translate.pull import check_folder, install, pull
from tests.translate.hub import Hub, running_hub
from tests.translate.tiny import zipped

FILES = ("config.json", "model.bin", "shared_vocabulary.json", "source.spm", "target.spm")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture
def zip_file(archive: Path, tmp_path: Path) -> Path:
    return zipped(archive, tmp_path / "opus-2019-12-18.zip")


def _entry(**origin: object) -> Entry:
    known = {"summary": "tiny", "pairs": ["ar-en"], "engine": "ctranslate2", "licence": "CC0-1.0"}
    return Entry.model_validate({**known, "size_mb": 1, **origin})


def _works(models: Path) -> None:
    language = Language("ar", 1.0)
    (made,) = Translator(models).translate_many([TranslationRequest("قصف على القائم", language)])
    assert isinstance(made, Translation)
    assert made.text == "bombing on al-Qaim"


def test_a_marian_archive_is_fetched_converted_without_torch_and_works(
    hub: Hub, zip_file: Path, tmp_path: Path
) -> None:
    hub.files["/OPUS-MT-models/ar-en/opus.zip"] = zip_file.read_bytes()
    entry = _entry(archive=f"{hub.url}/OPUS-MT-models/ar-en/opus.zip")
    seen: list[tuple[str, int]] = []
    models = tmp_path / "models"
    folder = asyncio.run(
        pull(
            "opus-mt-ar-en", entry, models, progress=lambda name, done, _: seen.append((name, done))
        )
    )
    assert seen[-1] == ("opus.zip", zip_file.stat().st_size)
    assert check_folder(folder) == []
    assert [path.name for path in models.iterdir()] == ["opus-mt-ar-en"]
    _works(models)


def test_a_repository_is_fetched_through_the_hubs_redirects(
    hub: Hub, models: Path, tmp_path: Path
) -> None:
    for file in FILES:
        path = f"/someone/opus-mt-ar-en-ct2/resolve/main/{file}"
        hub.files[path] = (models / "opus-mt-ar-en" / file).read_bytes()
    entry = _entry(repository="someone/opus-mt-ar-en-ct2", files=FILES)
    asyncio.run(pull("opus-mt-ar-en", entry, tmp_path, hub=hub.url))
    _works(tmp_path)


def test_the_command_pulls_from_a_hub_with_progress_and_checks_what_the_hub_says(
    hub: Hub, models: Path, tmp_path: Path
) -> None:
    for file in FILES:
        path = f"/someone/opus-mt-ar-en-ct2/resolve/main/{file}"
        hub.files[path] = (models / "opus-mt-ar-en" / file).read_bytes()
    entry = _entry(repository="someone/opus-mt-ar-en-ct2", files=FILES)
    listed = {"models": {"opus-mt-ar-en": entry.model_dump(mode="json")}}
    (tmp_path / "manifest.yaml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    asked = ["pull", "opus-mt-ar-en", "--models", str(tmp_path), "--hub", hub.url]
    hub.wrong_checksum = True
    refused = CliRunner().invoke(command, asked)
    assert isinstance(refused.exception, ModelError)
    assert "SHA-256" in str(refused.exception)
    hub.wrong_checksum = False
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    assert "model.bin: " in done.stderr
    assert " MB" in done.stderr
    assert done.stdout.strip() == f"opus-mt-ar-en is ready in {tmp_path / 'opus-mt-ar-en'}"
    _works(tmp_path)


def test_a_broken_off_pull_goes_on_where_it_was(hub: Hub, zip_file: Path, tmp_path: Path) -> None:
    hub.files["/opus.zip"] = zip_file.read_bytes()
    hub.stop_after = 1000
    entry = _entry(archive=f"{hub.url}/opus.zip")
    with pytest.raises(ModelError, match="run it again"):
        asyncio.run(pull("opus-mt-ar-en", entry, tmp_path / "m"))
    asyncio.run(pull("opus-mt-ar-en", entry, tmp_path / "m"))
    assert hub.asked[-1][1] is not None
    assert hub.asked[-1][1].startswith("bytes=")
    _works(tmp_path / "m")


def test_a_file_that_is_not_what_the_hub_says_is_refused(
    hub: Hub, models: Path, tmp_path: Path
) -> None:
    hub.files["/a/b/resolve/main/model.bin"] = b"not the model"
    hub.wrong_checksum = True
    with pytest.raises(ModelError, match="SHA-256"):
        asyncio.run(pull("x", _entry(repository="a/b", files=["model.bin"]), tmp_path, hub=hub.url))
    assert not (tmp_path / "x").exists()


def test_an_unreachable_hub_is_one_line_with_the_manual_steps(tmp_path: Path) -> None:
    entry = _entry(archive="http://127.0.0.1:9/opus.zip")
    with pytest.raises(ModelError) as caught:
        asyncio.run(pull("opus-mt-ar-en", entry, tmp_path))
    assert "\n" not in str(caught.value)
    assert "--from" in str(caught.value)
    assert "http://127.0.0.1:9/opus.zip" in str(caught.value)


def test_a_copied_archive_is_installed_from_zip_or_folder(
    archive: Path, zip_file: Path, tmp_path: Path
) -> None:
    install("opus-mt-ar-en", None, zip_file, tmp_path / "a")
    _works(tmp_path / "a")
    install("opus-mt-ar-en", None, archive, tmp_path / "b")
    _works(tmp_path / "b")


def test_a_truncated_zip_is_named_and_leaves_the_installed_model_alone(
    archive: Path, zip_file: Path, tmp_path: Path
) -> None:
    models = tmp_path / "m"
    install("opus-mt-ar-en", None, archive, models)
    zip_file.write_bytes(zip_file.read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"opus-2019-12-18\.zip"):
        install("opus-mt-ar-en", None, zip_file, models)
    _works(models)


def test_check_reads_every_file(archive: Path, tmp_path: Path) -> None:
    folder = install("opus-mt-ar-en", None, archive, tmp_path)
    path = folder / "model.bin"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    (problem,) = check_folder(folder)
    assert "model.bin is damaged" in problem


def test_an_unconverted_archive_in_models_is_told_how_to_convert(
    archive: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "opus-mt-ar-en"
    folder.symlink_to(archive)
    (problem,) = check_folder(folder)
    assert "--from" in problem


def test_the_commands(archive: Path, zip_file: Path, tmp_path: Path) -> None:
    where = ["--models", str(tmp_path / "m")]
    run = CliRunner()
    done = run.invoke(command, ["pull", "opus-mt-ar-en", "--from", str(zip_file), *where])
    assert done.exit_code == 0, done.output
    listed = run.invoke(command, ["list", *where])
    assert "opus-mt-ar-en  ar-en  installed" in listed.output
    assert "nllb-200-distilled-600M" in listed.output
    assert "works" in run.invoke(command, ["check", *where]).output
    wrong = run.invoke(command, ["pull", "nothing", *where])
    assert isinstance(wrong.exception, ModelError)


def test_the_shipped_lists_are_one_and_every_entry_is_whole(tmp_path: Path) -> None:
    shown = Path(__file__).parents[2] / "models" / "manifest.yaml"
    inside = Path(__file__).parents[2] / "monitor" / "translate" / "data" / "manifest.yaml"
    assert shown.read_bytes() == inside.read_bytes()
    assert {"opus-mt-ar-en", "opus-mt-fr-en"} <= set(read_manifest(tmp_path))
